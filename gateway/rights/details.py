"""Putting a contact's details right, from the supplier's desk, a company's own, or one's own settings."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length, Regexp

from gateway.access import Scope
from gateway.changes import LANGUAGE_NAMES
from gateway.forms import CommandForm, options, send
from gateway.frame import forget_visited, render
from gateway.people import CONTACTS, SIGN_IN_MODEL
from gateway.queries import Query, StaffQuery
from gateway.rights.contacts import SHOWS, fixed_for
from gateway.rights.desk import Desk
from services.identity import contract as identity

_OWN = Query(
    "details.own",
    f"SELECT p.name, p.phone FROM {CONTACTS} p WHERE p.contact_id = :contact AND :company <> ''",
    shared=(CONTACTS,),  # one's details are the same in all of one's companies
)
_OF_STAFF = StaffQuery(
    "details.of_staff",
    f"SELECT p.name, p.phone FROM {CONTACTS} p WHERE p.contact_id = :contact",
    role=identity.STAFF_ROLES,
)


class OwnDetailsForm(CommandForm):
    """What one puts right about oneself."""

    name = StringField(_l("Name"), [InputRequired(_l("Enter a name.")), Length(max=200)])
    phone = StringField(_l("Phone"), [Length(max=50)])


class DetailsForm(OwnDetailsForm):
    """What an admin puts right about a contact."""

    email = StringField(
        _l("E-mail address"),
        [Length(max=254), Regexp(r"([^@\s]+@[^@\s]+\.[^@\s]+)?$", message=_l("This is no e-mail address."))],
    )
    language = SelectField(_l("Language of mails"))

    def offer(self, known: str) -> None:
        """Offer the languages there are, and the one that the ERP told."""
        names = {known: known, "": _l("Their company's"), **LANGUAGE_NAMES}
        self.language.choices = options([(tag, names[tag]) for tag in names])


_WHAT_FOLLOWS = {
    "active": _l(
        "They log in with this address. When you change it, a mail to the old one says so; their password and their"
        " devices stay."
    ),
    "invited": _l("When you change it, links that went to the old address are worth nothing: invite them anew then."),
}


def correct(desk: Desk, contact_id: str) -> Any:
    """A contact's details in a form; then the contact's page, which says what became of the way in."""
    scope, here = desk.scope, f"{desk.path}/{contact_id}"
    scope.settle(identity.SERVICE)
    row = desk.contact(contact_id)
    why_not = fixed_for(desk, row)
    if why_not:
        flash(why_not, "warning")
        return redirect(here)
    form = DetailsForm()
    form.offer(row.language)
    form.email.description = _WHAT_FOLLOWS.get(row.status, "")
    if not form.is_submitted():
        form.name.data, form.email.data = row.name, row.email
        form.phone.data, form.language.data = row.phone, row.language
    if form.validate_on_submit():
        details = {name: (form[name].data or "").strip() for name in ("name", "email", "phone", "language")}
        shows = (*SHOWS, SIGN_IN_MODEL)
        if send(form, scope, "identity", "CorrectContact", {"contact_id": contact_id, **details}, shows=shows):
            forget_visited(scope, contact_id)
            flash(_said(row, details), "success")
            return redirect(here)
    return render(
        "details/contact.html",
        title=_("Details of %(name)s", name=row.name),
        contact=row,
        back=here,
        form=form,
        status=form.status,
        crumb=False,
    )


def _said(row: Any, details: dict[str, str]) -> str:
    if details["email"] == row.email:
        return _("The details are corrected.")
    if row.status == "active":
        return _(
            "The details are corrected. %(name)s logs in with %(email)s from now on; a mail tells the old address.",
            name=details["name"],
            email=details["email"],
        )
    if row.status == "invited":
        return _("The details are corrected. Links sent to the old address are worth nothing now: invite them anew.")
    return _("The details are corrected.")


def correct_own(scope: Scope) -> Any:
    """One's own name and phone."""
    form = OwnDetailsForm()
    scope.settle(identity.SERVICE)
    if not form.is_submitted():
        row = scope.one(_OF_STAFF if scope.is_staff else _OWN)
        form.name.data, form.phone.data = row.name, row.phone
    if form.validate_on_submit():
        details = {"name": (form.name.data or "").strip(), "phone": (form.phone.data or "").strip()}
        if send(form, scope, "identity", "CorrectOwnDetails", details, shows=SHOWS):
            flash(_("Your details are corrected."), "success")
            return redirect("/settings")
    return render("details/own.html", title=_("Your details"), form=form, status=form.status)
