"""Portal admins' pages: companies, their contacts and permissions (A5), invitations (A1), licensed features (L3)."""

from __future__ import annotations

from typing import Any

import orjson
from flask import flash, redirect, request, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import InputRequired, Length, Regexp

from gateway.access import current_scope
from gateway.forms import CommandForm, options, send
from gateway.frame import render
from gateway.parts import parts
from gateway.people import CONTACTS
from gateway.queries import StaffQuery
from gateway.rights.forms import PermissionsForm, RightsForm, chosen
from gateway.rights.given import ROLES_BY_NAME, Rights
from gateway.rights.names import UNUSED_NAMES, named
from gateway.rights.preview import contact_changes
from gateway.routes import Feature, Pages
from services.identity import contract as identity
from services.identity.contract import DEFAULT_PERMISSIONS
from services.licensing import contract as licensing

pages = Pages("companies", __name__)
PEOPLE = (f"{identity.SERVICE}.{identity.PEOPLE_MODEL}",)
SHOWS = (*PEOPLE, f"{identity.SERVICE}.{identity.RIGHTS_MODEL}")
_ROLE = "portal_admin"

FEATURE_NAMES = {"order_pad": _l("Order Pad")}
"""What can be licensed: the features that there are."""
CONTACT_STATUS = {
    "active": _l("Active"),
    "invited": _l("Invited"),
    "recorded": _l("No access"),
    "inactive": _l("Switched off"),
    "erased": _l("Erased"),
}

_COMPANIES = StaffQuery(
    "companies.list",
    f"""SELECT m.company, m.name, m.currency, m.country,
              (SELECT COUNT(*) FROM {CONTACTS} p WHERE p.company = m.company) AS contacts
       FROM identity.companies_v1 m
       WHERE (:like = '' OR m.name LIKE :like ESCAPE '!' OR m.company LIKE :like ESCAPE '!')
         AND (m.name, m.company) > (:after_name, :after_company)
       ORDER BY m.name, m.company LIMIT 51""",
    role=(_ROLE, "agent"),
)
_COMPANY = StaffQuery(
    "companies.one",
    """SELECT m.company, m.name, m.currency, m.price_list, m.country, m.phone, m.email, m.address
       FROM identity.companies_v1 m WHERE m.company = :of_company""",
    role=(_ROLE, "agent"),
)
_CONTACTS = StaffQuery(
    "companies.contacts",
    f"""SELECT p.contact_id, p.name, p.email, p.phone, p.status FROM {CONTACTS} p
       WHERE p.company = :of_company ORDER BY p.status = 'recorded', p.name, p.contact_id LIMIT 500""",
    role=(_ROLE, "agent"),
)
_CONTACT = StaffQuery(
    "companies.contact",
    f"""SELECT p.contact_id, p.company, p.name, p.email, p.phone, p.status, p.permissions, p.branches, p.roles, p.ends,
              p.invited_at, m.name AS company_name
       FROM {CONTACTS} p LEFT JOIN identity.companies_v1 m ON m.company = p.company
       WHERE p.contact_id = :contact_id AND p.staff_roles = '[]'""",
    role=_ROLE,
)
_BRANCHES = StaffQuery(
    "companies.branches",
    "SELECT b.branch, b.name FROM identity.branches_v1 b WHERE b.company = :of_company ORDER BY b.name, b.branch",
    role=(_ROLE, "agent"),
)
_FEATURES = StaffQuery(
    "companies.features",
    "SELECT f.company, f.feature FROM licensing.features_v1 f WHERE f.company IN (:of_company, '*')",
    role=(_ROLE, "agent"),
)


class NewContactForm(PermissionsForm):
    """A new contact of a company."""

    name = StringField(_l("Name"), validators=[InputRequired(_l("Who is it?")), Length(max=200)])
    email = StringField(
        _l("E-mail address"),
        validators=[
            InputRequired(_l("This is what they sign in with.")),
            Regexp(r"[^@\s]+@[^@\s]+\.[^@\s]+$", message=_l("This is no e-mail address.")),
        ],
    )
    phone = StringField(_l("Phone"), validators=[Length(max=50)])


class PlainForm(CommandForm):
    """A button."""


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
    name, company = after if len(after) == 2 else ("", "")
    like = f"%{search.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%" if search else ""
    rows = current_scope().rows(_COMPANIES, like=like, after_name=name, after_company=company)
    return render(
        "companies/list.html",
        title=_("Companies"),
        companies=rows[:50],
        more=url_for("companies.companies", q=search or None, after=[rows[49].name, rows[49].company])
        if len(rows) > 50
        else "",
        search=search,
    )


