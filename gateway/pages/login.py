"""Logging in and out, invitations, and what anybody may choose for themselves: light or dark, language, menu."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, g, make_response, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import EmailField, HiddenField, PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

from chassis.errors import PorticoError, Refused, Unavailable
from gateway import accounts, passkeys, viewing
from gateway.access import current_scope
from gateway.forms import PASSWORD_LENGTH, CommandForm
from gateway.frame import keep_choices, render
from gateway.parts import parts
from gateway.portal import house
from gateway.resume import kept
from gateway.routes import Pages
from gateway.security import came_from, safe_next
from services.identity.contract import SHORTEST_PASSWORD, providers

pages = Pages("login", __name__)
_PASSWORD = [InputRequired(_l("Choose a password.")), PASSWORD_LENGTH]


LEAST = _l("At least %(least)s characters.", least=SHORTEST_PASSWORD)


_NO_PASSKEY = _l("Your browser showed no passkey. It needs a script, which is switched off or was blocked.")
ENTER_CODE = _l("Enter the code that the app shows.")
FEW_CODES = 3
EXPIRED = "SignInExpired"
STEPS = {
    accounts.CODE: "/login/code",
    accounts.OWN_PASSWORD: "/login/password",
    accounts.SET_UP: "/login/second-factor",
}
"""Where a sign-in goes on that waits for a further step."""


class LoginForm(CommandForm):
    """E-mail and password; `resume` carries a form that was sent when the session had ended."""

    email = EmailField(_l("E-mail address"), [InputRequired(_l("Enter your e-mail address.")), Length(max=254)])
    password = PasswordField(_l("Password"), [InputRequired(_l("Enter your password.")), Length(max=200)])
    next = HiddenField()
    resume = HiddenField()


class CodeForm(CommandForm):
    """A code of the app, or a recovery code; the rest is what the log-in page was asked for."""

    code = StringField(_l("Code"), [InputRequired(ENTER_CODE), Length(max=50)])
    next = HiddenField()
    resume = HiddenField()


class PasskeyForm(CommandForm):
    """What the browser's passkey answered; the rest is what the log-in page was asked for."""

    answer = HiddenField(validators=[InputRequired(_NO_PASSKEY), Length(max=20_000)])
    next = HiddenField()
    resume = HiddenField()


class ForgotForm(CommandForm):
    """The address somebody logs in with."""

    email = EmailField(_l("E-mail address"), [InputRequired(_l("Enter your e-mail address.")), Length(max=254)])


class InvitationForm(CommandForm):
    """A first password, twice."""

    password = PasswordField(_l("New password"), _PASSWORD, description=LEAST)
    again = PasswordField(
        _l("The same again"), [EqualTo("password", message=_l("The two passwords are not the same."))]
    )


class OwnPasswordForm(InvitationForm):
    """As an invitation's; the rest is what the log-in page was asked for."""

    next = HiddenField()
    resume = HiddenField()


def login_page(
    form: LoginForm | None = None, resume: str = "", status: int = 200, *, said: str = "", goes_to: str = ""
) -> Any:
    """The log-in page; with `resume` it says that what was typed is kept. `said` is why one has to begin again."""
    if form is None:
        form = LoginForm(formdata=None, next=goes_to or request.args.get("next", ""), resume=resume)
        form.summary += [said] if said else []
    ended = bool(form.resume.data) or request.args.get("ended") == "1"
    g.pop("scope", None)
    return render(
        "login/login.html",
        title=_("Log in"),
        form=form,
        ended=ended,
        keeps=bool(form.resume.data),
        providers=list(providers().values()),
        left=accounts.web_session().pop("sso_left", None),
        status=status,
    )


@pages.public_page("/login")
def login() -> Any:
    """The form, unless this browser is signed in already."""
    if accounts.web_session().record is not None:
        return redirect(safe_next(request.args.get("next")))
    return login_page()


@pages.public_page("/login", methods=("POST",))
def log_in() -> Any:
    """Check with identity, open a session, go on to where the person was going."""
    form = LoginForm()
    if request.form.get("way") == "passkey":
        return passkey_page(PasskeyForm(formdata=None, next=form.next.data, resume=form.resume.data))
    if not form.validate_on_submit():
        return login_page(form, status=form.status)
    try:
        step = accounts.sign_in(request, form.email.data or "", form.password.data or "")
    except accounts.TooMany as error:
        return wait_page(login_page, form, error)
    except Refused as error:
        form.summary.append(error.message)
        return login_page(form, status=401)
    except Unavailable as error:
        form.refused(error)
        return login_page(form, status=503)
    return go_on(form, step)


