"""What cases and projects are found by, by their company and by staff: see chassis/finding.py.

Of a case: what the company reads of it, and nothing else. `key` is the number.
"""

from __future__ import annotations

from chassis.finding import WordWriter, word_table, words_of
from chassis.messages import ALL_COMPANIES, Recorded
from chassis.readmodel import Projection, Rows

VERSION = 1
WORDS = word_table("case", VERSION)
_WRITER = WordWriter(WORDS)


def project(event: Recorded, rows: Rows) -> None:
    """The words of the case so far, or of the project as it is now."""
    data, position = event.data, event.position
    company = data["company"]
    readers = (company, ALL_COMPANIES)
    match event.type:
        case "CaseOpened":
            texts = (data["case"], data["summary"], data["detail"], data["customer_reference"], data["product"])
            _WRITER.put(rows, (company, "case", data["case"]), words_of(*texts), position, searched_by=readers)
        case "CustomerReplied" | "AgentAnswered":
            _WRITER.add(rows, (company, "case", data["case"]), words_of(data["text"]), position, readers)
        case "ProjectRecorded":
            tasks = [text for task in data["tasks"] for text in (task["name"], task["note"])]
            words = words_of(data["number"], data["name"], data["reference"], *tasks)
            _WRITER.put(rows, (company, "project", data["number"]), words, position)
        case _:
            return
    rows.touch(company, position)


PROJECTION = Projection("search", VERSION, ("case-", "projects-"), (WORDS,), project)
