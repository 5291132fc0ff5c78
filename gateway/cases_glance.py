"""What home shows of the company's support cases: those that moved last, with the way to all of them."""

from __future__ import annotations

from flask_babel import get_timezone

from gateway.access import Scope
from gateway.formats import as_moment
from gateway.fragments import render_part
from gateway.home import section
from gateway.queries import Query
from services.cases import contract as cases

NEWEST = 5
CASES = f"{cases.SERVICE}.{cases.CASES_MODEL}"
_MOVED_LAST = Query(
    "home.cases",
    """SELECT c.number, c.summary, c.status, c.updated_at FROM cases.case_list_v2 c WHERE c.company = :company
       ORDER BY c.updated_at DESC, c.number DESC LIMIT :limit""",
    needs="open_cases",
)


def register() -> None:
    """Hang the section into home, behind the reports."""
    section("glance.cases", models=(CASES,), needs="open_cases", order=20)(_newest)


def _newest(scope: Scope) -> str:
    # The day, not how long ago: the fragment is kept until a case moves.
    zone = get_timezone()
    rows = [(row, as_moment(row.updated_at).astimezone(zone).date()) for row in scope.rows(_MOVED_LAST, limit=NEWEST)]
    return render_part("home/cases.html", rows=rows)
