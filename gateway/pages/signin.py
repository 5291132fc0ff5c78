"""A contact's log-in, for portal admins: a first password, a lock after wrong tries, and what happened to it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import PasswordField
from wtforms.validators import InputRequired

from gateway import accounts, looks
from gateway.access import Scope, current_scope
from gateway.forms import PASSWORD_LENGTH, CommandForm, send
from gateway.frame import render
from gateway.pages.companies import customers_contact
from gateway.pages.login import LEAST
from gateway.people import FACTORS, SIGN_IN_CHANGES, SIGN_IN_MODEL
from gateway.queries import StaffQuery
from gateway.rights.contacts import PEOPLE, PlainForm
from gateway.rights.history import actors
from gateway.routes import Pages
from gateway.throttle import minutes

pages = Pages("signin", __name__)
_ROLE = "portal_admin"
_SHOWS = (*PEOPLE, SIGN_IN_MODEL)
_CHANGES = StaffQuery(
    "signin.changes",
    f"""SELECT s.at, s.what, s.actor FROM {SIGN_IN_CHANGES} s
        WHERE s.contact_id = :contact_id ORDER BY s.position DESC LIMIT 50""",
    role=_ROLE,
)
_FACTORS = StaffQuery(
    "signin.factors",
    f"SELECT f.enabled_at, f.passkeys, f.codes_left FROM {FACTORS} f WHERE f.contact_id = :contact_id",
    role=_ROLE,
)
WHAT = {
    "ContactInvited": _l("Invited"),
    "InvitationAccepted": _l("Chose a password by the invitation"),
    "PasswordSet": _l("Got a first password from an admin"),
    "PasswordChanged": _l("Changed the password"),
    "PasswordReset": _l("Chose a new password by the mailed link"),
    "SecondFactorEnabled": _l("Authenticator app set up"),
    "SecondFactorDisabled": _l("Authenticator app removed"),
    "RecoveryCodesMade": _l("New recovery codes"),
    "RecoveryCodeUsed": _l("Logged in by a recovery code"),
    "SignInLockLifted": _l("Lock after wrong tries lifted"),
    "SingleSignOnLinked": _l("Came by single sign-on for the first time"),
    "SignInAddressChanged": _l("Logs in with another e-mail address"),
    "PasskeyAdded": _l("Passkey added"),
    "PasskeyRemoved": _l("Passkey removed"),
}


class FirstPasswordForm(CommandForm):
    """A password for somebody else, until they have their own."""

    password = PasswordField(
        _l("First password"), [InputRequired(_l("Choose a password.")), PASSWORD_LENGTH], description=LEAST
    )


@pages.staff_page("/contacts/<contact_id>/sign-in", role=_ROLE, tab="companies", personal=looks.CONTACT)
def contact(contact_id: str) -> Any:
    """How the contact logs in, and what happened to that."""
    return _page(current_scope(), contact_id, FirstPasswordForm(formdata=None))


@pages.staff_page(
    "/contacts/<contact_id>/password", role=_ROLE, tab="companies", methods=("POST",), personal=looks.CONTACT
)
def set_password(contact_id: str) -> Any:
    """Set a first password, which the contact has to change when they log in with it."""
    scope, form = current_scope(), FirstPasswordForm()
    row = customers_contact(scope, contact_id)
    if form.validate_on_submit():
        payload = {"contact_id": contact_id, "password": form.password.data}
        if send(form, scope, "identity", "SetPassword", payload, shows=_SHOWS) is not None:
            accounts.lift_lock(contact_id, row.email)
            said = _("The password is set. Tell it to %(name)s; they choose their own when they log in.", name=row.name)
            flash(said, "success")
            return redirect(url_for("signin.contact", contact_id=contact_id))
    return _page(scope, contact_id, form)


@pages.staff_page("/contacts/<contact_id>/unlock", role=_ROLE, tab="companies", methods=("POST",))
def unlock(contact_id: str) -> Any:
    """Let a contact try again at once who typed something wrong too often."""
    scope, form = current_scope(), PlainForm()
    row = customers_contact(scope, contact_id)
    if form.validate_on_submit():
        shows = (SIGN_IN_MODEL,)
        if send(form, scope, "identity", "LiftSignInLock", {"contact_id": contact_id}, shows=shows) is None:
            flash(" ".join(form.summary), "danger")
        else:
            accounts.lift_lock(contact_id, row.email)
            flash(_("The lock is lifted: %(name)s can log in at once.", name=row.name), "success")
    return redirect(url_for("signin.contact", contact_id=contact_id))


def _page(scope: Scope, contact_id: str, form: FirstPasswordForm) -> Any:
    row = customers_contact(scope, contact_id)
    changes = scope.rows(_CHANGES, contact_id=contact_id)
    password, code = accounts.locked(contact_id, row.email)
    return render(
        "signin/contact.html",
        title=_("Log-in of %(name)s", name=row.name),
        contact=row,
        form=form,
        action=PlainForm(formdata=None),
        locked=minutes(max(password, code)) if password or code else 0,
        only_code=bool(code) and not password,
        factor=scope.row(_FACTORS, contact_id=contact_id),
        changes=changes,
        actors=actors(scope, changes),
        what=WHAT,
        status=form.status,
    )
