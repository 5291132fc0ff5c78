"""What staff find companies by: see chassis/finding.py. `key` is the company's code; nothing of a person is in it."""

from __future__ import annotations

from chassis.finding import WordWriter, number_words, word_table, words_of
from chassis.messages import ALL_COMPANIES, Recorded
from chassis.readmodel import Projection, Rows

VERSION = 2
WORDS = word_table("company", VERSION, everybodys=True)
COMPANY = "company"
_WRITER = WordWriter(WORDS)


def project(event: Recorded, rows: Rows) -> None:
    """The words of the company as it is now."""
    if event.type != "CompanyRecorded":
        return
    code = event.data["company"]
    words = words_of(code, event.data["name"]) | number_words(code)
    _WRITER.put(rows, (code, COMPANY, code), words, event.position, searched_by=(ALL_COMPANIES,))
    rows.touch(code, event.position)


PROJECTION = Projection("search", VERSION, ("company-",), (WORDS,), project)
