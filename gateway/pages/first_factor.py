"""Setting up an authenticator app while logging in, where the sign-in policy asks for a second factor."""

from __future__ import annotations

from typing import Any

from flask import redirect, request
from flask_babel import gettext as _

from chassis.errors import Refused, Unavailable
from gateway import accounts
from gateway.appkeys import app_key
from gateway.frame import render
from gateway.pages.login import EXPIRED, STEPS, CodeForm, begin_again, wait_page
from gateway.resume import kept
from gateway.routes import Pages
from gateway.security import safe_next

pages = Pages("first_factor", __name__)


@pages.public_page("/login/second-factor", methods=("GET", "POST"))
def set_up() -> Any:
    """Show the key, and check by a code that the app has it; then the recovery codes, once, and the session."""
    if accounts.awaits() != accounts.SET_UP:
        return redirect(STEPS.get(accounts.awaits(), "/login"))
    if request.method == "GET":
        carried = {name: request.args.get(name, "") for name in ("next", "resume")}
        return _key_page(CodeForm(formdata=None, **carried))
    form = CodeForm()
    if not form.validate_on_submit():
        return _key_page(form, form.status)
    try:
        codes = accounts.set_up_factor(request, form.code.data or "", form.command_id.data or "")
    except accounts.TooMany as error:
        return wait_page(_key_page, form, error)
    except (Refused, Unavailable) as error:
        if error.code == EXPIRED:
            return begin_again(form, error)
        form.refused(error)
        form.code.data = ""
        return _key_page(form, form.status)
    path, fields = kept(form.resume.data or "") or ("", [])
    return render(
        "login/recovery_codes.html",
        title=_("Your recovery codes"),
        codes=codes,
        goes_on=safe_next(form.next.data),
        path=safe_next(path) if path else "",
        fields=fields,
    )


def _key_page(form: CodeForm, status: int = 200) -> Any:
    """The key to scan and the form for its first code; without them while identity is away."""
    key = None
    try:
        draft = accounts.factor_draft()
        key = app_key(draft["secret"], draft["email"])
    except Refused as error:
        return begin_again(form, error)
    except Unavailable as error:
        form.refused(error)
        status = form.status
    return render("login/set_up.html", title=_("Set up an authenticator app"), form=form, key=key, status=status)
