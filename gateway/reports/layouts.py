"""The layouts a person has of a report: their own, and those that their company shares (R5)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import orjson
from flask_babel import gettext as _

from gateway.access import Scope
from gateway.people import CONTACTS
from gateway.queries import Query
from gateway.reads import NotReady
from gateway.reports.filter import STANDARD, View, view_of
from gateway.reports.report import Report
from services.identity import contract as identity

PERMISSION = "layouts_export"
SHOWS = (f"{identity.SERVICE}.{identity.LAYOUTS_MODEL}",)
_LAYOUTS = Query(
    "layouts.list",
    f"""SELECT l.layout, l.name, l.columns, l.sort, l.grouping, l.shared, l.owner, c.layout AS chosen,
               CASE WHEN l.owner = :contact THEN 1 ELSE 0 END AS own, p.name AS owner_name
        FROM identity.{identity.LAYOUTS_TABLE} l
        LEFT JOIN identity.{identity.CHOSEN_LAYOUTS_TABLE} c ON c.company = l.company AND c.report = l.report
             AND c.contact_id = :contact AND c.layout = l.layout
        LEFT JOIN {CONTACTS} p ON p.contact_id = l.owner
        WHERE l.company = :company AND l.report = :report AND (l.owner = :contact OR l.shared)
        ORDER BY l.name, l.layout""",
    needs=PERMISSION,
    # Whoever shared a layout is, or was, of the company: the layouts are bound to it.
    shared=(CONTACTS,),
)


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout as its reader sees it: `own` they made, `chosen` they look by. `owner` is a colleague's name."""

    key: str
    name: str
    view: View
    shared: bool
    own: bool
    chosen: bool
    owner: str


@lru_cache(maxsize=4096)
def _columns(text: str) -> tuple[str, ...]:
    return tuple(orjson.loads(text))


def layouts_of(scope: Scope, report: Report) -> list[Layout]:
    """Those a person may look by, in the order of their names; none for who has no layouts."""
    if not scope.can(PERMISSION):
        return []
    try:
        rows = scope.rows(_LAYOUTS, report=report.kind)
    except NotReady:
        scope.visit.gaps += 1
        return []
    return [
        Layout(
            row.layout,
            row.name,
            view_of(report, _columns(row.columns), row.sort, row.grouping),
            bool(row.shared),
            bool(row.own),
            row.chosen is not None,
            row.owner_name or "",
        )
        for row in rows
    ]


def base_of(layouts: list[Layout], asked: str) -> tuple[View | None, str, str]:
    """How a report is shown where the address says no more than its layout: the view (None: as it is), the layout for
    the address, and what is wrong with the one that was asked for.
    """
    if asked == STANDARD:
        return None, STANDARD, ""
    found = next((one for one in layouts if (one.key == asked if asked else one.chosen)), None)
    if found is None:
        missing = _(
            "The layout in the address is not there any more, or not yours to see; this is the report as it is."
        )
        return (None, STANDARD, missing) if asked else (None, "", "")
    return found.view, asked, ""
