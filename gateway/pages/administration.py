"""Administration at a glance: what portal admins can set, what needs them; and the history of what they set (A8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from gateway.access import Scope, current_scope
from gateway.changes import FEATURE_NAMES, KIND_NAMES, change_of
from gateway.forms import CommandForm, send
from gateway.frame import render
from gateway.pages.mails import KIND_NAMES as MAIL_NAMES
from gateway.parts import parts
from gateway.people import COMPANIES, CONTACTS, REQUESTS
from gateway.portal import PORTAL_MODEL, House, house
from gateway.queries import StaffQuery
from gateway.routes import Feature, Pages
from services.identity import contract as identity

pages = Pages("administration", __name__)
_ROLE = "portal_admin"
_SHOWN = 50
_HISTORY = f"{identity.SERVICE}.{identity.ADMIN_CHANGES_MODEL}"
_MAIL_TEXTS = f"{identity.SERVICE}.{identity.MAIL_TEXTS_MODEL}"
_MAILS = StaffQuery(
    "administration.mails",
    """SELECT m.state, COUNT(*) AS count FROM identity.mails_v1 m
       WHERE m.state IN ('delayed', 'given_up') GROUP BY m.state""",
    role=_ROLE,
)
_REQUESTS = StaffQuery(
    "administration.requests",
    f"SELECT COUNT(*) AS count FROM {REQUESTS} q WHERE q.state = 'open'",
    role=_ROLE,
)
_CHANGES = StaffQuery(
    "administration.changes",
    f"""SELECT c.kind, c.key, c.change, c.position, c.at, c.actor, c.was, c.now, c.newest, p.name AS author
       FROM (SELECT a.kind, a.key, a.change, a.position, a.at, a.actor, a.was, a.now,
                    NOT EXISTS (SELECT 1 FROM identity.admin_changes_v1 n
                                WHERE n.kind = a.kind AND n.key = a.key AND n.position > a.position) AS newest
             FROM identity.admin_changes_v1 a
             UNION ALL
             SELECT 'licence' AS kind, f.company || '/' || f.feature AS key, 0 AS change, f.position, f.at, f.actor,
                    CASE WHEN f.granted THEN '' ELSE '{{"value":"1"}}' END AS was,
                    CASE WHEN f.granted THEN '{{"value":"1"}}' ELSE '' END AS now, false AS newest
             FROM licensing.feature_changes_v1 f) c
       LEFT JOIN {CONTACTS} p ON p.contact_id = c.actor
       WHERE c.position < :before AND (:kind = '' OR c.kind = :kind)
         AND (:keys = '' OR c.key LIKE :keys ESCAPE '!')
         AND (:no_features = '' OR c.key NOT LIKE :no_features ESCAPE '!')
         AND (:no_policies = '' OR c.key NOT LIKE :no_policies ESCAPE '!')
       ORDER BY c.position DESC LIMIT {_SHOWN + 1}""",
    role=_ROLE,
)
_COMPANY_NAMES = StaffQuery("administration.companies", f"SELECT m.company, m.name FROM {COMPANIES} m", role=_ROLE)
_NEVER = 2**62


@dataclass(frozen=True, slots=True)
class Place:
    """A page of the administration, and a line about it."""

    path: str
    title: Any
    line: Any
    icon: str


PLACES = (
    Place(
        "/administration/branding",
        _l("Branding"),
        _l("Name, logo, colour, website, support contact, welcome message"),
        "palette",
    ),
    Place(
        "/administration/menu",
        _l("Own menu entries"),
        _l("Links and pages of your own, and who sees them"),
        "list-stars",
    ),
    Place(
        "/administration/features",
        _l("Features"),
        _l("What the portal offers: switched on or off for everybody"),
        "toggles",
    ),
    Place(
        "/administration/licences", _l("Licences"), _l("Order Pad and Marketplace: for all companies or some"), "award"
    ),
    Place(
        "/administration/sign-in",
        _l("Sign-in policy"),
        _l("How people come in, and what is asked of them"),
        "shield-lock",
    ),
    Place("/companies", _l("Companies and contacts"), _l("Who may come in, with which permissions"), "buildings"),
    Place("/requests", _l("Requests for access"), _l("Whom contacts want to have access, too"), "person-check"),
    Place("/roles", _l("Roles"), _l("Named sets of permissions"), "person-badge"),
    Place(
        "/mails/texts",
        _l("Mail texts and sender"),
        _l("What mails say, in each language, and whom they come from"),
        "pencil-square",
    ),
    Place("/mails", _l("Mail"), _l("What waits, was sent, was given up"), "envelope"),
    Place("/sync", _l("Imports"), _l("What came from the ERP, and what was refused"), "box-arrow-in-down"),
    Place(
        "/administration/history",
        _l("History"),
        _l("Every change, with its author; undone by a click"),
        "clock-history",
    ),
    Place("/administration/looks", _l("Who looked"), _l("Who opened pages with people’s data"), "eye"),
)
"""The index, in its order; a page that is not there is left out."""


@pages.staff_page(
    "/administration",
    role=_ROLE,
    tab="administration",
    feature=Feature(_l("Overview"), "sliders", group=_l("Administration"), leads=True, order=0),
)
def index() -> Any:
    """All pages of the administration, and what needs attention."""
    scope = current_scope()
    there = {
        one.path for one in parts().access.values() if one.allows(scope.permissions, scope.staff_roles) and one.path
    }
    return render(
        "administration/index.html",
        title=_("Administration"),
        places=[place for place in PLACES if place.path in there],
        attention=list(_attention(scope)),
    )


def _attention(scope: Scope) -> Iterator[tuple[str, str, str]]:
    """What an admin should know of, each with the page where it is put right, and what one does there."""
    now: House = house(parts())
    waiting = scope.one(_REQUESTS).count
    if waiting:
        said = ngettext("%(num)s request for access waits.", "%(num)s requests for access wait.", waiting)
        yield said, "/requests", _("Answer the requests")
    counts = {row.state: row.count for row in scope.rows(_MAILS)}
    if counts.get("given_up"):
        said = ngettext("%(num)s mail was given up.", "%(num)s mails were given up.", counts["given_up"])
        yield said, "/mails?state=given_up", _("See why")
    if counts.get("delayed"):
        said = ngettext("%(num)s mail waits for another try.", "%(num)s mails wait for another try.", counts["delayed"])
        yield said, "/mails?state=delayed", _("See why")
    if now.outbox:
        yield _("No mail server is set: mails stay in the outbox of this installation."), "/outbox", _("Read them")
    if not (now.support_mail or now.support_phone):
        yield _("The log-in page names no support contact."), "/administration/branding", _("Name one")
    if now.off:
        names = ", ".join(str(name) for feature, name in FEATURE_NAMES.items() if feature in now.off)
        yield _("Switched off for everybody: %(names)s.", names=names), "/administration/features", _("Change")


@pages.staff_page(
    "/administration/history",
    role=_ROLE,
    tab="administration",
    feature=Feature(_l("History"), "clock-history", group=_l("Administration"), order=60),
)
def history() -> Any:
    """Who changed what, when, from what to what; newest first."""
    scope = current_scope()
    scope.settle(identity.SERVICE)
    kind = request.args.get("kind", "")
    kind = kind if kind in KIND_NAMES else ""
    before = request.args.get("before", "")
    # Switches and policies are settings too, but other subjects.
    own = {
        "feature": f"{identity.FEATURE_SETTING.replace('_', '!_')}%",
        "sign_in": f"{identity.SIGN_IN_SETTING.replace('_', '!_')}%",
    }
    rows = scope.rows(
        _CHANGES,
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else _NEVER,
        kind="setting" if kind in own else kind,
        keys=own.get(kind, ""),
        no_features=own["feature"] if kind == "setting" else "",
        no_policies=own["sign_in"] if kind == "setting" else "",
    )
    companies = {row.company: row.name for row in scope.rows(_COMPANY_NAMES)}
    return render(
        "administration/history.html",
        title=_("History"),
        changes=[change_of(row, MAIL_NAMES, companies) for row in rows[:_SHOWN]],
        kind=kind,
        kinds=KIND_NAMES,
        older=rows[_SHOWN - 1].position if len(rows) > _SHOWN else "",
    )


@pages.staff_page("/administration/history/undo", role=_ROLE, tab="administration", methods=("POST",))
def undo() -> Any:
    """Take back a change, when nothing has changed it since."""
    form = CommandForm()
    kind, change = request.form.get("kind", ""), request.form.get("change", "")
    if form.validate_on_submit():
        payload = {
            "kind": "setting" if kind in ("feature", "sign_in") else kind,
            "key": request.form.get("key", ""),
            "change": int(change) if change.isascii() and change.isdigit() and len(change) < 10 else -1,
        }
        # Only a model that reads the stream gets so far; waiting for another would say "being processed" for minutes.
        shows = (_HISTORY, PORTAL_MODEL if payload["kind"] in ("setting", "menu") else _MAIL_TEXTS)
        if send(form, current_scope(), "identity", "UndoChange", payload, shows=shows) is None:
            flash(" ".join(form.summary), "danger")
        else:
            flash(_("Undone: what was before holds again. The history has it as a change of yours."), "success")
    return redirect("/administration/history")
