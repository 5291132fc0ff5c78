"""What home shows staff: the cases that wait for an answer, and how the last imports went."""

from __future__ import annotations

from flask import render_template

from gateway.access import Scope
from gateway.home import section
from gateway.queries import StaffQuery
from services.cases import contract as cases
from services.erp_sync import contract as erp_sync

NEWEST = 5
_WAITING = StaffQuery(
    "home.waiting",
    """SELECT c.number, c.summary, c.status, c.updated_at, c.company, m.name AS company_name
       FROM cases.case_list_v1 c LEFT JOIN identity.companies_v1 m ON m.company = c.company
       WHERE c.status IN ('new', 'open', 'awaiting_vendor') ORDER BY c.updated_at DESC LIMIT :limit""",
    role=("agent", "portal_admin"),
)
_RUNS = StaffQuery(
    "home.runs",
    """SELECT r.run, r.file_name, r.state, r.requested_at, r.documents, r.changed, r.refused,
              r.dry_run FROM erp_sync.run_list_v1 r
       ORDER BY r.requested_at DESC, r.run LIMIT :limit""",
    role=("erp_admin", "portal_admin", "operator"),
)


def _waiting(scope: Scope) -> str:
    return render_template("home/waiting.html", cases=scope.rows(_WAITING, limit=NEWEST))


def _runs(scope: Scope) -> str:
    return render_template("home/runs.html", runs=scope.rows(_RUNS, limit=NEWEST))


def register() -> None:
    """Hang the sections into home."""
    models = (f"{cases.SERVICE}.{cases.CASES_MODEL}",)
    section("waiting", models=models, role=_WAITING.role, order=10, part="support")(_waiting)
    section("runs", models=(f"{erp_sync.SERVICE}.{erp_sync.RUNS_MODEL}",), role=_RUNS.role, order=20)(_runs)
