"""Layouts of reports, whose they are, and which one each contact looks by."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, MetaData, Table, Text

from chassis.codec import dumps
from chassis.messages import Recorded
from chassis.readmodel import Projection, Rows, upsert

VERSION = 1
_meta = MetaData()
LAYOUTS = Table(
    f"layouts_v{VERSION}",
    _meta,
    Column("company", Text, primary_key=True),
    Column("report", Text, primary_key=True),
    Column("layout", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("columns", Text, nullable=False),  # JSON list of columns' names
    Column("sort", Text, nullable=False),
    Column("grouping", Text, nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("owner", Text, nullable=False),  # a contact's id
)
CHOSEN = Table(
    f"layouts_chosen_v{VERSION}",
    _meta,
    Column("company", Text, primary_key=True),
    Column("contact_id", Text, primary_key=True),
    Column("report", Text, primary_key=True),
    Column("layout", Text, nullable=False),
)
_LAYOUT, _CHOSEN = upsert(LAYOUTS), upsert(CHOSEN)


def project(event: Recorded, rows: Rows) -> None:
    """A row a layout; and a row for what a contact has chosen, while it is there."""
    data = event.data
    company = data["company"]
    rows.touch(company, event.position)
    match event.type:
        case "LayoutSaved":
            shown = (dumps(data["columns"]).decode(), data["sort"], data["group"], data["shared"], data["owner"])
            rows.execute(_LAYOUT, (company, data["report"], data["layout"], data["name"], *shown))
        case "LayoutRemoved":
            for table in (LAYOUTS.name, CHOSEN.name):
                rows.execute(f"DELETE FROM {table} WHERE company = ? AND layout = ?", (company, data["layout"]))
        case _:
            rows.execute(_CHOSEN, (company, data["contact"], data["report"], data["layout"]))


PROJECTION = Projection("layouts", VERSION, ("layouts-",), (LAYOUTS, CHOSEN), project)
