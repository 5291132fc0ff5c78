"""Who of the staff looked at the portal as which contact, from when until when. Rows stay; no personal data."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, MetaData, Table, Text

from chassis.messages import Recorded
from chassis.readmodel import Projection, Rows, upsert

VERSION = 1
VIEWINGS = Table(
    f"viewings_v{VERSION}",
    MetaData(),
    Column("view", Text, primary_key=True),
    Column("contact_id", Text, nullable=False),
    Column("company", Text, nullable=False),
    Column("viewer", Text, nullable=False),  # a contact's id: of the staff
    Column("begun_at", Text, nullable=False),  # this and what follows: UTC
    Column("until", Text, nullable=False),  # over by then at the latest
    Column("left_at", Text),  # NULL: until it was over, or still
    Column("position", BigInteger, nullable=False),
    Index(f"viewings_v{VERSION}_contact", "contact_id", "position"),
)
_VIEW = upsert(VIEWINGS)


def project(event: Recorded, rows: Rows) -> None:
    """A row a view."""
    data, at = event.data, event.recorded_at.isoformat()
    rows.touch(data["company"], event.position)
    if event.type == "ViewAsBegun":
        who = (data["view"], data["contact"], data["company"], data["viewer"])
        rows.execute(_VIEW, (*who, at, data["until"], None, event.position))
    else:
        rows.execute(f"UPDATE {VIEWINGS.name} SET left_at = ? WHERE view = ?", (at, data["view"]))


PROJECTION = Projection("viewings", VERSION, ("view-",), (VIEWINGS,), project)