@pages.staff_page("/companies/<path:code>", role=(_ROLE, "agent"), tab="companies")
def company(code: str) -> Any:
    """A company with its contacts, branches and features."""
    scope = current_scope()
    row = scope.one(_COMPANY, of_company=code)
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
    if form.validate_on_submit() and scope.one(_COMPANY, of_company=code):
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
    """Create a contact with permissions; then its page, where the invitation is made."""
    scope = current_scope()
    row = scope.one(_COMPANY, of_company=code)
    form = NewContactForm()
    branches = scope.rows(_BRANCHES, of_company=code)
    form.branches.choices = options((branch.branch, branch.name) for branch in branches)
    if not form.is_submitted():
        form.permissions.data = list(DEFAULT_PERMISSIONS)
    if form.validate_on_submit():
        payload = {
            "for_company": code,
            "name": form.name.data,
            "email": form.email.data,
            "phone": form.phone.data or "",
            **chosen(form),
        }
        reply = send(form, scope, "identity", "CreateContact", payload, shows=PEOPLE)
        if reply is not None:
            flash(_("The contact was created. Invite them to let them in."), "success")
            return redirect(url_for("companies.contact", contact_id=reply["id"]))
    return render(
        "companies/new_contact.html", title=_("New contact"), company=row, form=form, status=form.status, crumb=False
    )


@pages.staff_page("/contacts/<contact_id>", role=_ROLE, tab="companies", methods=("GET", "POST"))
def contact(contact_id: str) -> Any:
    """A contact: what they may do, seen in a preview before it is saved, and their way in."""
    scope = current_scope()
    scope.settle(identity.SERVICE)
    row = scope.one(_CONTACT, contact_id=contact_id)
    before = Rights.of(row)
    form = RightsForm(scope.today, before)
    roles = scope.rows(ROLES_BY_NAME)
    branches = {branch.branch: branch.name for branch in scope.rows(_BRANCHES, of_company=row.company)}
    form.roles.choices = options((role.role, role.name) for role in roles)
    form.branches.choices = options(branches.items())
    changes = None
    if form.validate_on_submit():
        payload = {"contact_id": contact_id, **form.payload()}
        after = Rights.of_payload(payload)
        seen = form.shown(payload, before) or after == before
        if form.saving and seen and send(form, scope, "identity", "SetPermissions", payload, shows=SHOWS):
            flash(_("Saved. It holds from the contact's next click."), "success")
            return redirect(url_for("companies.contact", contact_id=contact_id))
        changes = contact_changes(scope, row.company, before, after, branches, {one.role: one.name for one in roles})
    elif not form.is_submitted():
        form.fill()
    return render(
        "companies/contact.html",
        title=row.name,
        contact=row,
        form=form,
        changes=changes,
        role_gives={role.role: named(orjson.loads(role.permissions)) for role in roles},
        over={grant: day for grant, day in before.ends.items() if day < scope.today},
        unused=list(UNUSED_NAMES.values()),
        action=PlainForm(formdata=None),
        link=session.pop(f"invitation:{contact_id}", ""),
        status_names=CONTACT_STATUS,
        status=form.status,
    )


@pages.staff_page("/contacts/<contact_id>/invite", role=_ROLE, tab="companies", methods=("POST",))
def invite(contact_id: str) -> Any:
    """Make an invitation: a link, shown once, that the admin passes on."""
    form = PlainForm()
    scope = current_scope()
    # Staff are no portal admin's to let in: the query knows customers' contacts only.
    scope.one(_CONTACT, contact_id=contact_id)
    if form.validate_on_submit():
        reply = send(form, scope, "identity", "InviteContact", {"contact_id": contact_id}, shows=PEOPLE)
        if reply is None:
            flash(" ".join(form.summary), "danger")
        else:
            path = f"/invitation/{reply['result']['token']}"
            # As configured, where it is: what a request calls this host is the request's to choose.
            origin = parts().gateway.origin or request.host_url.rstrip("/")
            session[f"invitation:{contact_id}"] = origin + path
    return redirect(url_for("companies.contact", contact_id=contact_id))


@pages.staff_page("/contacts/<contact_id>/access", role=_ROLE, tab="companies", methods=("POST",))
def access(contact_id: str) -> Any:
    """Switch a contact's access off, or on again."""
    form = PlainForm()
    scope = current_scope()
    scope.one(_CONTACT, contact_id=contact_id)
    if form.validate_on_submit():
        command = "DeactivateContact" if request.form.get("off") == "1" else "ReactivateContact"
        if send(form, scope, "identity", command, {"contact_id": contact_id}, shows=PEOPLE) is None:
            flash(" ".join(form.summary), "danger")
    return redirect(url_for("companies.contact", contact_id=contact_id))
