"""Who could do what on a date (A12): a contact's history, and a company's contacts as they stood on a day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from flask import request
from flask_babel import gettext as _

from gateway import looks
from gateway.access import current_scope
from gateway.frame import render
from gateway.people import BRANCHES, COMPANIES, CONTACTS, VIEWINGS
from gateway.queries import StaffQuery
from gateway.rights.history import RIGHTS, actors, on_day, timeline
from gateway.routes import Pages
from services.identity import contract as identity

pages = Pages("history", __name__)
_ROLE = "portal_admin"
_YEARS = range(1900, 2201)
_CONTACT = StaffQuery(
    "history.contact",
    f"""SELECT p.contact_id, p.company, p.name, m.name AS company_name
        FROM {CONTACTS} p LEFT JOIN {COMPANIES} m ON m.company = p.company
        WHERE p.contact_id = :contact_id AND p.staff_roles = '[]'""",
    role=_ROLE,
)
_COMPANY = StaffQuery(
    "history.company", f"SELECT m.company, m.name FROM {COMPANIES} m WHERE m.company = :of_company", role=_ROLE
)
_COMPANIES_OF = StaffQuery(
    "history.companies_of",
    f"""SELECT DISTINCT r.company, m.name AS company_name FROM {RIGHTS} r
        LEFT JOIN {COMPANIES} m ON m.company = r.company WHERE r.contact_id = :contact_id ORDER BY r.company""",
    role=_ROLE,
)
_VIEWINGS = StaffQuery(
    "history.viewings",
    f"""SELECT v.viewer, p.name, v.company, m.name AS company_name, v.begun_at, v.until, v.left_at FROM {VIEWINGS} v
        LEFT JOIN {CONTACTS} p ON p.contact_id = v.viewer LEFT JOIN {COMPANIES} m ON m.company = v.company
        WHERE v.contact_id = :contact_id ORDER BY v.position DESC LIMIT 200""",
    role=_ROLE,
)
_BRANCHES = StaffQuery(
    "history.branches", f"SELECT b.branch, b.name FROM {BRANCHES} b WHERE b.company = :of_company", role=_ROLE
)


@pages.staff_page("/contacts/<contact_id>/history", role=_ROLE, tab="companies", personal=looks.CONTACT)
def contact(contact_id: str) -> Any:
    """What changed a contact's rights: when, by whom, from what to what."""
    scope = current_scope()
    scope.settle(identity.SERVICE)
    row = scope.one(_CONTACT, contact_id=contact_id)
    elsewhere = scope.rows(_COMPANIES_OF, contact_id=contact_id)
    asked = request.args.get("of", "")
    of = next((one for one in elsewhere if one.company == asked), row)
    changes = timeline(scope, contact_id, of.company)
    return render(
        "history/contact.html",
        title=_("History of %(name)s", name=row.name),
        contact=row,
        of=of,
        elsewhere=[one for one in elsewhere if one.company != row.company],
        changes=changes,
        actors=actors(scope, changes),
        branches=_branch_names(of.company),
        viewings=scope.rows(_VIEWINGS, contact_id=contact_id),
        now=datetime.now(UTC).isoformat(),
    )


@pages.staff_page("/companies/<path:code>/rights", role=_ROLE, tab="companies", personal=looks.CONTACTS)
def company(code: str) -> Any:
    """The company's contacts with what each could do at the end of a day."""
    scope = current_scope()
    scope.settle(identity.SERVICE)
    row = scope.one(_COMPANY, of_company=code)
    asked = request.args.get("on", "")
    problem, day = "", scope.today
    if asked:
        try:
            day = date.fromisoformat(asked)
            if day.year not in _YEARS:
                raise ValueError(asked)
        except ValueError:
            problem, day = _("“%(text)s” is not a date like 2026-05-31; today is shown.", text=asked), scope.today
    return render(
        "history/company.html",
        title=_("Who could do what"),
        company=row,
        day=day,
        problem=problem,
        contacts=on_day(scope, code, day),
        branches=_branch_names(code),
    )


def _branch_names(code: str) -> dict[str, str]:
    return {row.branch: row.name for row in current_scope().rows(_BRANCHES, of_company=code)}
