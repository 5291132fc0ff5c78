"""What cases and projects are found by, by their company and by staff: see chassis/finding.py.

Of a case: what the company reads of it, and nothing else. `key` is the number, `date` the time of what
last happened to it.
"""

from __future__ import annotations

from chassis.finding import WordWriter, number_words, word_table, words_of
from chassis.messages import ALL_COMPANIES, Recorded
from chassis.readmodel import Projection, Rows

VERSION = 3
WORDS = word_table("case", VERSION, everybodys=True)
_WRITER = WordWriter(WORDS)


def project(event: Recorded, rows: Rows) -> None:
    """The words of the case so far, or of the project as it is now."""
    data, position, at = event.data, event.position, event.recorded_at.isoformat()
    company = data["company"]
    readers = (company, ALL_COMPANIES)
    match event.type:
        case "CaseOpened":
            texts = (data["case"], data["summary"], data["detail"], data["customer_reference"], data["product"])
            words = words_of(*texts) | number_words(data["case"])
            _WRITER.put(rows, (company, "case", data["case"]), words, position, searched_by=readers, date=at)
        case "CustomerReplied" | "AgentAnswered" | "CaseStatusChanged":
            words = words_of(data.get("text", ""))
            _WRITER.add(rows, (company, "case", data["case"]), words, position, readers, at)
        case "ProjectRecorded":
            tasks = [text for task in data["tasks"] for text in (task["name"], task["note"])]
            words = words_of(data["number"], data["name"], data["reference"], *tasks) | number_words(data["number"])
            _WRITER.put(rows, (company, "project", data["number"]), words, position, date=at)
        case _:
            return
    rows.touch(company, position)


PROJECTION = Projection("search", VERSION, ("case-", "projects-"), (WORDS,), project)
