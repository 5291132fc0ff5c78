"""What happened to a document, as its page tells it (R10): newest first, each with who, when and what changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as _p

from chassis import codec
from gateway.access import Scope
from gateway.people import CONTACTS, OURS
from gateway.portal import house
from gateway.queries import Query, in_branches
from gateway.reports import chain
from gateway.reports.kinds import KINDS, ORDERS, Kind
from services.cases import contract as cases

SHOWN, MOST = 6, 500
"""Entries on the page, and those of "show all"."""
CHANGES_SHOWN = 6
_WORDS = {
    "recorded": _l("Recorded"),
    "changed": _l("Changed"),
    "placed": _l("Ordered"),
    "queued": _l("On its way to our order department"),
    "posted": _l("Taken by our order department"),
    "rejected": _p("order", "Rejected"),
    "cancelled": _p("order", "Cancelled"),
    "cancel_asked": _l("Asked to take it back"),
    "cancel_too_late": _l("Too late to take it back"),
}
_CHANNELS = {"portal": _l("portal"), "reaction": _l("portal"), "erp": _l("ERP"), "mail": _l("mail"), "api": _l("API")}
FIELDS = {
    "number": _l("Number"),
    "date": _l("Date"),
    "due_date": _l("Due"),
    "branch": _l("Branch"),
    "status": _l("Status"),
    "currency": _l("Currency"),
    "total": _l("Total"),
    "open": _p("amount", "Open"),
    "reference": _l("Your reference"),
    "portal_reference": _l("Order reference"),
    "note": _l("Note"),
    "method": _l("Method"),
    "reason": _l("Reason"),
    "item": _l("Item"),
    "description": _l("Description"),
    "quantity": _l("Quantity"),
    "unit": _l("Unit"),
    "price": _l("Price"),
    "amount": _l("Amount"),
    "name": _l("Name"),
    "percent_done": _l("Done"),
}
"""What changed, by the names that chassis/timeline.py has for it. What is not here is not told."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: in a word, by whom, when (UTC, ISO), through which channel. `changes` are those of
    chassis/timeline.py that the reader may know; `more` of them were not kept.
    """

    words: str
    who: str
    at: str
    channel: str
    changes: list[dict[str, Any]]
    more: int


def _query(kind: Kind, own: bool = False) -> Query:
    documents, entries = kind.table("s"), kind.table("_timeline")
    return Query(
        f"{kind.kind}.{'own_' if own else ''}timeline",
        f"""SELECT t.at, t.event, t.actor, t.channel, t.changes, p.name
            FROM {documents} d
            JOIN {entries} t ON t.company = d.company AND t.kind = d.kind AND t.{kind.key} = d.{kind.key}
            LEFT JOIN {CONTACTS} p ON p.contact_id = t.actor AND {OURS}
            WHERE d.company = :company AND d.kind = :kind AND d.{kind.key} = :key
            {"AND d.placed_by = :contact" if own else ""}
            AND {in_branches("d")}
            ORDER BY t.position DESC LIMIT :limit""",
        needs="order" if own else kind.needs,
    )


TIMELINES = {kind.kind: _query(kind) for kind in KINDS.values()}
OWN_TIMELINE = _query(ORDERS, own=True)
OF_PROJECT = Query(
    "projects.timeline",
    f"""SELECT t.at, t.event, t.actor, t.channel, t.changes, p.name FROM {cases.SERVICE}.project_timeline_v2 t
        LEFT JOIN {CONTACTS} p ON p.contact_id = t.actor AND {OURS}
        WHERE t.company = :company AND t.kind = 'project' AND t.number = :number
        ORDER BY t.position DESC LIMIT :limit""",
    needs="open_cases",
)
_PARTS = ("line", "applied", "task")
"""Changes of what a document has several of."""


def load_timeline(scope: Scope, kind: Kind, key: str, everything: bool = False) -> tuple[list[Entry], bool]:
    """What happened to a document, newest first, and whether there is more of it."""
    own = kind is ORDERS and not scope.can(kind.needs)
    query = OWN_TIMELINE if own else TIMELINES[kind.kind]
    return _entries(scope, query, everything, kind=kind.kind, key=key)


def load_of_project(scope: Scope, number: str, everything: bool = False) -> tuple[list[Entry], bool]:
    """As load_timeline, of a project."""
    return _entries(scope, OF_PROJECT, everything, number=number)


def _entries(scope: Scope, query: Query, everything: bool, **of: str) -> tuple[list[Entry], bool]:
    limit = MOST if everything else SHOWN
    rows = scope.rows(query, **of, limit=limit + 1)
    told = [codec.loads(row.changes) if row.changes else [] for row in rows[:limit]]
    paid = {tuple(one["of"]) for changes in told for one in changes if one["field"] == "applied"}
    shown = set(chain.visible(scope, paid)) if paid else set()
    entries = [_entry(scope, row, changes, shown) for row, changes in zip(rows, told, strict=False)]
    return entries, len(rows) > limit


def _entry(scope: Scope, row: Any, changes: list[dict[str, Any]], shown: set[tuple[str, str]]) -> Entry:
    more = sum(one["new"] for one in changes if one["field"] == "more")
    word = _WORDS.get(row.event)
    channel = _CHANNELS.get(row.channel)
    return Entry(
        str(word) if word is not None else row.event,
        _who(scope, row),
        row.at,
        str(channel) if channel is not None else row.channel,
        [_known(scope, one, shown) for one in changes if one["field"] in FIELDS or one["field"] in _PARTS],
        more,
    )


def _who(scope: Scope, row: Any) -> str:
    if not row.actor:
        return house(scope.visit.ground).supplier
    return row.name or _("Somebody of %(company)s", company=scope.company_name)


def _known(scope: Scope, change: dict[str, Any], shown: set[tuple[str, str]]) -> dict[str, Any]:
    """The change without what the reader may not know: a document or a branch that is not theirs."""
    if change["field"] == "applied":
        kind, number = change["of"]
        seen = scope.branches is None or (kind, number) in shown
        path = chain.path_of(kind, number) if (kind, number) in shown else ""
        return {**change, "number": number if seen else "", "path": path}
    if change["field"] == "branch" and scope.branches is not None:
        sides = {side: change[side] if change[side] in scope.branches else "" for side in ("old", "new")}
        return {**change, **sides}
    return change
