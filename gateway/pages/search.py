"""Search over the numbers and references of one's documents (R1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from chassis.documents import search_key, search_range
from gateway.access import Scope, current_scope
from gateway.frame import render
from gateway.queries import Query
from gateway.reads import NotReady
from gateway.reports.kinds import KINDS, LIST, Kind
from gateway.routes import Feature, Pages

pages = Pages("search", __name__)
_MOST = 10

_CASES = Query(
    "search.cases",
    """SELECT c.number, c.summary, c.status, c.updated_at FROM cases.case_list_v1 c
       WHERE c.company = :company AND (REPLACE(c.number, '-', '') LIKE :number OR c.customer_reference LIKE :like
             OR c.summary LIKE :like) ORDER BY c.updated_at DESC LIMIT :limit""",
    needs="open_cases",
)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of one kind; `more` says whether the report has more of it."""

    kind: Kind
    rows: list[Any]
    more: bool


@pages.page(
    "/search",
    customers=True,
    part="search",
    tab="documents",
    feature=Feature(_l("Search documents"), "search", leads=True, quick=True, order=60),
)
def results() -> Any:
    """What begins with the words typed, newest first, by kind."""
    scope = current_scope()
    text = request.args.get("q", "").strip()[:100]
    key = search_key(text)
    found = [one for kind in KINDS.values() if key and (one := _found(scope, kind, text)) is not None]
    cases = _cases(scope, key, text) if key else []
    return render(
        "search/results.html",
        title=_("Search"),
        text=text,
        asked=bool(key),
        found=found,
        cases=cases,
        count=sum(len(one.rows) for one in found) + len(cases),
    )


def _found(scope: Scope, kind: Kind, text: str) -> Found | None:
    if not scope.can(kind.needs):
        return None
    first, end = search_range(text)
    query = LIST[kind.kind].variant("search", order="date_down")
    try:
        rows = scope.rows(query, kind=kind.kind, term=first, term_end=end, limit=_MOST + 1)
    except NotReady:
        scope.visit.gaps += 1
        return None
    return Found(kind, rows[:_MOST], len(rows) > _MOST) if rows else None


def _cases(scope: Scope, key: str, text: str) -> list[Any]:
    if not scope.can("open_cases"):
        return []
    # A case's number is compared without its dashes, its words as they are.
    like = f"%{key.upper()}%" if any(letter.isdigit() for letter in key) else f"%{text.replace('%', '')}%"
    try:
        return scope.rows(_CASES, number=f"%{key.upper()}%", like=like, limit=_MOST)
    except NotReady:
        scope.visit.gaps += 1
        return []
