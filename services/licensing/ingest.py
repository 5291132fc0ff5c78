"""How the ERP's list of owned products becomes events."""

from __future__ import annotations

from typing import Any

from chassis.config import Settings
from chassis.ingest import IngestKind, StreamRule
from services.licensing.contract import OwnedProductDocument
from services.licensing.events import OwnedProductRecorded


def _owned(company: str, doc: dict[str, Any], known: bool) -> OwnedProductRecorded:
    return OwnedProductRecorded(company, **doc)


def ingest_kinds(settings: Settings) -> dict[str, IngestKind]:
    """The kinds of ERP documents that licensing records."""
    rule = StreamRule(stream=lambda company, doc: f"owned-{company}", event=_owned, fingerprint=lambda doc: doc)
    return {"owned_product": IngestKind("owned_product", OwnedProductDocument(), (rule,))}
