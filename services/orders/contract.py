"""The public face of orders: what others may import, and nothing else of this service."""

from __future__ import annotations

from marshmallow import RAISE, Schema, ValidationError, fields
from marshmallow.validate import Length

from chassis.bodies import Amount, DocumentBody, Text, currency
from chassis.codec import Codec
from chassis.ingest_documents import code_fault
from services.orders import events
from services.orders.domain import STATUSES, Break, Catalogue, CatalogueItem, Priced, Terms, price_of
from services.orders.projections.catalogue import ITEMS, PRICES, TERMS, catalogue_of, item_bucket, read_catalogue
from services.orders.projections.orders import KINDS, ORDERS
from services.orders.projections.search import ITEM as ITEM_WORDS
from services.orders.schemas import UPCASTERS

SERVICE = "orders"
STREAMS = ("order-", "salesdocuments-", "items-", "prices-", "customerterms-")
CODEC = Codec(events.ALL, UPCASTERS)
PUBLISHED = frozenset({"OrderPlaced", "OrderCancelled", "CancellationAsked", "OrderPosted", "OrderRejected"})

ORDERS_MODEL = "orders_v2"
"""Published tables: ORDERS (see projections/orders.py)."""
CATALOGUE_MODEL = "catalogue_v1"
"""Published tables: ITEMS, PRICES, TERMS (see projections/catalogue.py); `catalogue_of` is what their rows say."""
SEARCH_MODEL = "search_v3"
"""Published tables `order_words_v3` and, on SQLite, its index `order_fts_v3` (see projections/search.py)."""


class _Strict(Schema):
    class Meta:
        """Unknown fields are refused."""

        unknown = RAISE


def _code(text: str) -> None:
    fault = code_fault(text) if text else ""
    if fault:
        raise ValidationError(fault)


class ItemBody(_Strict):
    """An item as an ERP connector sends it; its key is the item's code."""

    name = fields.String(required=True)
    unit = Text()
    group = Text()
    sellable = fields.Boolean(load_default=True)
    available = Amount(load_default=None, allow_none=True)


class PriceBody(_Strict):
    """A price of an item in a price list, for a unit, from `min_quantity` on."""

    price_list = fields.String(required=True, validate=[Length(min=1), _code])
    item = fields.String(required=True, validate=[Length(min=1), _code])
    currency = currency()
    price = Amount(required=True)
    min_quantity = Amount(load_default="1")


class CustomerTermsBody(_Strict):
    """What a company buys on; its key is the company's code. Without a price list it cannot order."""

    currency = currency()
    price_list = Text(validate=_code)
    discount_percent = Amount(load_default="0")


__all__ = [
    "CATALOGUE_MODEL",
    "CODEC",
    "ITEMS",
    "ITEM_WORDS",
    "KINDS",
    "ORDERS",
    "ORDERS_MODEL",
    "PRICES",
    "PUBLISHED",
    "SEARCH_MODEL",
    "SERVICE",
    "STATUSES",
    "STREAMS",
    "TERMS",
    "Break",
    "Catalogue",
    "CatalogueItem",
    "CustomerTermsBody",
    "DocumentBody",
    "ItemBody",
    "PriceBody",
    "Priced",
    "Terms",
    "item_bucket",
    "price_of",
    "catalogue_of",
    "read_catalogue",
]
