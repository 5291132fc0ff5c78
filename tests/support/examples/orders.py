"""Northwind (C10010) buys from the list WHOLESALE at 5 % off: Priya Nair orders two scanners and a thousand labels."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from services.orders import domain
from services.orders.commands import (
    CancelOrder,
    MarkOrderNotWithdrawn,
    MarkOrderPosted,
    MarkOrderQueued,
    MarkOrderRejected,
    MarkOrderWithdrawn,
    OrderLine,
    PlaceOrder,
)
from services.orders.domain import Break, Catalogue, CatalogueItem, Terms
from services.orders.events import (
    CancellationAsked,
    CancellationTooLate,
    OrderCancelled,
    OrderPlaced,
    OrderPosted,
    OrderQueued,
    OrderRejected,
    PlacedLine,
)
from tests.support.given import NOW, Decider

COMPANY, OTHER_COMPANY = "C10010", "C10020"
CONTACT, OTHER_CONTACT = "K-0001", "K-0666"
REFERENCE = "W-7K3Q-M2XA"
ERP_NUMBER = "10234"
TERMS = Terms("EUR", "WHOLESALE", Decimal("5"), 2)


def number(text: str) -> Decimal:
    """A decimal number."""
    return Decimal(text)


def item(code: str, *breaks: tuple[str, str], name: str = "", sellable: bool = True) -> CatalogueItem:
    """An item with its quantity breaks: from so many on, this price."""
    return CatalogueItem(
        code, name or code, "pcs", sellable, None, tuple(Break(number(least), number(price)) for least, price in breaks)
    )


ITEMS = {
    one.item: one
    for one in (
        item("SCN-100", ("1", "120.00"), ("10", "110.00"), name="Warehouse scanner"),
        item("LBL-20", ("1", "0.0400"), ("1000", "0.0375"), name="Label 20 mm"),
        item("CBL-7", ("25", "3.20"), name="Cable 7 m"),
        item("OLD-1", ("1", "9.90"), name="Discontinued stand", sellable=False),
        item("NEW-1", name="Not priced yet"),
    )
}
CATALOGUE = Catalogue(TERMS, ITEMS, 4711)

SCANNERS = OrderLine("SCN-100", number("2"), number("114.00"), "EUR")
LABELS = OrderLine("LBL-20", number("1000"), number("0.035625"), "EUR")
PLACE = PlaceOrder(
    COMPANY, CONTACT, (SCANNERS, LABELS), "PO-4711", dt.date(2026, 12, 1), "Ring at gate 3.", branch="NORTH"
)
PLACED = OrderPlaced(
    order=REFERENCE,
    company=COMPANY,
    placed_by=CONTACT,
    placed_at=NOW,
    branch="NORTH",
    reference="PO-4711",
    ship_date=dt.date(2026, 12, 1),
    note="Ring at gate 3.",
    currency="EUR",
    price_list="WHOLESALE",
    discount_percent=Decimal("5"),
    lines=(
        PlacedLine(
            1,
            "SCN-100",
            "Warehouse scanner",
            "pcs",
            number("2"),
            list_price=number("120.00"),
            break_quantity=number("1"),
            price=number("114.00"),
            amount=number("228.00"),
        ),
        PlacedLine(
            2,
            "LBL-20",
            "Label 20 mm",
            "pcs",
            number("1000"),
            list_price=number("0.0375"),
            break_quantity=number("1000"),
            price=number("0.035625"),
            amount=number("35.625"),
        ),
    ),
    exact_total=number("263.625"),
    total=number("263.63"),
    catalogue_position=4711,
)
CANCELLED = OrderCancelled(REFERENCE, COMPANY, CONTACT, "Ordered twice")
ASKED = CancellationAsked(REFERENCE, COMPANY, CONTACT, "Ordered twice")
TOO_LATE = CancellationTooLate(REFERENCE, COMPANY)
QUEUED = OrderQueued(REFERENCE, COMPANY)
POSTED = OrderPosted(REFERENCE, COMPANY, ERP_NUMBER, CONTACT)
REJECTED = OrderRejected(REFERENCE, COMPANY, "Credit limit exceeded (-5002)", CONTACT)

ORDER = Decider(
    domain.Order(),
    domain.evolve,
    {
        PlaceOrder: lambda _state, command, now: domain.decide_place_order(REFERENCE, command, CATALOGUE, now),
        CancelOrder: domain.decide_cancel_order,
        MarkOrderQueued: domain.decide_mark_queued,
        MarkOrderPosted: domain.decide_mark_posted,
        MarkOrderRejected: domain.decide_mark_rejected,
        MarkOrderWithdrawn: domain.decide_mark_withdrawn,
        MarkOrderNotWithdrawn: domain.decide_mark_not_withdrawn,
    },
)


def erp_order(erp_number: str = ERP_NUMBER, **changes: Any) -> dict[str, Any]:
    """The normalised body of an order of 5 scanners as the ERP tells it; 570.00 EUR, open."""
    return {
        "number": erp_number,
        "branch": "NORTH",
        "date": "2026-11-20",
        "due_date": "2026-12-01",
        "currency": "EUR",
        "reference": "PO-4700",
        "status": "open",
        "exact_total": "570.000",
        "total": "570.00",
        "open_amount": None,
        "portal_reference": "",
        "base": [],
        "note": "",
        "lines": [
            {
                "line": 1,
                "item": "SCN-100",
                "description": "Warehouse scanner",
                "quantity": "5",
                "unit": "pcs",
                "price": "114.00",
                "amount": "570.000",
                "date": "2026-12-01",
                "status": "open",
            }
        ],
        **changes,
    }


def erp(kind: str, key: str, body: dict[str, Any], stamp: str = "2026-11-20T09:30:00Z") -> dict[str, Any]:
    """A document as erp_sync sends it."""
    return {"kind": kind, "key": key, "stamp": stamp, "body": body}


def erp_price(code: str, least: str, price: str, stamp: str = "2026-11-20T09:30:00Z") -> dict[str, Any]:
    """A price of the list WHOLESALE in EUR as erp_sync sends it."""
    body = {"price_list": "WHOLESALE", "item": code, "currency": "EUR", "price": price, "min_quantity": least}
    return erp("price", f"WHOLESALE/{code}/EUR/{least}", body, stamp)


ERP_ITEMS = [
    erp("item", one.item, {"name": one.name, "unit": one.unit, "group": "", "sellable": one.sellable})
    for one in ITEMS.values()
]
ERP_PRICES = [
    erp_price(one.item, format(least.min_quantity, "f"), format(least.price, "f"))
    for one in ITEMS.values()
    for least in one.breaks
]
ERP_TERMS = erp("customer_terms", COMPANY, {"currency": "EUR", "price_list": "WHOLESALE", "discount_percent": "5"})
