"""A person's own passkeys: which there are, another one, one less."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from chassis.errors import NotFound, Refused
from gateway import passkeys
from gateway.access import current_scope
from gateway.forms import CommandForm
from gateway.frame import render
from gateway.pages.factors import codes_page, prove
from gateway.routes import Pages
from gateway.security import device_name

pages = Pages("passkeys", __name__)


class RemoveForm(CommandForm):
    """The password: what it takes to take a passkey away."""

    password = PasswordField(_l("Password"), [InputRequired(_l("Enter your password.")), Length(max=200)])


class AddForm(RemoveForm):
    """A name, the password, and what the browser made."""

    name = StringField(
        _l("Name"),
        [
            InputRequired(_l("Give the passkey a name.")),
            Length(max=60, message=_l("Please write a name of at most 60 characters.")),
        ],
        description=_l("By which you know it again, like your phone's."),
    )
    answer = HiddenField()


@pages.page("/settings/passkeys", secret=True, tab="settings")
def owned() -> Any:
    """The person's passkeys, with when each was used last."""
    scope = current_scope()
    return render("passkeys/list.html", title=_("Passkeys"), crumb=False, passkeys=passkeys.owned(scope))


@pages.page("/settings/passkeys/new", secret=True, tab="settings", methods=("GET", "POST"))
def add() -> Any:
    """Make a passkey in this browser, and keep it; the first one's recovery codes are shown, once."""
    scope, form = current_scope(), AddForm()
    if form.validate_on_submit():
        if not form.answer.data:
            form.summary.append(
                _("Your browser made no passkey. It needs a script, which is switched off or was blocked.")
            )
            form.status = 422
        else:
            reply = prove(form, scope, "AddPasskey", _answered(form))
            if reply is not None and reply["result"]["codes"]:
                return codes_page(reply, _("The passkey is added: you can log in with it alone."))
            if reply is not None:
                flash(_("The passkey is added: you can log in with it alone."), "success")
                return redirect("/settings/passkeys")
    elif not form.is_submitted():
        form.name.data = device_name(request.user_agent.string)
    form.answer.data = ""
    try:
        options = passkeys.offer(scope, request)
    except Refused as error:
        flash(error.message, "danger")
        return redirect("/settings/passkeys")
    return render(
        "passkeys/add.html", title=_("Add a passkey"), crumb=False, form=form, options=options, status=form.status
    )


def _answered(form: AddForm) -> dict[str, Any]:
    return {
        "name": form.name.data,
        "password": form.password.data,
        "answer": form.answer.data,
        "challenge": passkeys.challenge(),
        "origin": passkeys.origin(request),
    }


@pages.page("/settings/passkeys/<passkey>/remove", secret=True, tab="settings", methods=("GET", "POST"))
def remove(passkey: str) -> Any:
    """Take a passkey away, by the password."""
    scope, form = current_scope(), RemoveForm()
    if form.validate_on_submit():
        if prove(form, scope, "RemovePasskey", {"passkey": passkey, "password": form.password.data}) is not None:
            flash(_("The passkey is removed. Remove it from your device, too, which does not know."), "success")
            return redirect("/settings/passkeys")
        if form.status == NotFound.http:
            abort(404)
    found = [one for one in passkeys.owned(scope) if one["id"] == passkey]
    if not found:
        abort(404)
    return render(
        "passkeys/remove.html",
        title=_("Remove the passkey “%(name)s”", name=found[0]["name"]),
        crumb=False,
        form=form,
        last=len(passkeys.owned(scope)) == 1,
        status=form.status,
    )
