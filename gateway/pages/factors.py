"""The second factor: setting it up, recovery codes, and an admin's way to take it away."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from chassis.errors import NotFound, Refused, Unavailable
from gateway import accounts
from gateway.access import Scope, current_scope
from gateway.appkeys import app_key
from gateway.forms import CommandForm, send
from gateway.frame import render
from gateway.pages.companies import customers_contact
from gateway.pages.login import ENTER_CODE, CodeForm
from gateway.people import FACTORS_MODEL
from gateway.rights.contacts import PEOPLE, PlainForm
from gateway.routes import Pages

pages = Pages("factors", __name__)


class ProofForm(CommandForm):
    """Password and code: what it takes to change the second factor."""

    password = PasswordField(_l("Password"), [InputRequired(_l("Enter your password.")), Length(max=200)])
    code = StringField(
        _l("Code"),
        [InputRequired(ENTER_CODE), Length(max=50)],
        description=_l("The six digits your app shows now, or one of your recovery codes."),
    )


@pages.page("/settings/second-factor", secret=True, tab="settings", methods=("GET", "POST"))
def set_up() -> Any:
    """Show the secret, and check by a code that the app has it; then the recovery codes, once."""
    scope, form = current_scope(), CodeForm()
    if form.validate_on_submit():
        reply = prove(form, scope, "EnableSecondFactor", {"code": form.code.data})
        if reply is not None:
            said = _("The authenticator app is set up. The next time you log in you are asked for its code.")
            return codes_page(reply, said)
    elif not form.is_submitted() and (factor := accounts.second_factor(scope)) and factor.enabled_at:
        return redirect("/settings")
    try:
        secret = accounts.second_factor_secret(scope)
    except Refused as error:
        flash(error.message, "danger")
        return redirect("/settings")
    return render(
        "factors/set_up.html",
        title=_("Set up an authenticator app"),
        crumb=False,
        form=form,
        key=app_key(secret, scope.email),
        status=form.status,
    )


@pages.page("/settings/second-factor/codes", secret=True, tab="settings", methods=("GET", "POST"))
def codes() -> Any:
    """New recovery codes instead of the old ones, shown once."""
    scope, form = current_scope(), ProofForm()
    if form.validate_on_submit():
        reply = prove(form, scope, "RenewRecoveryCodes", {"password": form.password.data, "code": form.code.data})
        if reply is not None:
            return codes_page(reply, _("These codes hold from now on; the old ones ended."))
    return render(
        "factors/proof.html",
        title=_("New recovery codes"),
        crumb=False,
        form=form,
        says=_("You get ten new codes. The old ones end at once."),
        does=_("Make new codes"),
        status=form.status,
    )


@pages.page("/settings/second-factor/off", secret=True, tab="settings", methods=("GET", "POST"))
def switch_off() -> Any:
    """The password alone is enough again."""
    scope, form = current_scope(), ProofForm()
    if form.validate_on_submit():
        payload = {"password": form.password.data, "code": form.code.data}
        if prove(form, scope, "DisableSecondFactor", payload) is not None:
            flash(_("The authenticator app is switched off."), "success")
            return redirect("/settings")
    return render(
        "factors/proof.html",
        title=_("Switch the authenticator app off"),
        crumb=False,
        form=form,
        says=_("From then on, your password alone logs you in and your recovery codes end, unless you have a passkey."),
        does=_("Switch off"),
        status=form.status,
    )


@pages.staff_page("/contacts/<contact_id>/second-factor", role="portal_admin", tab="companies", methods=("POST",))
def remove(contact_id: str) -> Any:
    """Take away a factor that its contact has lost; they get a mail about it."""
    scope, form = current_scope(), PlainForm()
    customers_contact(scope, contact_id)
    if form.validate_on_submit():
        shows = (*PEOPLE, FACTORS_MODEL)
        if send(form, scope, "identity", "RemoveSecondFactor", {"contact_id": contact_id}, shows=shows) is None:
            flash(" ".join(form.summary), "danger")
        else:
            flash(_("Authenticator app, passkeys and codes are removed. The contact gets a mail about it."), "success")
    return redirect(url_for("companies.contact", contact_id=contact_id))


def codes_page(reply: dict[str, Any], said: str) -> Any:
    """The recovery codes that a command made, which are shown this once."""
    codes = reply["result"]["codes"]
    return render("factors/codes.html", title=_("Your recovery codes"), crumb=False, codes=codes, said=said)


def prove(form: CommandForm, scope: Scope, name: str, payload: dict[str, Any]) -> dict[str, Any] | None:
    """Send a command with a code or password in it, which is counted; its reply, or None, the reason on the form."""
    try:
        with accounts.code_tries(scope.contact_id, request.remote_addr or ""):
            return scope.command("identity", name, payload, form.command_id.data or "", shows=(FACTORS_MODEL,))
    except accounts.TooMany as error:
        form.summary.append(error.said)
        form.status = 429
    except NotFound:
        raise
    except (Refused, Unavailable) as error:
        form.refused(error)
        if "code" in form:
            form["code"].data = ""  # who sends it again needs the next one
    return None
