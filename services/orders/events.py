"""What happened to orders, and what the ERP told of sales documents, items, prices and terms.

Stored for ever: a changed shape needs an upcaster in `schemas.py`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from chassis.messages import Event


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """A line of a placed order with the proof of its price.

    `price` is `list_price` of the price list from `break_quantity` on, less the company's discount; `amount` is exact.
    """

    line: int
    item: str
    name: str
    unit: str
    quantity: Decimal
    list_price: Decimal
    break_quantity: Decimal
    price: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class OrderPlaced(Event):
    """A contact ordered for the company. `reference` is the customer's own (PO number), `ship_date` when it is wanted.

    `exact_total` is the sum of the lines, `total` that sum rounded half up once. `catalogue_position` is how far the
    catalogue that was read had come: the proof of which prices were known.
    """

    order: str
    company: str
    placed_by: str
    placed_at: dt.datetime
    branch: str
    reference: str
    ship_date: dt.date | None
    note: str
    currency: str
    price_list: str
    discount_percent: Decimal
    lines: tuple[PlacedLine, ...]
    exact_total: Decimal
    total: Decimal
    catalogue_position: int


@dataclass(frozen=True, slots=True)
class OrderCancelled(Event):
    """The company took the order back before the ERP had it."""

    order: str
    company: str
    cancelled_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class CancellationAsked(Event):
    """The company wants the order back that is on its way; whether the ERP has it already is to be found out."""

    order: str
    company: str
    asked_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class CancellationTooLate(Event):
    """The order could not be taken back: the ERP took it, and its answer counts."""

    order: str
    company: str


@dataclass(frozen=True, slots=True)
class OrderQueued(Event):
    """The order is on its way to the ERP."""

    order: str
    company: str


@dataclass(frozen=True, slots=True)
class OrderPosted(Event):
    """The ERP has the order of `placed_by`, as `erp_number`."""

    order: str
    company: str
    erp_number: str
    placed_by: str = ""


@dataclass(frozen=True, slots=True)
class OrderRejected(Event):
    """The ERP refused the order of `placed_by`; `reason` is in its own words."""

    order: str
    company: str
    reason: str
    placed_by: str = ""


@dataclass(frozen=True, slots=True)
class OrderRecorded(Event):
    """An order as the ERP last told it: its whole normalised body with lines, see docs/connecting-an-erp.md."""

    company: str
    number: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class DeliveryRecorded(Event):
    """A delivery as the ERP last told it: its whole normalised body with lines."""

    company: str
    number: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class QuotationRecorded(Event):
    """A quotation as the ERP last told it: its whole normalised body with lines; `due_date` is until when it holds."""

    company: str
    number: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ItemRecorded(Event):
    """An item as the ERP last told it; `available` is None where the ERP does not say."""

    item: str
    name: str
    unit: str
    group: str
    sellable: bool
    available: Decimal | None


@dataclass(frozen=True, slots=True)
class PriceRecorded(Event):
    """The price of a unit of the item in a price list, from `min_quantity` on."""

    price_list: str
    item: str
    currency: str
    min_quantity: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class CustomerTermsRecorded(Event):
    """What a company buys on: its price list ("" for none), currency and discount."""

    company: str
    currency: str
    price_list: str
    discount_percent: Decimal


ORDER = (
    OrderPlaced,
    OrderCancelled,
    CancellationAsked,
    CancellationTooLate,
    OrderQueued,
    OrderPosted,
    OrderRejected,
)
ALL = (
    *ORDER,
    QuotationRecorded,
    OrderRecorded,
    DeliveryRecorded,
    ItemRecorded,
    PriceRecorded,
    CustomerTermsRecorded,
)
