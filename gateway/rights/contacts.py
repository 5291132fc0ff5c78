"""The pages on a company's contacts, as portal admins and companies' own admins have them alike."""

from __future__ import annotations

from typing import Any

import orjson
from flask import flash, redirect, request, session
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import InputRequired, Length, Regexp

from gateway.forms import CommandForm, send
from gateway.frame import render
from gateway.parts import parts
from gateway.people import MEMBERSHIPS_MODEL, PEOPLE_MODEL
from gateway.rights.desk import Desk, is_admin, offered
from gateway.rights.forms import RightsForm
from gateway.rights.given import Rights
from gateway.rights.names import PERMISSION_NAMES, UNUSED_NAMES, named
from gateway.rights.preview import contact_changes
from services.identity import contract as identity

PEOPLE = (PEOPLE_MODEL,)
HISTORY = f"{identity.SERVICE}.{identity.RIGHTS_MODEL}"
SHOWS = (*PEOPLE, HISTORY)
MEMBER_SHOWS = (*SHOWS, MEMBERSHIPS_MODEL)
CONTACT_STATUS = {
    "active": _l("Active"),
    "invited": _l("Invited"),
    "recorded": _l("No access"),
    "inactive": _l("Switched off"),
    "erased": _l("Erased"),
}
EMAIL = [
    InputRequired(_l("This is what they log in with.")),
    Length(max=254),
    Regexp(r"[^@\s]+@[^@\s]+\.[^@\s]+$", message=_l("This is no e-mail address.")),
]


class PlainForm(CommandForm):
    """A button."""


class NewContactForm(RightsForm):
    """A new contact of a company."""

    name = StringField(_l("Name"), validators=[InputRequired(_l("Who is it?")), Length(max=200)])
    email = StringField(_l("E-mail address"), validators=EMAIL)
    phone = StringField(_l("Phone"), validators=[Length(max=50)])


def new_contact(desk: Desk, code: str, name: str, back: str) -> Any:
    """Create a contact with permissions and roles; then its page, where the invitation is made."""
    scope = desk.scope
    offer = offered(desk, desk.branches(code), None)
    form = NewContactForm(scope.today, Rights(frozenset(identity.DEFAULT_PERMISSIONS)), offer)
    if not form.is_submitted():
        form.fill()
    if form.validate_on_submit():
        payload = {
            "for_company": code,
            "name": form.name.data,
            "email": form.email.data,
            "phone": form.phone.data or "",
            **form.payload(),
        }
        reply = send(form, scope, "identity", "CreateContact", payload, shows=SHOWS)
        if reply is not None:
            flash(_("The contact was created. Invite them to let them in."), "success")
            return redirect(f"{desk.path}/{reply['id']}")
    return render(
        "companies/new_contact.html",
        title=_("New contact"),
        back=back,
        company_name=name,
        form=form,
        role_gives=gives(desk),
        status=form.status,
        crumb=False,
    )


def contact(desk: Desk, contact_id: str, **more: Any) -> Any:
    """A contact: what they may do, seen in a preview before it is saved, and their way in."""
    scope = desk.scope
    scope.settle(identity.SERVICE)
    row = desk.contact(contact_id)
    before = Rights.of(row)
    branches = desk.branches(row.company)
    form = RightsForm(scope.today, before, offered(desk, branches, before))
    fixed = fixed_for(desk, row)
    changes = None
    if not fixed and form.validate_on_submit():
        payload = {"contact_id": contact_id, **form.payload()}
        if row.member:
            payload["in_company"] = row.company
        after = Rights.of_payload(payload)
        seen = form.shown(payload, before) or after == before
        if form.saving and seen and send(form, scope, "identity", "SetPermissions", payload, shows=MEMBER_SHOWS):
            flash(_("Saved. It holds from the contact's next click."), "success")
            return redirect(f"{desk.path}/{contact_id}")
        names = {one.role: one.name for one in desk.roles}
        changes = contact_changes(scope, row.company, before, after, branches, names)
    elif not form.is_submitted():
        form.fill()
    return render(
        "companies/contact.html",
        title=row.name,
        desk=desk,
        contact=row,
        form=form,
        fixed=fixed,
        changes=changes,
        beyond=_beyond(desk, form),
        role_gives=gives(desk),
        over={grant: day for grant, day in before.ends.items() if day < scope.today},
        unused=list(UNUSED_NAMES.values()),
        action=PlainForm(formdata=None),
        link=session.pop(f"invitation:{contact_id}", ""),
        status_names=CONTACT_STATUS,
        status=form.status,
        **more,
    )


def invite(desk: Desk, contact_id: str) -> Any:
    """Make an invitation: a mail, and for the supplier's admins a link, shown once, that they can pass on."""
    form, scope = PlainForm(), desk.scope
    desk.contact(contact_id)
    if form.validate_on_submit():
        reply = send(form, scope, "identity", "InviteContact", {"contact_id": contact_id}, shows=PEOPLE)
        if reply is None:
            flash(" ".join(form.summary), "danger")
        elif "token" in reply["result"]:
            # As configured, where it is: what a request calls this host is the request's to choose.
            origin = parts().gateway.origin or request.host_url.rstrip("/")
            session[f"invitation:{contact_id}"] = f"{origin}/invitation/{reply['result']['token']}"
        else:
            flash(_("An invitation is on its way to them by mail; it holds for seven days."), "success")
    return redirect(f"{desk.path}/{contact_id}")


def access(desk: Desk, contact_id: str) -> Any:
    """Switch a contact's access off, or on again."""
    form = PlainForm()
    desk.contact(contact_id)
    if form.validate_on_submit():
        command = "DeactivateContact" if request.form.get("off") == "1" else "ReactivateContact"
        if send(form, desk.scope, "identity", command, {"contact_id": contact_id}, shows=SHOWS) is None:
            flash(" ".join(form.summary), "danger")
    return redirect(f"{desk.path}/{contact_id}")


def leave(desk: Desk, contact_id: str, company: str, back: str) -> Any:
    """Take a contact out of a company that is not its first one."""
    form = PlainForm()
    row = desk.contact(contact_id)
    if form.validate_on_submit():
        payload = {"contact_id": contact_id, "from_company": company}
        if send(form, desk.scope, "identity", "RemoveFromCompany", payload, shows=MEMBER_SHOWS) is None:
            flash(" ".join(form.summary), "danger")
        else:
            flash(_("%(name)s does not belong to the company any more.", name=row.name), "success")
    return redirect(back)


def fixed_for(desk: Desk, row: Any) -> str:
    """Why this desk cannot change what the contact may do; "" when it can."""
    if row.status == "erased":
        return _("The personal data of this contact was erased. Nothing about them can be changed any more.")
    if desk.limits.all:
        return ""
    if row.contact_id == desk.scope.contact_id:
        return _("This is you. What you may do yourself is given by us.")
    if is_admin(Rights.of(row), desk.scope) and not desk.limits.appoints:
        return _("This contact administers your company's contacts, too. Only we can change what they may do.")
    return ""


def _beyond(desk: Desk, form: RightsForm) -> list[str]:
    """What the contact has that this desk can neither give nor take."""
    if desk.is_staff:
        return []
    rest = (form.current & PERMISSION_NAMES.keys()) - form.offered.permissions.keys()
    return [*named(rest), *(name for role, name in form.offered.others.items() if role in form.current)]


def gives(desk: Desk) -> dict[str, list[str]]:
    """Role → the names of what it gives."""
    return {role.role: named(orjson.loads(role.permissions)) for role in desk.roles}
