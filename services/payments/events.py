"""What happened to documents and to open items. Stored for ever: a changed shape needs an upcaster in `schemas.py`."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from chassis.messages import Event


@dataclass(frozen=True, slots=True)
class InvoiceRecorded(Event):
    """An invoice as the ERP last told it: its whole normalised body with lines, see docs/connecting-an-erp.md."""

    company: str
    number: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CreditMemoRecorded(Event):
    """A credit memo as the ERP last told it: its whole normalised body with lines."""

    company: str
    number: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PaymentRecorded(Event):
    """A payment as the ERP last told it: its whole normalised body with what it was applied to."""

    company: str
    number: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ItemOpened(Event):
    """Something the company owes, or has to its credit (negative). Amounts in `currency`."""

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
class ItemAdjusted(Event):
    """An open item as it is now, whole."""

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
class ItemSettled(Event):
    """Nothing is open of it any more."""

    company: str
    kind: str
    number: str


DOCUMENTS = (InvoiceRecorded, CreditMemoRecorded, PaymentRecorded)
LEDGER = (ItemOpened, ItemAdjusted, ItemSettled)
ALL = (*DOCUMENTS, *LEDGER)
