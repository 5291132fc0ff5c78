"""Portal admins' pages about what mails say and whom they come from, with every change and its author."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from chassis.errors import NotFound
from gateway.access import current_scope
from gateway.changes import LANGUAGE_NAMES
from gateway.forms import CommandForm, send
from gateway.frame import render
from gateway.pages.mails import KIND_NAMES
from gateway.parts import parts
from gateway.people import CONTACTS
from gateway.portal import house
from gateway.queries import StaffQuery
from gateway.refusals import said
from gateway.routes import Pages
from services.identity import contract as identity
from services.identity.contract import mail_texts

pages = Pages("mailtexts", __name__)
SHOWS = (f"{identity.SERVICE}.{identity.MAIL_TEXTS_MODEL}",)
_ROLE = "portal_admin"

_NEWEST = StaffQuery(
    "mailtexts.newest",
    f"""SELECT t.kind, t.language, t.original, t.changed_at, p.name AS author
       FROM identity.mail_texts_v1 t LEFT JOIN {CONTACTS} p ON p.contact_id = t.changed_by
       WHERE t.revision = (SELECT MAX(n.revision) FROM identity.mail_texts_v1 n
                           WHERE n.kind = t.kind AND n.language = t.language)""",
    role=_ROLE,
)
_HISTORY = StaffQuery(
    "mailtexts.history",
    f"""SELECT t.revision, t.original, t.subject, t.text, t.changed_at, p.name AS author
       FROM identity.mail_texts_v1 t LEFT JOIN {CONTACTS} p ON p.contact_id = t.changed_by
       WHERE t.kind = :kind AND t.language = :language ORDER BY t.revision DESC LIMIT 50""",
    role=_ROLE,
)
_SENDERS = StaffQuery(
    "mailtexts.senders",
    f"""SELECT s.revision, s.name, s.address, s.reply_to, s.changed_at, p.name AS author
       FROM identity.mail_senders_v1 s LEFT JOIN {CONTACTS} p ON p.contact_id = s.changed_by
       ORDER BY s.revision DESC LIMIT 50""",
    role=_ROLE,
)


class TextForm(CommandForm):
    """A mail's subject and text."""

    subject = StringField(_l("Subject"), [InputRequired(_l("Please write something."))])
    text = TextAreaField(
        _l("Text"),
        [InputRequired(_l("Please write something."))],
        description=_l("An empty line begins a paragraph. A line with {link} alone becomes the button."),
    )


class SenderForm(CommandForm):
    """Whom mails come from; empty: as it was set up."""

    name = StringField(_l("Name"), [Length(max=200)], description=_l("What people see as the sender."))
    address = StringField(
        _l("Address"),
        [Length(max=254)],
        description=_l("The mail server has to let this address through. Empty: as the installation is set up."),
    )
    reply_to = StringField(_l("Answers go to"), [Length(max=254)], description=_l("Empty: to the address above."))


@pages.staff_page("/mails/texts", role=_ROLE, tab="operations")
def texts() -> Any:
    """Every kind of mail in every language, and who last changed it."""
    scope = current_scope()
    scope.settle(identity.SERVICE)
    changed = {(row.kind, row.language): row for row in scope.rows(_NEWEST)}
    return render(
        "mails/texts.html",
        title=_("Texts and sender"),
        kinds=[(name, KIND_NAMES[name]) for name in identity.MAIL_KINDS],
        languages=LANGUAGE_NAMES,
        changed=changed,
        sender=scope.row(_SENDERS),
    )


@pages.staff_page("/mails/texts/<kind>/<language>", role=_ROLE, tab="operations", methods=("GET", "POST"))
def text(kind: str, language: str) -> Any:
    """A mail's text: look at it filled in, save it, go back to an earlier one."""
    if kind not in identity.MAIL_KINDS or language not in LANGUAGE_NAMES:
        raise NotFound("There is no such mail.")
    scope, form = current_scope(), TextForm()
    shown = None
    if form.validate_on_submit():
        wording = mail_texts.Wording(form.subject.data or "", form.text.data or "")
        if request.form.get("action") != "save":
            shown = _looked_at(form, kind, language, wording)
        else:
            payload = {"kind": kind, "language": language, "subject": wording.subject, "text": wording.text}
            if send(form, scope, "identity", "ChangeMailText", payload, shows=SHOWS) is not None:
                flash(_("Saved. Mails that are sent from now on have it."), "success")
                return redirect(request.path)
    history = scope.rows(_HISTORY, kind=kind, language=language)
    original = mail_texts.original(kind, language)
    if not form.is_submitted():
        chosen = _chosen(history, request.args.get("again", ""))
        form.subject.data, form.text.data = chosen or original
    return render(
        "mails/text.html",
        title=KIND_NAMES[kind],
        form=form,
        language=LANGUAGE_NAMES[language],
        path=request.path,
        placeholders=identity.MAIL_KINDS[kind].placeholders,
        must=identity.MAIL_KINDS[kind].must,
        history=history,
        shown=shown,
        crumb=False,
        status=form.status,
    )


@pages.staff_page("/mails/texts/<kind>/<language>/original", role=_ROLE, tab="operations", methods=("POST",))
def restore(kind: str, language: str) -> Any:
    """Back to the text that comes with Portico."""
    form = CommandForm()
    if form.validate_on_submit():
        payload = {"kind": kind, "language": language}
        if send(form, current_scope(), "identity", "RestoreMailText", payload, shows=SHOWS) is None:
            flash(" ".join(form.summary), "danger")
        else:
            flash(_("The original text holds again."), "success")
    return redirect(f"/mails/texts/{kind}/{language}")


@pages.staff_page("/mails/sender", role=_ROLE, tab="operations", methods=("GET", "POST"))
def sender() -> Any:
    """Whom mails come from, and where answers go."""
    scope, form = current_scope(), SenderForm()
    if form.validate_on_submit():
        payload = {name: form[name].data or "" for name in ("name", "address", "reply_to")}
        if send(form, scope, "identity", "ChangeMailSender", payload, shows=SHOWS) is not None:
            flash(_("Saved. Mails that are sent from now on have it."), "success")
            return redirect("/mails/sender")
    history = scope.rows(_SENDERS)
    if history and not form.is_submitted():
        form.name.data, form.address.data, form.reply_to.data = history[0][1:4]
    return render("mails/sender.html", title=_("Sender of mails"), form=form, history=history, status=form.status)


def _looked_at(form: TextForm, kind: str, language: str, wording: Any) -> Any:
    """The mail with this text; None with the faults on the form, where it could not be saved."""
    faults = mail_texts.text_faults(identity.MAIL_KINDS[kind], wording)
    for name, found in faults.items():
        form[name].errors = [*form[name].errors, *map(said, found)]
    if faults:
        form.status = 422
        return None
    now = house(parts())
    origin = now.origin or request.host_url.rstrip("/")
    shown = mail_texts.House(now.supplier, now.support_mail, now.support_phone, f"{origin}/settings/mails")
    return mail_texts.preview(kind, language, wording, shown, origin)


def _chosen(history: list[Any], again: str) -> tuple[str, str] | None:
    """Subject and text of an earlier revision when one is asked for, else of the newest; None: the original."""
    rows = [row for row in history if str(row.revision) == again] or history
    return None if not rows or rows[0].original else (rows[0].subject, rows[0].text)