def go_on(form: LoginForm | CodeForm | OwnPasswordForm | PasskeyForm, step: str) -> Any:
    """To the step that is next; once there is a session, to where the person was going or the form kept for them."""
    if step:
        g.pop("csrf_token", None)
        carried = {"next": form.next.data, "resume": form.resume.data}
        if step == accounts.CODE:
            return code_page(CodeForm(formdata=None, **carried))
        if step == accounts.SET_UP:
            return redirect(url_for("first_factor.set_up", **carried))
        return own_password_page(OwnPasswordForm(formdata=None, **carried))
    kept_form = kept(form.resume.data or "")
    if kept_form is not None:
        path, fields = kept_form
        g.pop("csrf_token", None)
        return render("login/resume.html", title=_("You are signed in again"), path=safe_next(path), fields=fields)
    return redirect(safe_next(form.next.data))


def code_page(form: CodeForm, status: int = 200) -> Any:
    """The second step of logging in: a passkey where there is one, a code of the app where that is."""
    ways, options = accounts.ways(), ""
    if passkeys.KEY in ways:
        try:
            options = passkeys.ask(request)
        except (Refused, Unavailable) as error:
            form.summary.append(error.message)
    title = _("Enter your code") if passkeys.APP in ways or not ways else _("Use your passkey")
    by_key = PasskeyForm(formdata=None, next=form.next.data, resume=form.resume.data)
    by_code = passkeys.APP in ways
    return render(
        "login/code.html", title=title, form=form, by_key=by_key, options=options, by_code=by_code, status=status
    )


def passkey_page(form: PasskeyForm, status: int = 200) -> Any:
    """Logging in by a passkey alone."""
    options = ""
    try:
        options = passkeys.ask(request)
    except (Refused, Unavailable) as error:
        form.refused(error)
        status = form.status
    return render("login/passkey.html", title=_("Log in with a passkey"), form=form, options=options, status=status)


@pages.public_page("/login/passkey", methods=("GET", "POST"))
def passkey() -> Any:
    """Check the passkey that the browser shows; then the session, or what else is wanted."""
    if accounts.awaits() not in ("", accounts.CODE):
        return redirect(STEPS[accounts.awaits()])
    form = PasskeyForm()
    if not form.validate_on_submit():
        if accounts.awaits():
            return redirect(STEPS[accounts.CODE])
        if not form.is_submitted() and accounts.web_session().record is not None:
            return redirect("/")
        if not form.is_submitted():
            form = PasskeyForm(formdata=None, next=request.args.get("next", ""))
        form.summary += map(str, form.answer.errors)
        return passkey_page(form, form.status)
    try:
        step = passkeys.sign_in(request, form.answer.data or "")
    except accounts.TooMany as error:
        return wait_page(_passkey_again, form, error)
    except Refused as error:
        if error.code == EXPIRED:
            return begin_again(form, error)
        form.summary.append(error.message)
        return _passkey_again(form, 401)
    except Unavailable as error:
        form.refused(error)
        return _passkey_again(form, 503)
    return go_on(form, step)


def _passkey_again(form: PasskeyForm, status: int) -> Any:
    """The page whose passkey was not taken, with the reason."""
    form.answer.data = ""
    if not accounts.awaits():
        return passkey_page(form, status)
    page = CodeForm(formdata=None, next=form.next.data, resume=form.resume.data)
    page.summary += form.summary
    return code_page(page, status)


@pages.public_page("/login/code", methods=("GET", "POST"))
def code() -> Any:
    """Check the code, open the session, go on to where the person was going."""
    if accounts.awaits() != accounts.CODE:
        return redirect(STEPS.get(accounts.awaits(), "/login"))
    form = CodeForm()
    if not form.validate_on_submit():
        return code_page(form, form.status)
    try:
        step, left = accounts.second_step(request, form.code.data or "")
    except accounts.TooMany as error:
        return wait_page(code_page, form, error)
    except Refused as error:
        if error.code == EXPIRED:
            return begin_again(form, error)
        form.summary.append(error.message)
        form.code.data = ""
        return code_page(form, 401)
    except Unavailable as error:
        form.refused(error)
        return code_page(form, 503)
    if left is not None and left <= FEW_CODES:
        said = ngettext(
            "You have %(num)s recovery code left. Make new ones in your settings.",
            "You have %(num)s recovery codes left. Make new ones in your settings.",
            left,
        )
        flash(said, "warning")
    return go_on(form, step)


def begin_again(form: CodeForm | OwnPasswordForm | PasskeyForm, error: PorticoError) -> Any:
    """The log-in page, with what was asked of it, saying why."""
    accounts.forget_half()
    return login_page(said=error.message, resume=form.resume.data or "", goes_to=form.next.data or "", status=401)


def own_password_page(form: OwnPasswordForm, status: int = 200) -> Any:
    """Where somebody whom an admin gave a password chooses their own."""
    return render("login/own_password.html", title=_("Choose your own password"), form=form, status=status)


