"""One document with its lines, as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from chassis import codec
from gateway.access import Scope
from gateway.reports import chain
from gateway.reports.kinds import DOCUMENT, ORDERS, OWN_ORDER, Kind


@dataclass(frozen=True, slots=True)
class Document:
    """A document's row and what its body adds; `exact` is the sum of the lines before it was rounded once.

    `applied` is what was paid with it; the number of a document of another branch is empty.
    """

    row: Any
    lines: list[dict[str, Any]]
    applied: list[dict[str, Any]]
    note: str
    method: str
    exact: Decimal | None

    @property
    def overdue_since(self) -> str:
        """The due date (ISO) when something is still open, else empty; the page compares it with today."""
        return self.row.due_date if self.row.open_minor > 0 and self.row.due_date else ""

    @property
    def items(self) -> list[tuple[str, Decimal]]:
        """What of it can be ordered again: items and quantities."""
        if self.row.kind == "credit_memo":
            return []
        found = ((line["item"], Decimal(line["quantity"])) for line in self.lines)
        return [(item, quantity) for item, quantity in found if item and quantity > 0]


def load_document(scope: Scope, kind: Kind, number: str) -> Document:
    """The company's document of this number; NotFound for another's as for none.

    Who may order but not see the report of orders has the orders they placed themselves.
    """
    own = kind is ORDERS and not scope.can(kind.needs)
    row = scope.one(OWN_ORDER if own else DOCUMENT[kind.kind], kind=kind.kind, number=number)
    body = codec.loads(row.body)
    exact = body.get("exact_total")
    return Document(
        row,
        body.get("lines") or [],
        _applied(scope, body.get("applied") or []),
        body.get("note") or "",
        body.get("method") or "",
        Decimal(exact) if exact is not None else None,
    )


def _applied(scope: Scope, applied: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What was paid, by number only where that is of a branch of theirs: one payment may be for several."""
    if scope.branches is None:
        return applied
    shown = chain.visible(scope, {(one["kind"], one["number"]) for one in applied})
    return [one if (one["kind"], one["number"]) in shown else {**one, "number": ""} for one in applied]
