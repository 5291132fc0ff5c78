"""What quotes, orders, deliveries and items are found by: see chassis/finding.py.

An order placed here is found under its reference, the ERP's under its number: both lead to the same row of ORDERS, by
its key or by its number. `key` of an item is its number; items belong to all companies.
"""

from __future__ import annotations

from chassis.finding import WordWriter, document_words, number_words, word_table, words_of
from chassis.messages import ALL_COMPANIES, Recorded
from chassis.readmodel import Projection, Rows

VERSION = 3
WORDS = word_table("order", VERSION)
ITEM = "item"
_WRITER = WordWriter(WORDS)


def project(event: Recorded, rows: Rows) -> None:
    """The words of the document or item as it is now."""
    data, position = event.data, event.position
    company = data.get("company", ALL_COMPANIES)
    match event.type:
        case "OrderPlaced":
            order = (company, "order", data["order"])
            body = {**data, "number": data["order"]}
            _WRITER.put(rows, order, document_words(body), position, data["branch"], date=data["placed_at"][:10])
        case "OrderPosted":
            words = words_of(data["erp_number"]) | number_words(data["erp_number"])
            _WRITER.add(rows, (company, "order", data["order"]), words, position)
        case "OrderRecorded" | "DeliveryRecorded" | "QuotationRecorded":
            body, kind = data["body"], event.type.removesuffix("Recorded").lower()
            if kind == "order":  # what it was placed as is what it is no longer
                _WRITER.remove(rows, (company, kind, body["portal_reference"]))
            where = (company, kind, body["number"])
            _WRITER.put(rows, where, document_words(body), position, body["branch"], date=body["date"])
        case "ItemRecorded":
            words = words_of(data["item"], data["name"]) | number_words(data["item"])
            _WRITER.put(rows, (company, ITEM, data["item"]), words, position)
        case _:
            return
    rows.touch(company, position)


PROJECTION = Projection("search", VERSION, ("order-", "salesdocuments-", "items-"), (WORDS,), project)
