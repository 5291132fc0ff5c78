"""Portal admins' pages: companies, their contacts and permissions (A5), invitations (A1), licensed features (L3)."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from chassis.sorting import sort_key
from gateway import looks
from gateway.access import Scope, current_scope
from gateway.forms import send
from gateway.frame import render
from gateway.people import BRANCHES, COMPANIES, CONTACTS, MEMBERSHIPS
from gateway.queries import StaffQuery
from gateway.rights import contacts
from gateway.rights.contacts import CONTACT_STATUS, PlainForm
from gateway.rights.delegation import delegation_form
from gateway.rights.desk import SuppliersDesk
from gateway.rights.given import Rights
from gateway.routes import Feature, Pages
from services.licensing import contract as licensing

pages = Pages("companies", __name__)
_ROLE = "portal_admin"

FEATURE_NAMES = {"order_pad": _l("Order Pad")}
"""What can be licensed: the features that there are."""
_FOUND = StaffQuery(
    "companies.list",
    f"""SELECT m.company, m.name, m.name_key, m.currency, m.country,
              (SELECT COUNT(*) FROM {CONTACTS} p WHERE p.company = m.company) AS contacts
       FROM {COMPANIES} m
       WHERE (:like = '' OR m.name_key LIKE :like_key ESCAPE '!' OR m.company LIKE :like ESCAPE '!')
         AND (m.name_key, m.company) > (:after_name, :after_company)
       ORDER BY m.name_key, m.company LIMIT 51""",
    role=(_ROLE, "agent"),
)
COMPANY = StaffQuery(
    "companies.one",
    f"""SELECT m.company, m.name, m.currency, m.price_list, m.country, m.phone, m.email, m.address
       FROM {COMPANIES} m WHERE m.company = :of_company""",
    role=(_ROLE, "agent"),
)
_CONTACTS = StaffQuery(
    "companies.contacts",
    f"""SELECT p.contact_id, p.name, p.email, p.phone, p.status, 0 AS member, p.status = 'recorded' AS last
       FROM {CONTACTS} p WHERE p.company = :of_company
       UNION ALL SELECT p.contact_id, p.name, p.email, p.phone, p.status, 1, p.status = 'recorded'
       FROM {MEMBERSHIPS} s JOIN {CONTACTS} p ON p.contact_id = s.contact_id
       WHERE s.company = :of_company ORDER BY last, name, contact_id LIMIT 500""",
    role=(_ROLE, "agent"),
)
_BRANCHES = StaffQuery(
    "companies.branches",
    f"SELECT b.branch, b.name FROM {BRANCHES} b WHERE b.company = :of_company ORDER BY b.name_key, b.branch",
    role=(_ROLE, "agent"),
)
_FEATURES = StaffQuery(
    "companies.features",
    "SELECT f.company, f.feature FROM licensing.features_v1 f WHERE f.company IN (:of_company, '*')",
    role=(_ROLE, "agent"),
)


def companies_found(scope: Scope, search: str, after: tuple[str, str] = ("", "")) -> list[Any]:
    """The next 51 companies by name that have this in name or code, all of them for ""; `after` is a row's name_key
    and code.
    """
    name, company = after
    found = {"like": _like(search), "like_key": _like(sort_key(search))}
    return scope.rows(_FOUND, **found, after_name=name, after_company=company)


def _like(search: str) -> str:
    return f"%{search.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%" if search else ""


def customers_contact(scope: Scope, contact_id: str) -> Any:
    """The row of a customer's contact; NotFound for staff, who are no portal admin's to change."""
    return SuppliersDesk(scope).contact(contact_id)


@pages.staff_page(
    "/companies",
    role=(_ROLE, "agent"),
    tab="companies",
    feature=Feature(_l("Companies"), "buildings", group=_l("Companies"), leads=True, quick=True, order=20),
)
def companies() -> Any:
    """All companies by name, found by name or code."""
    search = request.args.get("q", "").strip()[:100]
    after = request.args.getlist("after")
    rows = companies_found(current_scope(), search, (after[0], after[1]) if len(after) == 2 else ("", ""))
    return render(
        "companies/list.html",
        title=_("Companies"),
        companies=rows[:50],
        more=url_for("companies.companies", q=search or None, after=[rows[49].name_key, rows[49].company])
        if len(rows) > 50
        else "",
        search=search,
    )


@pages.staff_page("/companies/<path:code>", role=(_ROLE, "agent"), tab="companies", personal=looks.CONTACTS)
def company(code: str) -> Any:
    """A company with its contacts, branches and features."""
    scope = current_scope()
    row = scope.one(COMPANY, of_company=code)
    licensed = {(feature.company, feature.feature) for feature in scope.rows(_FEATURES, of_company=code)}
    return render(
        "companies/company.html",
        title=row.name,
        company=row,
        contacts=scope.rows(_CONTACTS, of_company=code),
        branches=scope.rows(_BRANCHES, of_company=code),
        features=[
            (name, label, ("*", name) in licensed, (code, name) in licensed) for name, label in FEATURE_NAMES.items()
        ],
        status_names=CONTACT_STATUS,
        form=PlainForm(formdata=None),
        admin=_ROLE in scope.staff_roles,
    )


@pages.staff_page("/companies/<path:code>/features", role=_ROLE, tab="companies", methods=("POST",))
def feature(code: str) -> Any:
    """License a feature for the company, or take it back."""
    scope = current_scope()
    form = PlainForm()
    name, grant = request.form.get("feature", ""), request.form.get("grant") == "1"
    if form.validate_on_submit() and scope.one(COMPANY, of_company=code):
        command = "GrantFeature" if grant else "WithdrawFeature"
        payload = {"feature": name, "for_company": code}
        if (
            send(form, scope, "licensing", command, payload, shows=(f"{licensing.SERVICE}.{licensing.FEATURES_MODEL}",))
            is None
        ):
            flash(" ".join(form.summary), "danger")
    return redirect(url_for("companies.company", code=code))


@pages.staff_page("/companies/<path:code>/contacts/new", role=_ROLE, tab="companies", methods=("GET", "POST"))
def new_contact(code: str) -> Any:
    """Create a contact with permissions and roles; then its page, where the invitation is made."""
    scope = current_scope()
    row = scope.one(COMPANY, of_company=code)
    return contacts.new_contact(SuppliersDesk(scope), code, row.name, url_for("companies.company", code=code))


@pages.staff_page(
    "/contacts/<contact_id>", role=_ROLE, tab="companies", methods=("GET", "POST"), personal=looks.CONTACT
)
def contact(contact_id: str) -> Any:
    """A contact: what they may do, seen in a preview before it is saved, and their way in."""
    desk = SuppliersDesk(current_scope())
    row = desk.contact(contact_id)
    delegation = delegation_form(desk, contact_id, row.company, Rights.of(row))
    return contacts.contact(desk, contact_id, delegation=delegation, memberships=desk.memberships(contact_id))


@pages.staff_page("/contacts/<contact_id>/invite", role=_ROLE, tab="companies", methods=("POST",))
def invite(contact_id: str) -> Any:
    """Make an invitation: a mail and a link, shown once, that the admin can pass on."""
    return contacts.invite(SuppliersDesk(current_scope()), contact_id)


@pages.staff_page("/contacts/<contact_id>/access", role=_ROLE, tab="companies", methods=("POST",))
def access(contact_id: str) -> Any:
    """Switch a contact's access off, or on again."""
    return contacts.access(SuppliersDesk(current_scope()), contact_id)
