"""Items, prices and terms, for pages that show prices and for the service that decides on them."""

from __future__ import annotations

from decimal import Decimal

from chassis.messages import Recorded
from chassis.readmodel import Projection, Rows, upsert
from services.orders.catalogue import ITEMS, PRICES, TERMS, VERSION

EVERYONE = ""
"""The company under which items and prices change: the catalogue of all companies."""
_ITEM = upsert(ITEMS)
_PRICE = upsert(PRICES)
_TERMS = upsert(TERMS)


def project(event: Recorded, rows: Rows) -> None:
    """The item's, price's or company's row, whole."""
    data = event.data
    match event.type:
        case "ItemRecorded":
            facts = (data["name"], data["unit"], data["group"], data["sellable"], data["available"])
            rows.execute(_ITEM, (data["item"], *facts))
            rows.touch(EVERYONE, event.position)
        case "PriceRecorded":
            quantity = format(Decimal(data["min_quantity"]).normalize(), "f")
            price = data["price"]
            where = (data["price_list"], data["item"], data["currency"], quantity)
            rows.execute(_PRICE, (*where, float(quantity), price, float(price)))
            rows.touch(EVERYONE, event.position)
        case "CustomerTermsRecorded":
            company = data["company"]
            rows.execute(_TERMS, (company, data["currency"], data["price_list"], data["discount_percent"]))
            rows.touch(company, event.position)


PROJECTION = Projection("catalogue", VERSION, ("items-", "prices-", "customerterms-"), (ITEMS, PRICES, TERMS), project)
