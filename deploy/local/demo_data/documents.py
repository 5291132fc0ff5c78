"""The shapes of the demo supplier's documents."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from deploy.local.demo_data.catalogue import penny


@dataclass(eq=False, slots=True)
class Line:
    """A line; `base` is the document it was made from. The amount is exact."""

    item: str
    name: str
    quantity: Decimal
    unit: str
    price: Decimal
    ships: date
    open: bool = True
    base: Document | None = None

    @property
    def amount(self) -> Decimal:
        """Quantity times price."""
        return self.quantity * self.price


@dataclass(eq=False, slots=True)
class Document:
    """An order, delivery, invoice or credit memo; `settled` is how much of `total` payments have settled."""

    kind: str
    company: str
    branch: str
    currency: str
    day: date
    due: date
    reference: str
    lines: list[Line]
    note: str = ""
    status: str = "Open"
    settled: Decimal = Decimal(0)
    touched: date = date.min
    number: str = ""

    @property
    def total(self) -> Decimal:
        """The sum of the lines, rounded half up once."""
        return penny(sum((line.amount for line in self.lines), Decimal(0)))

    @property
    def open_amount(self) -> Decimal:
        """What is still open of an invoice or credit memo."""
        return self.total - self.settled

    def settle(self, amount: Decimal, day: date) -> None:
        """A payment settles `amount` of it."""
        self.settled += amount
        self.touched = max(self.touched, day)
        if not self.open_amount:
            self.status = "Closed"


@dataclass(eq=False, slots=True)
class Payment:
    """Money received, and the documents it settles; what is not applied is on account."""

    company: str
    branch: str
    currency: str
    day: date
    amount: Decimal
    method: str
    applied: list[tuple[Document, Decimal]] = field(default_factory=list)
    reference: str = ""
    number: str = ""


@dataclass(slots=True)
class Trade:
    """Everything the supplier and its customers did, each list in order of day and number."""

    quotations: list[Document] = field(default_factory=list)
    orders: list[Document] = field(default_factory=list)
    deliveries: list[Document] = field(default_factory=list)
    invoices: list[Document] = field(default_factory=list)
    credit_memos: list[Document] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
