"""What invoices, credit memos and payments are found by: see chassis/finding.py. `key` is the document's number."""

from __future__ import annotations

from chassis.finding import WordWriter, document_words, word_table
from chassis.messages import Recorded
from chassis.readmodel import Projection, Rows
from services.payments.projections.documents import KIND_OF

VERSION = 3
WORDS = word_table("document", VERSION)
_WRITER = WordWriter(WORDS)


def project(event: Recorded, rows: Rows) -> None:
    """The words of the document as it is now."""
    company, body = event.data["company"], event.data["body"]
    where = (company, KIND_OF[event.type], body["number"])
    _WRITER.put(rows, where, document_words(body), event.position, body["branch"], date=body["date"])
    rows.touch(company, event.position)


PROJECTION = Projection("search", VERSION, ("documents-",), (WORDS,), project)
