"""Portal admins' pages about mail: what waits, was sent, was given up; and the outbox where there is no mail server."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from gateway import looks, outbox
from gateway.access import current_scope
from gateway.forms import CommandForm, send
from gateway.frame import render
from gateway.people import CONTACTS
from gateway.queries import StaffQuery
from gateway.routes import Feature, Pages
from services.identity import contract as identity

pages = Pages("mails", __name__)
SHOWS = (f"{identity.SERVICE}.{identity.MAILS_MODEL}",)
_ROLE = "portal_admin"

KIND_NAMES = {
    "invitation": _l("Invitation"),
    "password_reset": _l("Forgotten password"),
    "password_changed": _l("Password changed"),
    "address_changed": _l("E-mail address changed, to the old one"),
    "second_factor_on": _l("Authenticator app set up"),
    "passkey_added": _l("Passkey added"),
    "passkey_removed": _l("Passkey removed"),
    "second_factor_off": _l("Authenticator app switched off"),
    "case_reply": _l("Answer to a support case"),
    "order_accepted": _l("Order accepted"),
    "order_refused": _l("Order refused"),
    "access_approved": _l("Request for access approved"),
    "access_refused": _l("Request for access refused"),
    "access_refused_colleague": _l("Request for access refused, to the colleague"),
    "access_changed": _l("Access changed"),
}
STATE_NAMES = {
    "waiting": _l("Waiting"),
    "delayed": _l("Tried again later"),
    "given_up": _l("Given up"),
    "sent": _l("Sent"),
    "not_needed": _l("Not needed"),
}
_MAILS = StaffQuery(
    "mails.list",
    f"""SELECT m.mail, m.contact_id, m.company, m.kind, m.state, m.requested_at, m.next_try, m.tries, m.reason,
              m.moved_at, p.name, p.email, p.staff_roles
       FROM identity.mails_v1 m LEFT JOIN {CONTACTS} p ON p.contact_id = m.contact_id
       WHERE :state = '' OR m.state = :state
       ORDER BY m.requested_at DESC, m.mail LIMIT 200""",
    role=_ROLE,
)
_COUNTS = StaffQuery(
    "mails.counts", "SELECT m.state, COUNT(*) AS count FROM identity.mails_v1 m GROUP BY m.state", role=_ROLE
)


class AgainForm(CommandForm):
    """A button."""


@pages.staff_page(
    "/mails",
    personal=looks.MAILS,
    role=_ROLE,
    tab="operations",
    feature=Feature(_l("Mail"), "envelope", group=_l("Operations"), leads=True, order=40),
)
def mails() -> Any:
    """The newest mails with what became of each."""
    scope = current_scope()
    state = request.args.get("state", "")
    state = state if state in identity.MAIL_STATES else ""
    return render(
        "mails/list.html",
        title=_("Mail"),
        mails=scope.rows(_MAILS, state=state),
        counts={row.state: row.count for row in scope.rows(_COUNTS)},
        state=state,
        kind_names=KIND_NAMES,
        state_names=STATE_NAMES,
    )


@pages.staff_page("/mails/<mail>/again", role=_ROLE, tab="operations", methods=("POST",))
def again(mail: str) -> Any:
    """Have a mail tried again now."""
    form = AgainForm()
    if form.validate_on_submit():
        if send(form, current_scope(), "identity", "SendMailAgain", {"mail": mail}, shows=SHOWS) is None:
            flash(" ".join(form.summary), "danger")
        else:
            flash(_("The mail is being sent again."), "success")
    return redirect("/mails")


@pages.staff_page("/outbox", role=_ROLE, tab="operations", personal=looks.MAILS)
def outbox_list() -> Any:
    """The mails in the outbox folder."""
    return render("mails/outbox.html", title=_("Outbox of this installation"), mails=outbox.newest())


@pages.staff_page("/outbox/<key>", role=_ROLE, tab="operations", personal=looks.MAILS)
def outbox_mail(key: str) -> Any:
    """One mail of the outbox folder, as text."""
    mail = outbox.one(key)
    return render("mails/outbox_mail.html", title=mail["subject"], mail=mail, crumb=False)


@pages.staff_page("/outbox/<key>/html", role=_ROLE, tab="operations", personal=looks.MAILS)
def outbox_html(key: str) -> Any:
    """The HTML part by itself, shut off from the portal."""
    html = outbox.one(key)["html"]
    return Response(html, mimetype="text/html", headers={"Content-Security-Policy": outbox.policy_of(html)})
