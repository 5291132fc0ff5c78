"""Proof that who sits there is still who logged in, before what weighs much: the password, or a passkey, once more.

Which commands ask for it is said in commands.py. Where the last proof is too old, the page that sent the command
gives way to a question, which carries what was sent; the proof comes back with it, to the same address.
"""

from __future__ import annotations

from typing import Any

from flask import g, make_response, request
from flask_babel import gettext as _

from chassis.errors import Refused, Unavailable
from gateway import accounts, passkeys, people
from gateway.access import Scope
from gateway.forms import CommandForm
from gateway.frame import render
from gateway.resume import here
from gateway.websession import PROOF_LASTS

_PASSWORD, _PASSKEY = "proof_password", "proof_passkey"


def take() -> Any:
    """Before a page: look at the proof that came with its form. What this returns is the answer, when it is none."""
    scope: Scope | None = g.get("scope")
    if scope is None or scope.viewer is not None or request.method != "POST":
        return None
    password, passkey = request.form.get(_PASSWORD), request.form.get(_PASSKEY)
    if password is None and passkey is None:
        return None
    try:
        if passkey:
            passkeys.prove(scope, request, passkey)
        elif not password:
            return question(_("Enter your password."), 422)
        else:
            accounts.prove(scope, request, password)
    except accounts.TooMany as error:
        response = question(error.said, 429)
        response.headers["Retry-After"] = str(error.seconds)
        return response
    except Refused as error:
        return question(_("This password is not right.") if error.code == "SignInRefused" else error.message, 401)
    except Unavailable as error:
        form = CommandForm(formdata=None)
        form.refused(error)
        return question(form.summary[0], 503)
    accounts.web_session().prove()
    return None


def question(said: str = "", status: int = 403) -> Any:
    """The question for the proof, with the form it is for; `said` is why the one that was given is none."""
    scope: Scope = g.scope
    form = CommandForm(formdata=None)
    form.summary += [said] if said else []
    options = ""
    factor = people.load_factor(scope.visit.reads, scope.contact_id)
    if factor is not None and factor.passkeys:
        try:
            options = passkeys.ask(request)
        except (Refused, Unavailable) as error:
            form.summary.append(error.message)
    # Passwords never go back to a browser.
    own = {"csrf_token", _PASSWORD, _PASSKEY}
    sent = [(name, value) for name, value in request.form.items(multi=True) if name not in own]
    fields = [(name, value) for name, value in sent if "password" not in name]
    return make_response(
        render(
            "login/proof.html",
            title=_("Is it still you?"),
            crumb=False,
            form=form,
            path=here(),
            fields=fields,
            anew=len(fields) < len(sent),
            minutes=PROOF_LASTS // 60,
            options=options,
            by_sso=accounts.web_session().get("way") == "sso",
            status=status,
        )
    )
