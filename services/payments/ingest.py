"""How the ERP's invoices, credit memos and payments become events: the documents first, then what is open of them."""

from __future__ import annotations

from typing import Any

from chassis.config import Settings
from chassis.ingest import IngestKind, StreamRule
from chassis.messages import Event
from services.payments.contract import DocumentBody, PaymentBody
from services.payments.domain import decide_record_item, item_of
from services.payments.events import CreditMemoRecorded, InvoiceRecorded, PaymentRecorded


def _document_rule(recorded: type[InvoiceRecorded] | type[CreditMemoRecorded] | type[PaymentRecorded]) -> StreamRule:
    def event(company: str, doc: dict[str, Any], known: bool) -> Event:
        body = {name: value for name, value in doc.items() if name != "key"}
        return recorded(company, doc["number"], body)

    return StreamRule(stream=lambda company, doc: f"documents-{company}", event=event, fingerprint=lambda doc: doc)


def _ledger_rule(kind: str) -> StreamRule:
    def event(company: str, doc: dict[str, Any], known: bool) -> Event | None:
        return decide_record_item(item_of(company, kind, doc), known)

    def fingerprint(doc: dict[str, Any]) -> object:
        item = item_of("", kind, doc)
        return item if item.open_amount else None

    return StreamRule(stream=lambda company, doc: f"ledger-{company}", event=event, fingerprint=fingerprint)


def ingest_kinds(settings: Settings) -> dict[str, IngestKind]:
    """The kinds of ERP documents that payments records."""
    kinds = (
        ("invoice", DocumentBody(), InvoiceRecorded),
        ("credit_memo", DocumentBody(), CreditMemoRecorded),
        ("payment", PaymentBody(), PaymentRecorded),
    )
    return {
        kind: IngestKind(kind, schema, (_document_rule(recorded), _ledger_rule(kind)))
        for kind, schema, recorded in kinds
    }
