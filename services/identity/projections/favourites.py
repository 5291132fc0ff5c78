"""The pages that people pinned to their menus, those pinned first on top."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, MetaData, Table, Text

from chassis.messages import ALL_COMPANIES, Recorded
from chassis.readmodel import Projection, Rows, upsert

VERSION = 1
FAVOURITES = Table(
    f"favourites_v{VERSION}",
    MetaData(),
    Column("contact_id", Text, primary_key=True),
    Column("page", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
)
_PINNED = upsert(FAVOURITES)
_UNPINNED = f"DELETE FROM {FAVOURITES.name} WHERE contact_id = ? AND page = ?"


def project(event: Recorded, rows: Rows) -> None:
    """A row more or less."""
    contact, page = event.data["contact"], event.data["page"]
    if event.type == "PagePinned":
        rows.execute(_PINNED, (contact, page, event.position))
    else:
        rows.execute(_UNPINNED, (contact, page))
    # It is the person's own, in whichever of their companies they stand.
    rows.touch(ALL_COMPANIES, event.position)


PROJECTION = Projection("favourites", VERSION, ("favourites-",), (FAVOURITES,), project)
