"""The public face of payments: what others may import, and nothing else of this service."""

from __future__ import annotations

from marshmallow import RAISE, Schema, fields
from marshmallow.validate import Length

from chassis.bodies import Amount, Day, DocumentBody, Text, currency
from chassis.codec import Codec
from chassis.documents import SORTS, DocumentTables, document_tables, search_range, totals_query
from services.payments import events
from services.payments.domain import KINDS, STATUSES

SERVICE = "payments"
STREAMS = ("documents-", "ledger-")
CODEC = Codec(events.ALL)
PUBLISHED: frozenset[str] = frozenset()

DOCUMENTS_MODEL = "documents_v1"
"""Published tables: DOCUMENTS (`documents_v1`, `document_lines_v1`, `document_totals_v1`, `document_months_v1`,
`document_links_v1`, `document_search_v1`). `number` names a document; `kind` is one of KINDS, `status` of STATUSES."""
DOCUMENTS: DocumentTables = document_tables("document", 1)

BALANCE_MODEL = "balance_v1"
"""Published tables `open_items_v1` and `balances_v1` (see projections/balance.py)."""


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


__all__ = [
    "BALANCE_MODEL",
    "CODEC",
    "DOCUMENTS",
    "DOCUMENTS_MODEL",
    "KINDS",
    "PUBLISHED",
    "SERVICE",
    "SORTS",
    "STATUSES",
    "STREAMS",
    "DocumentBody",
    "PaymentBody",
    "search_range",
    "totals_query",
]
