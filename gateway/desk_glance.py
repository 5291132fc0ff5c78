"""What home shows staff: requests and cases that wait for an answer, and how the last imports went."""

from __future__ import annotations

from flask import render_template

from gateway.access import Scope
from gateway.fragments import render_part
from gateway.home import section
from gateway.people import COMPANIES, REQUESTS, REQUESTS_MODEL
from gateway.queries import Query, StaffQuery
from services.cases import contract as cases
from services.erp_sync import contract as erp_sync

NEWEST = 5
_WAITING = StaffQuery(
    "home.waiting",
    f"""SELECT c.number, c.summary, c.status, c.updated_at, c.company, m.name AS company_name
       FROM cases.case_list_v2 c LEFT JOIN {COMPANIES} m ON m.company = c.company
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

_REQUESTS = StaffQuery(
    "home.requests",
    f"""SELECT q.request, q.name, q.asked_at, m.name AS company_name FROM {REQUESTS} q
        LEFT JOIN {COMPANIES} m ON m.company = q.company
        WHERE q.state = 'open' ORDER BY q.position LIMIT :limit""",
    role="portal_admin",
)
_OWN_REQUESTS = Query(
    "home.own_requests",
    f"""SELECT q.request, q.name, q.asked_at, '' AS company_name FROM {REQUESTS} q
        WHERE q.company = :company AND q.state = 'open' ORDER BY q.position LIMIT :limit""",
    needs="company_admin",
)


def _requests(scope: Scope) -> str:
    found = scope.rows(_REQUESTS if scope.is_staff else _OWN_REQUESTS, limit=NEWEST)
    path = "/requests" if scope.is_staff else "/company/requests"
    return render_part("home/requests.html", requests=found, path=path) if found else ""


def _waiting(scope: Scope) -> str:
    return render_template("home/waiting.html", cases=scope.rows(_WAITING, limit=NEWEST))


def _runs(scope: Scope) -> str:
    return render_template("home/runs.html", runs=scope.rows(_RUNS, limit=NEWEST))


def register() -> None:
    """Hang the sections into home."""
    section("requests", models=(REQUESTS_MODEL,), role=_REQUESTS.role, order=5)(_requests)
    section("own_requests", models=(REQUESTS_MODEL,), needs="company_admin", order=5)(_requests)
    models = (f"{cases.SERVICE}.{cases.CASES_MODEL}",)
    section("waiting", models=models, role=_WAITING.role, order=10, part="support")(_waiting)
    section("runs", models=(f"{erp_sync.SERVICE}.{erp_sync.RUNS_MODEL}",), role=_RUNS.role, order=20)(_runs)