@pages.public_page("/login/password", methods=("GET", "POST"))
def own_password() -> Any:
    """Take a password of one's own instead of an admin's; then the session."""
    if accounts.awaits() != accounts.OWN_PASSWORD:
        return redirect(STEPS.get(accounts.awaits(), "/login"))
    form = OwnPasswordForm()
    if not form.validate_on_submit():
        return own_password_page(form, form.status)
    try:
        step = accounts.own_password(request, form.password.data or "", form.command_id.data or "")
    except (Refused, Unavailable) as error:
        if error.code == EXPIRED:
            return begin_again(form, error)
        form.refused(error)
        return own_password_page(form, form.status)
    flash(_("Your own password holds from now on."), "success")
    return go_on(form, step)


@pages.page("/logout", of_session=True, methods=("POST",))
def logout() -> Any:
    """End this session on the server."""
    viewing.end(current_scope())
    web = accounts.web_session()
    left = web.get("sso_end")
    web.sign_out()
    if left:
        web["sso_left"] = left  # for the page that says how to end the provider's session, too
    return redirect("/login")


@pages.public_page("/invitation/<token>")
def invitation(token: str) -> Any:
    """The form for a first password, with the name of whom it is for; or why the link no longer holds."""
    return _invitation_page(InvitationForm(), token, accounts.invited(token))


@pages.public_page("/invitation/<token>", methods=("POST",))
def accept_invitation(token: str) -> Any:
    """Redeem the invitation and sign in."""
    form = InvitationForm()
    if form.validate_on_submit():
        try:
            step = accounts.accept_invitation(request, token, form.password.data or "", form.command_id.data or "")
            return redirect(STEPS[step] if step else "/")
        except accounts.TooMany as error:
            return wait_page(lambda form, status: _invitation_page(form, token, None, status), form, error)
        except (Refused, Unavailable) as error:
            form.refused(error)
    return _invitation_page(form, token, None, form.status)


@pages.public_page("/forgot", methods=("GET", "POST"))
def forgot() -> Any:
    """Ask for a link to a new password. The answer is the same whether somebody has that address or not."""
    _refuse_forgetting()
    form, sent = ForgotForm(), False
    if form.validate_on_submit():
        try:
            accounts.ask_reset(request, form.email.data or "", form.command_id.data or "")
            sent = True
        except accounts.TooMany as error:
            return wait_page(lambda form, status: _forgot_page(form, False, status), form, error)
        except (Refused, Unavailable) as error:
            form.refused(error)
    return _forgot_page(form, sent, form.status)


@pages.public_page("/reset/<token>")
def reset(token: str) -> Any:
    """The form for a new password; or why the link no longer holds."""
    _refuse_forgetting()
    return _reset_page(InvitationForm(), token, accounts.reset_for(token)["email"])


@pages.public_page("/reset/<token>", methods=("POST",))
def accept_reset(token: str) -> Any:
    """Redeem the link; then the log-in page."""
    _refuse_forgetting()
    form = InvitationForm()
    if form.validate_on_submit():
        try:
            accounts.accept_reset(request, token, form.password.data or "", form.command_id.data or "")
            flash(_("Your new password holds from now on. Log in with it."), "success")
            return redirect("/login")
        except accounts.TooMany as error:
            return wait_page(lambda form, status: _reset_page(form, token, "", status), form, error)
        except (Refused, Unavailable) as error:
            form.refused(error)
    return _reset_page(form, token, "", form.status)


@pages.public_page("/preferences", methods=("POST",))
def preferences() -> Any:
    """Keep a choice of appearance or language in this browser; goes back to the page it came from."""
    response = make_response("", 204) if request.headers.get("X-Portico") else redirect(came_from(request))
    keep_choices(request.form, response)
    return response


def _invitation_page(form: InvitationForm, token: str, person: dict[str, Any] | None, status: int = 200) -> Any:
    title = _("Choose your password")
    return render("login/invitation.html", title=title, form=form, token=token, person=person, status=status)


def _refuse_forgetting() -> None:
    """There is no such page where the supplier has switched it off."""
    if not house(parts()).forgot_password:
        abort(404)


def _forgot_page(form: ForgotForm, sent: bool, status: int = 200) -> Any:
    return render("login/forgot.html", title=_("Forgot your password?"), form=form, sent=sent, status=status)


def _reset_page(form: InvitationForm, token: str, email: str, status: int = 200) -> Any:
    title = _("Choose a new password")
    return render("login/reset.html", title=title, form=form, token=token, email=email, status=status)


def wait_page(page: Any, form: CommandForm, error: accounts.TooMany) -> Any:
    """The page again, saying how long to wait."""
    form.summary.append(error.said)
    response = make_response(page(form, status=429))
    response.headers["Retry-After"] = str(error.seconds)
    return response
