"""A toy owner of ERP documents: invoices go to documents-<company> and, while open, to ledger-<company>."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from marshmallow import RAISE, Schema, fields

from chassis.codec import Codec
from chassis.ingest import IngestKind, StreamRule
from chassis.messages import Event

SERVICE = "toys"


@dataclass(frozen=True, slots=True)
class InvoiceRecorded(Event):
    """An invoice as the ERP told it."""

    number: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ItemOpened(Event):
    """An amount is open."""

    number: str
    open_amount: Decimal


@dataclass(frozen=True, slots=True)
class ItemSettled(Event):
    """Nothing is open any more."""

    number: str


CODEC = Codec((InvoiceRecorded, ItemOpened, ItemSettled))
STREAMS = ("documents-", "ledger-")
PUBLISHED = frozenset({"ItemOpened"})


class InvoiceBody(Schema):
    """The body of an invoice."""

    class Meta:
        """Unknown fields are refused."""

        unknown = RAISE

    total = fields.Decimal(required=True)
    open_amount = fields.Decimal(required=True)
    note = fields.String(load_default="")


def _recorded(_company: str, doc: dict[str, Any], _known: bool) -> Event:
    return InvoiceRecorded(doc["key"], {name: value for name, value in doc.items() if name != "key"})


def _open(_company: str, doc: dict[str, Any], known: bool) -> Event | None:
    if doc["open_amount"] == 0:
        return ItemSettled(doc["key"]) if known else None
    if doc["note"] == "not for the ledger":
        raise KeyError("note")
    return ItemOpened(doc["key"], doc["open_amount"])


def _documents(company: str, doc: dict[str, Any]) -> str:
    return f"documents-{company}" + ("-" * 2000 if doc["note"] == "not for the store" else "")


KINDS = {
    "invoice": IngestKind(
        "invoice",
        InvoiceBody(),
        (
            StreamRule(_documents, _recorded, lambda doc: doc),
            StreamRule(lambda company, doc: f"ledger-{company}", _open, lambda doc: doc["open_amount"]),
        ),
    )
}
