"""Invoices, credit memos and payments as reports and document pages show them."""

from __future__ import annotations

from decimal import Decimal

import orjson

from chassis.documents import DocumentRow, DocumentTables, DocumentWriter, document_tables
from chassis.messages import Recorded
from chassis.money import minor
from chassis.readmodel import Projection, Rows
from chassis.timeline import told_by
from services.payments.domain import open_amount, status_of

VERSION = 2
DOCUMENTS: DocumentTables = document_tables("document", VERSION)
"""`documents_v2`, `document_lines_v2`, `document_totals_v2`, `document_months_v2`, `document_links_v2`,
`document_search_v2`, `document_timeline_v2`. `number` names a document; `kind` is one of domain.KINDS, `status` of
domain.STATUSES.
"""
KIND_OF = {"InvoiceRecorded": "invoice", "CreditMemoRecorded": "credit_memo", "PaymentRecorded": "payment"}
_WRITER = DocumentWriter(DOCUMENTS)


def project(event: Recorded, rows: Rows) -> None:
    """The document's row, lines, totals, links and search terms, and what it was before."""
    company, body = event.data["company"], event.data["body"]
    kind = KIND_OF[event.type]
    payment = kind == "payment"
    total = Decimal(body["amount"] if payment else body["total"])
    still_open = open_amount(kind, body)
    currency = body["currency"]
    row = DocumentRow(
        company,
        kind,
        body["number"],
        body["number"],
        body["branch"],
        body["date"],
        body.get("due_date") or "",
        currency,
        minor(total, currency),
        minor(still_open, currency),
        status_of(kind, body.get("status", ""), total, still_open),
        body["reference"],
        body.get("portal_reference", ""),
    )
    base = (body["applied"] or ()) if payment else body["base"]
    _WRITER.put(rows, row, orjson.dumps(body), told_by(event), base)
    rows.touch(company, event.position)


PROJECTION = Projection("documents", VERSION, ("documents-",), DOCUMENTS.all, project)
