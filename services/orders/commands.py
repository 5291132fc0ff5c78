"""What may be asked of orders. `company` and `actor` come from the session, never from the payload."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from chassis.messages import Command


@dataclass(frozen=True, slots=True)
class OrderLine:
    """So many of an item, at the price of a unit that the person was shown."""

    item: str
    quantity: Decimal
    shown_price: Decimal
    shown_currency: str


@dataclass(frozen=True, slots=True)
class PlaceOrder(Command):
    """A contact orders. `reference` is the customer's own (PO number), `ship_date` when it is wanted."""

    company: str
    actor: str
    lines: tuple[OrderLine, ...]
    reference: str = ""
    ship_date: dt.date | None = None
    note: str = ""
    branch: str = ""


@dataclass(frozen=True, slots=True)
class CancelOrder(Command):
    """A contact takes an order back."""

    actor: str
    order: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MarkOrderQueued(Command):
    """The order is on its way to the ERP. Issued by a reaction alone."""

    order: str


@dataclass(frozen=True, slots=True)
class MarkOrderPosted(Command):
    """The ERP has the order. Issued by a reaction alone."""

    order: str
    erp_number: str


@dataclass(frozen=True, slots=True)
class MarkOrderWithdrawn(Command):
    """The order was taken back before the ERP took it. Issued by a reaction alone."""

    order: str


@dataclass(frozen=True, slots=True)
class MarkOrderNotWithdrawn(Command):
    """The order could not be taken back: the ERP took it. Issued by a reaction alone."""

    order: str


@dataclass(frozen=True, slots=True)
class MarkOrderRejected(Command):
    """The ERP refused the order, in its own words. Issued by a reaction alone."""

    order: str
    reason: str
