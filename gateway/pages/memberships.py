"""Contacts of several companies (A10): portal admins add them, and say what they may do in each."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import flash, redirect, request
from flask_babel import gettext as _

from gateway import looks
from gateway.access import current_scope
from gateway.forms import send
from gateway.frame import render
from gateway.pages.companies import COMPANY, companies_found
from gateway.people import DELEGATIONS_MODEL
from gateway.rights import contacts
from gateway.rights.contacts import HISTORY, MEMBER_SHOWS
from gateway.rights.delegation import DelegationForm, delegation_form
from gateway.rights.desk import ADMIN, SuppliersDesk, offered
from gateway.rights.forms import RightsForm
from gateway.rights.given import Rights
from gateway.rights.names import UNUSED_NAMES
from gateway.rights.preview import contact_changes
from gateway.routes import Pages
from services.identity import contract as identity

pages = Pages("memberships", __name__)


@pages.staff_page("/contacts/<contact_id>/companies", role=ADMIN, tab="companies", personal=looks.CONTACT)
def choose(contact_id: str) -> Any:
    """Find the company that the contact is to belong to, too."""
    scope = current_scope()
    row = SuppliersDesk(scope).contact(contact_id)
    search = request.args.get("q", "").strip()[:100]
    found = companies_found(scope, search) if search else []
    return render(
        "memberships/choose.html",
        title=_("Add %(name)s to another company", name=row.name),
        crumb=False,
        contact=row,
        search=search,
        companies=[one for one in found[:50] if one.company != row.company],
        more=len(found) > 50,
    )


@pages.staff_page(
    "/contacts/<contact_id>/companies/<path:code>",
    role=ADMIN,
    tab="companies",
    methods=("GET", "POST"),
    personal=looks.CONTACT,
)
def membership(contact_id: str, code: str) -> Any:
    """What the contact may do in another company: seen in a preview, then saved; so they are added to it."""
    scope = current_scope()
    scope.settle(identity.SERVICE)
    desk = SuppliersDesk(scope)
    contact, company = desk.contact(contact_id), scope.one(COMPANY, of_company=code)
    if code == contact.company:
        return redirect(f"{desk.path}/{contact_id}")
    known = next((one for one in desk.memberships(contact_id) if one.company == code), None)
    before = Rights.of(known) if known else Rights()
    branches = desk.branches(code)
    form = RightsForm(scope.today, before, offered(desk, branches, before))
    changes = None
    if form.validate_on_submit():
        payload = {"contact_id": contact_id, "in_company" if known else "to_company": code, **form.payload()}
        after = Rights.of_payload(payload)
        seen, command = form.shown(payload, before), "SetPermissions" if known else "AddToCompany"
        if form.saving and seen and send(form, scope, "identity", command, payload, shows=MEMBER_SHOWS):
            said = _(
                "Saved. %(name)s can choose %(company)s from the next click.", name=contact.name, company=company.name
            )
            flash(said, "success")
            return redirect(f"{desk.path}/{contact_id}")
        names = {one.role: one.name for one in desk.roles}
        changes = contact_changes(scope, code, before, after, branches, names)
    elif not form.is_submitted():
        form.fill()
    return render(
        "memberships/membership.html",
        title=_("%(name)s at %(company)s", name=contact.name, company=company.name),
        crumb=False,
        contact=contact,
        company=company,
        known=known,
        form=form,
        changes=changes,
        role_gives=contacts.gives(desk),
        over={grant: day for grant, day in before.ends.items() if day < scope.today},
        unused=list(UNUSED_NAMES.values()),
        delegation=delegation_form(desk, contact_id, code, before),
        status=form.status,
    )


@pages.staff_page("/contacts/<contact_id>/delegation", role=ADMIN, tab="companies", methods=("POST",))
def delegation(contact_id: str) -> Any:
    """Say what an admin of one of their companies may hand out there."""
    scope, form = current_scope(), DelegationForm()
    desk = SuppliersDesk(scope)
    row = desk.contact(contact_id)
    back, elsewhere = f"{desk.path}/{contact_id}", form.company.data or ""
    if elsewhere not in ("", row.company):
        back = f"{back}/companies/{quote(elsewhere)}"
    if form.validate_on_submit():
        chosen = None if form.own.data == "1" else list(form.permissions.data or ())
        payload = {"contact_id": contact_id, "permissions": chosen, "appoints": form.appoints.data}
        payload |= {"in_company": elsewhere} if elsewhere else {}
        if send(form, scope, "identity", "SetDelegation", payload, shows=(DELEGATIONS_MODEL, HISTORY)) is not None:
            flash(_("Saved. It holds from the contact's next click."), "success")
            return redirect(back)
    flash(" ".join([*form.summary, *(str(text) for field in form for text in field.errors)]), "danger")
    return redirect(back)


@pages.staff_page("/contacts/<contact_id>/leave/<path:code>", role=ADMIN, tab="companies", methods=("POST",))
def leave(contact_id: str, code: str) -> Any:
    """Take the contact out of a company that is not its first one."""
    desk = SuppliersDesk(current_scope())
    return contacts.leave(desk, contact_id, code, f"{desk.path}/{contact_id}")
