"""What orders, deliveries and items are found by: see chassis/finding.py.

An order placed here is found under its reference, the ERP's under its number: both lead to the same row of ORDERS, by
its key or by its number. `key` of an item is its number; items belong to all companies.
"""

from __future__ import annotations

from chassis.finding import WordWriter, document_words, word_table, words_of
from chassis.messages import ALL_COMPANIES, Recorded
from chassis.readmodel import Projection, Rows

VERSION = 1
WORDS = word_table("order", VERSION)
ITEM = "item"
_WRITER = WordWriter(WORDS)


def project(event: Recorded, rows: Rows) -> None:
    """The words of the order, delivery or item as it is now."""
    data, position = event.data, event.position
    company = data.get("company", ALL_COMPANIES)
    match event.type:
        case "OrderPlaced":
            order = (company, "order", data["order"])
            body = {**data, "number": data["order"]}
            _WRITER.put(rows, order, document_words(body), position, data["branch"])
        case "OrderPosted":
            _WRITER.add(rows, (company, "order", data["order"]), words_of(data["erp_number"]), position)
        case "OrderRecorded":
            body = data["body"]
            # What it was placed as is what it is no longer.
            _WRITER.remove(rows, (company, "order", body["portal_reference"]))
            _WRITER.put(rows, (company, "order", body["number"]), document_words(body), position, body["branch"])
        case "DeliveryRecorded":
            body = data["body"]
            _WRITER.put(rows, (company, "delivery", body["number"]), document_words(body), position, body["branch"])
        case "ItemRecorded":
            _WRITER.put(rows, (company, ITEM, data["item"]), words_of(data["item"], data["name"]), position)
        case _:
            return
    rows.touch(company, position)


PROJECTION = Projection("search", VERSION, ("order-", "salesdocuments-", "items-"), (WORDS,), project)
