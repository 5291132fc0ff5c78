"""The pages on requests for access, as portal admins and companies' own admins have them alike."""

from __future__ import annotations

from typing import Any

import orjson
from flask import flash, redirect, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from gateway.forms import CommandForm, send
from gateway.frame import render
from gateway.people import REQUESTS_MODEL, definitions, ends_of
from gateway.rights.contacts import SHOWS
from gateway.rights.desk import Desk, offered
from gateway.rights.forms import RightsForm
from gateway.rights.given import Rights
from gateway.rights.names import named
from services.identity import contract as identity

_SHOWS = (REQUESTS_MODEL, *SHOWS)


class RefusalForm(CommandForm):
    """Why somebody is not let in."""

    reason = TextAreaField(
        _l("Reason"),
        [InputRequired(_l("Please write why: both will read it.")), Length(max=1000)],
        description=_l("Who asked and the colleague get it by mail."),
    )


def listed(desk: Desk) -> Any:
    """All requests, those that wait first."""
    desk.scope.settle(identity.SERVICE)
    return render("requests/list.html", title=_("Requests for access"), desk=desk, requests=desk.requests())


def answer(desk: Desk, key: str) -> Any:
    """A request, and the forms that approve it, with the rights that were asked for or others, or refuse it."""
    scope = desk.scope
    scope.settle(identity.SERVICE)
    row = desk.request(key)
    refusing = request.form.get("answer") == "refuse"
    wished = Rights(frozenset(orjson.loads(row.permissions)), branches=_branches(row))
    form = RightsForm(
        scope.today, wished, offered(desk, desk.branches(row.company), None), formdata=_sent(not refusing)
    )
    refusal = RefusalForm(formdata=_sent(refusing))
    done = _refuse(desk, row, refusal) if refusing else _approve(desk, row, form)
    if done:
        flash(done, "success")
        return redirect(desk.requests_path)
    if refusing or not form.is_submitted():
        form.fill()
    return render(
        "requests/request.html",
        title=_("Access for %(name)s", name=row.name),
        crumb=False,
        desk=desk,
        one=row,
        wished=named(wished.permissions),
        branch_names=desk.branches(row.company),
        wished_branches=wished.branches,
        lost=named(wished.permissions - _own(desk, row)) if row.state == "open" else [],
        form=form,
        refusal=refusal,
        refusing=refusing,
        role_gives={role.role: named(orjson.loads(role.permissions)) for role in desk.roles},
        status=refusal.status if refusing else form.status,
    )


def _sent(mine: bool) -> Any:
    """What is sent is one form's of the two on the page."""
    return request.form if mine and request.method == "POST" else None


def _approve(desk: Desk, row: Any, form: RightsForm) -> str:
    if request.method != "POST" or not form.validate_on_submit():
        return ""
    rights = form.payload()
    offer = form.offered
    # What was asked for beyond what this admin may give is not given by leaving it unticked.
    rights["permissions"] = [one for one in rights["permissions"] if one in offer.permissions]
    payload = {"request": row.request, "for_company": row.company, **rights}
    if send(form, desk.scope, "identity", "ApproveAccess", payload, shows=_SHOWS) is None:
        return ""
    return _("Approved. %(name)s gets an invitation by mail, and who asked is told.", name=row.name)


def _refuse(desk: Desk, row: Any, form: RefusalForm) -> str:
    if not form.validate_on_submit():
        return ""
    payload = {"request": row.request, "for_company": row.company, "reason": form.reason.data}
    if send(form, desk.scope, "identity", "RefuseAccess", payload, shows=(REQUESTS_MODEL,)) is None:
        return ""
    return _("Refused. Who asked and %(name)s are told by mail.", name=row.name)


def _branches(row: Any) -> tuple[str, ...] | None:
    return None if row.branches is None else tuple(orjson.loads(row.branches))


def _own(desk: Desk, row: Any) -> frozenset[str]:
    """What who asked may do themselves by now: nothing when they cannot log in any more."""
    if row.requester_status != "active":
        return frozenset()
    permissions, roles = (frozenset(orjson.loads(text)) for text in (row.own_permissions, row.own_roles))
    known = definitions(desk.scope.visit.reads)
    return identity.effective(permissions, roles, ends_of(row.own_ends), known, desk.scope.today)
