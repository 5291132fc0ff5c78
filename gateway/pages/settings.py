"""The person's own settings: account, password, devices; and the branch they look at."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from flask import abort, flash, redirect, request
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import PasswordField, SelectChoice, SelectMultipleField
from wtforms.validators import EqualTo, InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from chassis import codec
from chassis.errors import Refused, Unavailable
from gateway import accounts
from gateway.access import current_scope
from gateway.config import LANGUAGES
from gateway.forms import PASSWORD_LENGTH, CommandForm, send
from gateway.fragments import fragment
from gateway.frame import LANGUAGE_COOKIE, keep_choices, render
from gateway.people import COMPANIES, PEOPLE_MODEL
from gateway.queries import Query
from gateway.reports.glance import BALANCE, balance
from gateway.rights import own
from gateway.routes import Feature, Pages
from gateway.security import came_from, safe_next
from services.identity.contract import CHOOSABLE_MAILS, MAIL_CHOICES_MODEL, SERVICE, SHORTEST_PASSWORD

pages = Pages("settings", __name__)


WAYS = {
    "password": _l("by password"),
    "app": _l("by password and app"),
    "recovery": _l("by password and recovery code"),
    "key": _l("by password and passkey"),
    "passkey": _l("by passkey"),
    "sso": _l("by single sign-on"),
}
"""How a device was logged in."""


class PasswordForm(CommandForm):
    """The current password and the new one, twice."""

    current = PasswordField(_l("Current password"), [InputRequired(_l("Enter your current password."))])
    new = PasswordField(
        _l("New password"),
        [
            InputRequired(_l("Choose a new password.")),
            PASSWORD_LENGTH,
        ],
        description=_l(
            "At least %(least)s characters. A few words in a row are easy to remember.", least=SHORTEST_PASSWORD
        ),
    )
    again = PasswordField(_l("The same again"), [EqualTo("new", message=_l("The two passwords are not the same."))])


class MailsForm(CommandForm):
    """What the person wants mails about."""

    wanted = SelectMultipleField(
        _l("Mail me when"),
        choices=[
            SelectChoice("case_reply", _l("support has answered my request")),
            SelectChoice("order_accepted", _l("my order is accepted")),
            SelectChoice("order_refused", _l("my order could not be accepted")),
            SelectChoice("access_changed", _l("what I can see or do is changed")),
        ],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


_CHOICES_MODEL = f"{SERVICE}.{MAIL_CHOICES_MODEL}"
_CHOICES = Query(
    "settings.mails",
    # What one wants mails about is the same in all of one's companies.
    "SELECT m.off FROM identity.mail_choices_v1 m WHERE m.contact_id = :contact AND :company <> ''",
    shared=("identity.mail_choices_v1",),
)


_COMPANY = Query(
    "settings.company",
    f"""SELECT m.company, m.name, m.currency, m.country, m.phone, m.email, m.address
       FROM {COMPANIES} m WHERE m.company = :company""",
)


_balance = fragment("settings.balance", models=(BALANCE,))(balance)


@pages.page("/settings", tab="settings", feature=Feature(_l("Settings"), icon="person-gear", order=90))
def account() -> Any:
    """What the portal knows of the person and their company, the balance, what they may do, and their devices."""
    scope = current_scope()
    return render(
        "settings/account.html",
        title=_("Settings"),
        company=scope.row(_COMPANY) if not scope.is_staff else None,
        countries=get_locale().territories,
        balance=_balance(scope) if scope.can("see_balance") else "",
        rights=own.rights(scope) if not scope.is_staff else None,
        devices=accounts.devices(scope),
        factor=accounts.second_factor(scope),
        ways=WAYS,
    )


@pages.page(
    "/settings/password",
    secret=True,
    tab="settings",
    feature=Feature(_l("Change password"), icon="key", task_on=("home", "settings"), order=91),
    methods=("GET", "POST"),
)
def password() -> Any:
    """Change the password; all other devices are signed out by it."""
    scope, form = current_scope(), PasswordForm()
    if form.validate_on_submit():
        payload = {"current": form.current.data, "new": form.new.data}
        if send(form, scope, "identity", "ChangePassword", payload, shows=()):
            others = accounts.sign_out_others(scope)
            flash(
                _("Your password is changed. Other devices that were signed out: %(count)s.", count=others), "success"
            )
            return redirect("/settings")
    return render("settings/password.html", title=_("Change password"), form=form, status=form.status)


@pages.page(
    "/settings/mails",
    customers=True,
    tab="settings",
    feature=Feature(_l("Mails"), icon="envelope", task_on=("settings",), order=92),
    methods=("GET", "POST"),
)
def mails() -> Any:
    """Which mails the person gets. Those about the password come always."""
    scope, form = current_scope(), MailsForm()
    if form.validate_on_submit():
        off = [kind for kind in CHOOSABLE_MAILS if kind not in (form.wanted.data or ())]
        if send(form, scope, "identity", "ChooseMails", {"off": off}, shows=(_CHOICES_MODEL,)) is not None:
            flash(_("Saved. It holds for mails from now on."), "success")
            return redirect("/settings/mails")
    elif not form.is_submitted():
        row = scope.row(_CHOICES)
        off = codec.loads(row.off) if row else []
        form.wanted.data = [kind for kind in CHOOSABLE_MAILS if kind not in off]
    return render("settings/mails.html", title=_("Mails"), form=form, status=form.status)


@pages.page("/settings/devices/<session_id>", methods=("POST",))
def sign_out_device(session_id: str) -> Any:
    """End one of the person's own sessions."""
    scope = current_scope()
    if session_id == scope.session_id:
        accounts.web_session().sign_out()
        return redirect("/login")
    if not accounts.sign_out_device(scope, session_id):
        abort(404)
    flash(_("That device is signed out."), "success")
    return redirect("/settings")


@pages.page("/language", methods=("POST",))
def choose_language() -> Any:
    """Show pages in this language from now on, in this browser and, as mails, wherever this person is."""
    scope, chosen = current_scope(), request.form.get(LANGUAGE_COOKIE, "")
    if chosen not in scope.visit.ground.gateway.languages:
        abort(404)
    response = redirect(came_from(request))
    keep_choices(request.form, response)
    if chosen in LANGUAGES:
        try:
            scope.command("identity", "ChooseLanguage", {"language": chosen}, uuid4(), shows=(PEOPLE_MODEL,))
        except (Refused, Unavailable) as error:
            said = _("This browser shows your language, but your mails do not have it yet. %(why)s", why=error.message)
            flash(said, "warning")
    return response


@pages.page("/branch", of_session=True, methods=("POST",))
def choose_branch() -> Any:
    """Limit figures and reports to one of the person's branches, or show all of theirs."""
    if not accounts.choose_branch(current_scope(), request.form.get("branch", "")):
        abort(404)
    return redirect(safe_next(request.form.get("next")))
