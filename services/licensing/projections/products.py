"""The products each company owns: licence type, user count, when maintenance ends."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, MetaData, Table, Text

from chassis.messages import Recorded
from chassis.readmodel import Projection, Rows, upsert

VERSION = 1
PRODUCTS = Table(
    f"owned_products_v{VERSION}",
    MetaData(),
    Column("company", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("product", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("licence_type", Text, nullable=False),
    Column("users", Integer, nullable=False),
    Column("maintenance_until", Text),
    Column("serial", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
    Index(f"owned_products_v{VERSION}_name", "company", "name", "key"),
)
_PRODUCT = upsert(PRODUCTS)
_FIELDS = ("company", "key", "product", "name", "version", "licence_type", "users", "maintenance_until", "serial")


def project(event: Recorded, rows: Rows) -> None:
    """The product's row, whole."""
    rows.touch(event.data["company"], event.position)
    rows.execute(_PRODUCT, (*(event.data[field] for field in _FIELDS), event.recorded_at.isoformat()))


PROJECTION = Projection("products", VERSION, ("owned-",), (PRODUCTS,), project)
