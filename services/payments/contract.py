"""The public face of payments: what others may import, and nothing else of this service."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, Schema, fields, post_load
from marshmallow.validate import Length

from chassis.bodies import Amount, Day, DocumentBody, Text, currency, in_minor_units
from chassis.codec import Codec
from services.payments import events
from services.payments.domain import KINDS, STATUSES
from services.payments.projections.balance import BALANCES, OPEN_ITEMS
from services.payments.projections.balance import SORTS as OPEN_SORTS
from services.payments.projections.documents import DOCUMENTS
from services.payments.projections.items import ITEM_MONTHS, ITEMS, MILLION
from services.payments.projections.items import SORTS as ITEM_SORTS
from services.payments.projections.movements import AGEING_MONTHS, BUCKETS, MOVED_ITEMS, MOVEMENTS, TRANSFERS

SERVICE = "payments"
STREAMS = ("documents-", "ledger-")
CODEC = Codec(events.ALL)
PUBLISHED: frozenset[str] = frozenset()

DOCUMENTS_MODEL = "documents_v2"
"""Published tables: DOCUMENTS (see projections/documents.py)."""
BALANCE_MODEL = "balance_v2"
"""Published tables: OPEN_ITEMS and BALANCES (see projections/balance.py)."""
MOVEMENTS_MODEL = "movements_v2"
"""Published tables: MOVED_ITEMS, MOVEMENTS, TRANSFERS and AGEING_MONTHS (see projections/movements.py)."""
ITEMS_MODEL = "items_v1"
"""Published tables: ITEMS and ITEM_MONTHS (see projections/items.py)."""
SEARCH_MODEL = "search_v3"
"""Published tables `document_words_v3` and, on SQLite, its index `document_fts_v3` (see projections/search.py)."""


class Applied(Schema):
    """What of a payment went to one document; `amount` in the payment's currency."""

    class Meta:
        """Unknown fields are refused."""

        unknown = RAISE

    kind = fields.String(required=True, validate=Length(min=1))
    number = fields.String(required=True, validate=Length(min=1))
    amount = Amount(required=True)


class PaymentBody(Schema):
    """A payment as an ERP connector sends it. `applied` null: the ERP does not say; an empty list: to nothing yet."""

    class Meta:
        """Unknown fields are refused."""

        unknown = RAISE

    number = fields.String(required=True, validate=Length(min=1, max=100))
    branch = Text()
    date = Day(required=True)
    currency = currency()
    amount = Amount(required=True)
    reference = Text()
    method = Text()
    applied = fields.List(fields.Nested(Applied), load_default=None, allow_none=True)

    @post_load
    def _rounded(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        for one in (data, *(data["applied"] or ())):
            one["amount"] = in_minor_units(one["amount"], data["currency"])
        return data


__all__ = [
    "AGEING_MONTHS",
    "BALANCES",
    "BALANCE_MODEL",
    "BUCKETS",
    "CODEC",
    "DOCUMENTS",
    "DOCUMENTS_MODEL",
    "ITEMS",
    "ITEMS_MODEL",
    "ITEM_MONTHS",
    "ITEM_SORTS",
    "KINDS",
    "MILLION",
    "MOVED_ITEMS",
    "MOVEMENTS",
    "MOVEMENTS_MODEL",
    "OPEN_ITEMS",
    "OPEN_SORTS",
    "PUBLISHED",
    "SEARCH_MODEL",
    "SERVICE",
    "STATUSES",
    "STREAMS",
    "TRANSFERS",
    "DocumentBody",
    "PaymentBody",
]
