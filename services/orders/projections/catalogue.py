"""What a company can buy and at which prices: the tables, and the query that pages and the service share."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, Column, Float, Index, MetaData, Table, Text

from chassis.messages import ALL_COMPANIES, Recorded
from chassis.money import digits
from chassis.readmodel import Projection, Rows, upsert
from services.orders.domain import Break, Catalogue, CatalogueItem, Terms

VERSION = 1
MODEL = f"catalogue_v{VERSION}"
BUCKETS = 16
_meta = MetaData()
ITEMS = Table(
    f"items_v{VERSION}",
    _meta,
    Column("item", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("item_group", Text, nullable=False),
    Column("sellable", Boolean, nullable=False),
    Column("available", Text),
    Index(f"items_v{VERSION}_group", "item_group", "item"),
)
# Numbers are exact as text; the keys beside them are what to sort by.
PRICES = Table(
    f"prices_v{VERSION}",
    _meta,
    Column("price_list", Text, primary_key=True),
    Column("item", Text, primary_key=True),
    Column("currency", Text, primary_key=True),
    Column("min_quantity", Text, primary_key=True),
    Column("min_quantity_key", Float, nullable=False),
    Column("price", Text, nullable=False),
    Column("price_key", Float, nullable=False),
    sqlite_with_rowid=False,
)
TERMS = Table(
    f"terms_v{VERSION}",
    _meta,
    Column("company", Text, primary_key=True),
    Column("currency", Text, nullable=False),
    Column("price_list", Text, nullable=False),
    Column("discount_percent", Text, nullable=False),
)

_ITEM = upsert(ITEMS)
_PRICE = upsert(PRICES)
_TERMS = upsert(TERMS)

Execute = Callable[[str, Sequence[Any]], Iterable[Any]]
"""Runs SQL with its values and gives rows that have names, like a connection's `execute`."""


def item_bucket(item: str) -> str:
    """The partition, and with `items-` the stream, that an item belongs to: "0" to "15"."""
    return str(zlib.crc32(item.encode()) % BUCKETS)


def read_catalogue(execute: Execute, company: str, items: Iterable[str]) -> Catalogue:
    """The named items as this company is offered them; unknown ones are absent."""
    codes = sorted(set(items))
    marks = ", ".join("?" * len(codes))
    position = _first(execute("SELECT position FROM checkpoints WHERE model = ?", (MODEL,)))
    terms = _first(execute(f"SELECT * FROM {TERMS.name} WHERE company = ?", (company,)))
    found = execute(f"SELECT * FROM {ITEMS.name} WHERE item IN ({marks})", codes)
    prices: Iterable[Any] = ()
    if terms is not None:
        select = f"SELECT item, min_quantity, price FROM {PRICES.name}"
        where = f" WHERE price_list = ? AND currency = ? AND item IN ({marks}) ORDER BY item, min_quantity_key"
        prices = execute(select + where, (terms["price_list"], terms["currency"], *codes))
    return catalogue_of(terms, found, prices, 0 if position is None else position["position"])


def catalogue_of(terms: Any, items: Iterable[Any], prices: Iterable[Any], position: int = 0) -> Catalogue:
    """The catalogue that rows of the published tables make, `terms` None without any; breaks by quantity, ascending."""
    breaks: dict[str, list[Break]] = {}
    for row in prices:
        breaks.setdefault(row["item"], []).append(Break(Decimal(row["min_quantity"]), Decimal(row["price"])))
    found = {row["item"]: _item(row, breaks.get(row["item"], ())) for row in items}
    return Catalogue(None if terms is None else _terms(terms), found, position)


def _first(rows: Iterable[Any]) -> Any:
    return next(iter(rows), None)


def _terms(row: Any) -> Terms:
    return Terms(row["currency"], row["price_list"], Decimal(row["discount_percent"]), digits(row["currency"]))


def _item(row: Any, breaks: Iterable[Break]) -> CatalogueItem:
    available = None if row["available"] is None else Decimal(row["available"])
    return CatalogueItem(row["item"], row["name"], row["unit"], bool(row["sellable"]), available, tuple(breaks))


def project(event: Recorded, rows: Rows) -> None:
    """The item's, price's or company's row, whole."""
    data = event.data
    match event.type:
        case "ItemRecorded":
            facts = (data["name"], data["unit"], data["group"], data["sellable"], data["available"])
            rows.execute(_ITEM, (data["item"], *facts))
            rows.touch(ALL_COMPANIES, event.position)
        case "PriceRecorded":
            quantity = format(Decimal(data["min_quantity"]).normalize(), "f")
            price = data["price"]
            where = (data["price_list"], data["item"], data["currency"], quantity)
            rows.execute(_PRICE, (*where, float(quantity), price, float(price)))
            rows.touch(ALL_COMPANIES, event.position)
        case "CustomerTermsRecorded":
            company = data["company"]
            rows.execute(_TERMS, (company, data["currency"], data["price_list"], data["discount_percent"]))
            rows.touch(company, event.position)


PROJECTION = Projection("catalogue", VERSION, ("items-", "prices-", "customerterms-"), (ITEMS, PRICES, TERMS), project)
