"""ERP administrators' pages: what came in, what went out, and what waits."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from chassis import codec
from gateway.access import current_scope
from gateway.frame import render
from gateway.people import COMPANIES
from gateway.queries import StaffQuery
from gateway.routes import Feature, Pages

pages = Pages("sync", __name__)
_ROLES = ("erp_admin", "operator", "portal_admin")

KIND_NAMES = {
    "company": _l("Companies"),
    "branch": _l("Branches"),
    "contact": _l("Contacts"),
    "item": _l("Items"),
    "customer_terms": _l("Customers’ terms"),
    "price": _l("Prices"),
    "owned_product": _l("Products owned"),
    "project": _l("Projects"),
    "order": _l("Orders"),
    "delivery": _l("Deliveries"),
    "invoice": _l("Invoices"),
    "credit_memo": _l("Credit memos"),
    "payment": _l("Payments"),
}

_RUNS = StaffQuery(
    "sync.runs",
    """SELECT r.run, r.connection, r.file_name, r.profile, r.dry_run, r.requested_at, r.state, r.finished_at,
              r.documents, r.lines, r.changed, r.refused, r.left_out, r.message
       FROM erp_sync.run_list_v1 r ORDER BY r.requested_at DESC, r.run LIMIT 100""",
    role=_ROLES,
)
_RUN = StaffQuery(
    "sync.run",
    """SELECT r.run, r.connection, r.file_name, r.size, r.profile, r.dry_run, r.requested_at, r.state, r.started_at,
              r.finished_at, r.refused, r.message, r.summary FROM erp_sync.run_list_v1 r WHERE r.run = :run""",
    role=_ROLES,
)
_POSTINGS = StaffQuery(
    "sync.postings",
    f"""SELECT p.reference, p.company, p.kind, p.connection, p.state, p.erp_number, p.reason, p.requested_at,
              p.written_at, p.answered_at, m.name AS company_name
       FROM erp_sync.posting_list_v1 p LEFT JOIN {COMPANIES} m ON m.company = p.company
       ORDER BY p.requested_at DESC, p.reference LIMIT 200""",
    role=_ROLES,
)


@pages.staff_page(
    "/sync",
    role=_ROLES,
    tab="sync",
    feature=Feature(_l("Imports"), "box-arrow-in-down", group=_l("ERP sync"), leads=True, quick=True, order=30),
)
def runs() -> Any:
    """The newest import runs."""
    return render("sync/runs.html", title=_("Imports"), runs=current_scope().rows(_RUNS))


@pages.staff_page("/sync/runs/<run>", role=_ROLES, tab="sync")
def run(run: str) -> Any:
    """One run with what it counted."""
    row = current_scope().one(_RUN, run=run)
    summary = codec.loads(row.summary) if row.summary else {}
    return render("sync/run.html", title=row.file_name, run=row, summary=summary, names=KIND_NAMES)


@pages.staff_page(
    "/sync/postings",
    role=_ROLES,
    tab="sync",
    feature=Feature(_l("To the ERP"), "box-arrow-up", group=_l("ERP sync"), order=31),
)
def postings() -> Any:
    """The newest orders on their way to the ERP, and what it answered."""
    return render("sync/postings.html", title=_("To the ERP"), postings=current_scope().rows(_POSTINGS))
