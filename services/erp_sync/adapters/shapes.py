"""The kinds of normalised ERP documents: who owns them, their fields, how they are kept in order.

The one table every connector maps to; docs/connecting-an-erp.md describes the same for people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from chassis.bus import partition_of

Type = Literal["text", "decimal", "date", "integer", "boolean", "currency", "status", "kind"]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a body: how its text is read, and whether a document can do without it."""

    type: Type = "text"
    required: bool = False


@dataclass(frozen=True, slots=True)
class ListField:
    """A list in a body, one entry a row of the file. `present` is the field without which a row has no entry."""

    fields: Mapping[str, Field]
    present: str = ""
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document. `rank` is the order in which kinds are sent; kinds of one rank share batches.

    `company` says whether it belongs to one; a kind without is kept in order by `partition` of its body.
    """

    name: str
    service: str
    rank: int
    fields: dict[str, Field]
    lists: Mapping[str, ListField] = field(default_factory=dict)
    company: Literal["none", "key", "column"] = "column"

    @property
    def is_document(self) -> bool:
        """Whether it has lines, amounts and a number: what a report lists."""
        return "lines" in self.lists

    @property
    def is_personal(self) -> bool:
        """Whether its values are about people: they are kept nowhere but in identity, under the person's own key."""
        return self.service == "identity"

    @property
    def counts_as_document(self) -> bool:
        """Whether people mean it when they ask how many documents a file had."""
        return self.is_document or self.name == "payment"


_TEXT, _NAME, _DATE, _AMOUNT = Field(), Field(required=True), Field("date"), Field("decimal")
_CURRENCY = Field("currency", required=True)

_BASE = ListField({"kind": Field("kind", required=True), "number": _NAME}, present="number", distinct=True)
_LINES = ListField(
    {
        "line": Field("integer"),
        "item": _TEXT,
        "description": _TEXT,
        "quantity": Field("decimal", required=True),
        "unit": _TEXT,
        "price": Field("decimal", required=True),
        "amount": Field("decimal"),
        "date": _DATE,
        "status": _TEXT,
    }
)
_APPLIED = ListField(
    {"kind": Field("kind", required=True), "number": _NAME, "amount": Field("decimal", required=True)},
    present="number",
)
_TASKS = ListField({"name": _NAME, "status": _TEXT, "percent_done": Field("integer"), "note": _TEXT}, present="name")
_DOCUMENT: dict[str, Field] = {
    "number": _NAME,
    "branch": _TEXT,
    "date": Field("date", required=True),
    "due_date": _DATE,
    "currency": _CURRENCY,
    "reference": _TEXT,
    "status": Field("status"),
    "total": _AMOUNT,
    "open_amount": _AMOUNT,
    "portal_reference": _TEXT,
    "note": _TEXT,
}


def _document(name: str, service: str, rank: int) -> Kind:
    return Kind(name, service, rank, _DOCUMENT, {"lines": _LINES, "base": _BASE})


_ALL = (
    Kind(
        "company",
        "identity",
        0,
        {
            "name": _NAME,
            "currency": _CURRENCY,
            **dict.fromkeys(("price_list", "country", "language", "phone", "email", "address"), _TEXT),
        },
        company="key",
    ),
    Kind("branch", "identity", 1, {"name": _NAME}),
    Kind("contact", "identity", 2, {"name": _NAME, "email": _TEXT, "phone": _TEXT, "language": _TEXT}),
    Kind(
        "item",
        "orders",
        3,
        {
            "name": _NAME,
            "unit": _TEXT,
            "group": _TEXT,
            "sellable": Field("boolean"),
            "available": Field("decimal"),
        },
        company="none",
    ),
    Kind(
        "customer_terms",
        "orders",
        4,
        {"currency": _CURRENCY, "price_list": _TEXT, "discount_percent": Field("decimal")},
        company="key",
    ),
    Kind(
        "price",
        "orders",
        5,
        {
            "price_list": _NAME,
            "item": _NAME,
            "currency": _CURRENCY,
            "price": Field("decimal", required=True),
            "min_quantity": Field("decimal"),
        },
        company="none",
    ),
    Kind(
        "owned_product",
        "licensing",
        6,
        {
            "product": _NAME,
            "name": _NAME,
            "version": _TEXT,
            "licence_type": _TEXT,
            "users": Field("integer"),
            "maintenance_until": _DATE,
            "serial": _TEXT,
        },
    ),
    Kind(
        "project",
        "cases",
        7,
        {
            "name": _NAME,
            "status": _TEXT,
            "percent_done": Field("integer"),
            "due_date": _DATE,
            "reference": _TEXT,
        },
        {"tasks": _TASKS},
    ),
    _document("quotation", "orders", 8),
    _document("order", "orders", 8),
    _document("delivery", "orders", 8),
    _document("invoice", "payments", 9),
    _document("credit_memo", "payments", 9),
    Kind(
        "payment",
        "payments",
        10,
        {
            "number": _NAME,
            "branch": _TEXT,
            "date": Field("date", required=True),
            "currency": _CURRENCY,
            "amount": Field("decimal", required=True),
            "reference": _TEXT,
            "method": _TEXT,
        },
        {"applied": _APPLIED},
    ),
)
KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _ALL}

DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "item": {"sellable": True},
    "customer_terms": {"discount_percent": "0"},
    "price": {"min_quantity": "1"},
}
"""What a body says where neither the file nor the profile does."""


def partition(kind: Kind, company: str, key: str, body: Mapping[str, Any]) -> int:
    """The ingest partition; what is of one company, one price list or one item has the same."""
    return partition_of(body["price_list"] if kind.name == "price" else company or key)
