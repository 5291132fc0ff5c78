"""What is open between a company and its supplier: the ledger's state and the decisions on it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from chassis.messages import Event
from services.payments.events import ItemAdjusted, ItemOpened, ItemSettled

KINDS = ("invoice", "credit_memo", "payment")
STATUSES = ("open", "partly_paid", "paid", "closed", "cancelled")


@dataclass(frozen=True, slots=True)
class Item:
    """One open item: `open_amount` of `amount`, both in `currency`, is still to be paid (negative: to be credited)."""

    company: str
    kind: str
    number: str
    branch: str
    currency: str
    amount: Decimal
    open_amount: Decimal
    date: dt.date
    due_date: dt.date | None
    reference: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """A company's open items by kind and number; what is settled is not in it."""

    company: str | None = None
    items: Mapping[tuple[str, str], Item] = field(default_factory=dict)


def evolve(state: Ledger, event: Event) -> Ledger:
    """The ledger after the event."""
    match event:
        case ItemOpened() | ItemAdjusted():
            item = Item(**{name: getattr(event, name) for name in Item.__slots__})
            return Ledger(event.company, {**state.items, (event.kind, event.number): item})
        case ItemSettled():
            left = {key: item for key, item in state.items.items() if key != (event.kind, event.number)}
            return Ledger(event.company, left)
        case _:
            return state


def decide_record_item(item: Item, known: bool) -> Event | None:
    """What the ledger has to say of an item as the ERP has it now; nothing of one that was never open to us."""
    if item.open_amount == 0:
        return ItemSettled(item.company, item.kind, item.number) if known else None
    # Field by field: `asdict` copies deeply, which an import feels.
    made = ItemAdjusted if known else ItemOpened
    return made(**{name: getattr(item, name) for name in Item.__slots__})


def open_amount(kind: str, body: Mapping[str, Any]) -> Decimal:
    """What is open of a document's normalised body: nothing of a cancelled one.

    Of a payment, what was not applied to documents stands to the company's credit (negative); where the ERP does not
    say what it was applied to, nothing does, for the documents' own open amounts are all that is known.
    """
    if kind == "payment":
        if body["applied"] is None:
            return Decimal()
        return sum((Decimal(one["amount"]) for one in body["applied"]), Decimal()) - Decimal(body["amount"])
    if body["status"] == "cancelled":
        return Decimal()
    return Decimal(body["open_amount"] or 0)


def item_of(company: str, kind: str, body: Mapping[str, Any]) -> Item:
    """The item of a document's normalised body."""
    due = body.get("due_date")
    total = -Decimal(body["amount"]) if kind == "payment" else Decimal(body["total"])
    return Item(
        company,
        kind,
        body["number"],
        body["branch"],
        body["currency"],
        total,
        open_amount(kind, body),
        dt.date.fromisoformat(body["date"]),
        dt.date.fromisoformat(due) if due else None,
        body["reference"],
    )


def status_of(kind: str, erp_status: str, total: Decimal, still_open: Decimal) -> str:
    """The status people see: one of STATUSES. A credit memo or payment that is used up is closed, an invoice paid."""
    if erp_status == "cancelled":
        return "cancelled"
    if still_open == 0:
        return "paid" if kind == "invoice" else "closed"
    return "open" if abs(still_open) >= abs(total) else "partly_paid"
