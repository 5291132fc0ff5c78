"""How the ERP's sales documents, items, prices and terms become events."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from marshmallow import Schema

from chassis.config import Settings
from chassis.ingest import IngestKind, StreamRule
from chassis.messages import LONGEST_CODE, Event
from services.orders.contract import CustomerTermsBody, DocumentBody, ItemBody, PriceBody, item_bucket
from services.orders.events import (
    CustomerTermsRecorded,
    DeliveryRecorded,
    ItemRecorded,
    OrderRecorded,
    PriceRecorded,
    QuotationRecorded,
)

Doc = dict[str, Any]


def _document(recorded: type[QuotationRecorded | OrderRecorded | DeliveryRecorded]) -> Callable[[str, Doc], Event]:
    def event(company: str, doc: Doc) -> Event:
        return recorded(company, doc["number"], {name: value for name, value in doc.items() if name != "key"})

    return event


def _item(company: str, doc: Doc) -> Event:
    available = None if doc["available"] is None else Decimal(doc["available"])
    return ItemRecorded(doc["key"], doc["name"], doc["unit"], doc["group"], doc["sellable"], available)


def _price(company: str, doc: Doc) -> Event:
    quantity, price = Decimal(doc["min_quantity"]), Decimal(doc["price"])
    return PriceRecorded(doc["price_list"], doc["item"], doc["currency"], quantity, price)


def _terms(company: str, doc: Doc) -> Event:
    return CustomerTermsRecorded(company, doc["currency"], doc["price_list"], Decimal(doc["discount_percent"]))


def _kind(
    kind: str, schema: Schema, stream: Callable[[str, Doc], str], event: Callable[[str, Doc], Event], **more: Any
) -> IngestKind:
    rule = StreamRule(stream, lambda company, doc, known: event(company, doc), fingerprint=lambda doc: doc)
    return IngestKind(kind, schema, (rule,), **more)


def ingest_kinds(settings: Settings) -> dict[str, IngestKind]:
    """The kinds of ERP documents that orders records."""

    def documents(company: str, doc: Doc) -> str:
        return f"salesdocuments-{company}"

    kinds = (
        _kind("quotation", DocumentBody(), documents, _document(QuotationRecorded)),
        _kind("order", DocumentBody(), documents, _document(OrderRecorded)),
        _kind("delivery", DocumentBody(), documents, _document(DeliveryRecorded)),
        _kind("item", ItemBody(), lambda company, doc: f"items-{item_bucket(doc['key'])}", _item, for_company=False),
        _kind(
            "price",
            PriceBody(),
            lambda company, doc: f"prices-{doc['price_list']}",
            _price,
            for_company=False,
            longest_key=3 * LONGEST_CODE,  # price list, item, currency and quantity
        ),
        _kind("customer_terms", CustomerTermsBody(), lambda company, doc: f"customerterms-{company}", _terms),
    )
    return {one.kind: one for one in kinds}
