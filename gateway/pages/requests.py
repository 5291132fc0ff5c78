"""Requests that a colleague be let in, too (A4): a contact asks, a portal admin answers."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from gateway import looks
from gateway.access import Scope, current_scope
from gateway.forms import CommandForm, options, send
from gateway.frame import render
from gateway.people import REQUESTS, REQUESTS_MODEL, branch_names
from gateway.queries import Query
from gateway.rights import answering
from gateway.rights.contacts import EMAIL
from gateway.rights.desk import OWN_ADMIN, SuppliersDesk
from gateway.rights.forms import Checkboxes
from gateway.rights.names import PERMISSION_NAMES
from gateway.routes import Feature, Pages
from services.identity import contract as identity
from services.identity.contract import DEFAULT_PERMISSIONS

pages = Pages("requests", __name__)
_ROLE = "portal_admin"
_OWN = Query(
    "requests.own",
    f"""SELECT q.request, q.name, q.email, q.state, q.asked_at, q.decided_at, q.reason FROM {REQUESTS} q
       WHERE q.company = :company AND q.requester = :contact ORDER BY q.position DESC LIMIT 50""",
)


class AccessForm(CommandForm):
    """Who is to be let in, why, and to do what."""

    name = StringField(_l("Name"), [InputRequired(_l("Who is it?")), Length(max=200)])
    email = StringField(_l("E-mail address"), EMAIL)
    phone = StringField(_l("Phone"), [Length(max=50)])
    why = TextAreaField(
        _l("Why"),
        [InputRequired(_l("Please write a few words.")), Length(max=1000)],
        description=_l("Who decides reads it: what your colleague does, and what they need the portal for."),
    )
    permissions = Checkboxes(_l("What they should be able to do"))
    branches = Checkboxes(_l("Branches"), description=_l("Nothing ticked: all that you see."))


@pages.page(
    "/request-access",
    customers=True,
    tab="home",
    feature=Feature(_l("Request access"), "person-plus", task_on=("home",), order=92),
    methods=("GET", "POST"),
)
def ask() -> Any:
    """Ask for access for a colleague; and what became of what one asked for."""
    scope, form = current_scope(), AccessForm()
    scope.settle(identity.SERVICE)
    own = {one: name for one, name in PERMISSION_NAMES.items() if one in scope.permissions and one != OWN_ADMIN}
    form.permissions.choices = options(own.items())
    form.branches.choices = options(branch_names(scope.visit.reads, scope.company, scope.own_branches).items())
    if not form.is_submitted():
        form.permissions.data = [one for one in DEFAULT_PERMISSIONS if one in own]
    if form.validate_on_submit():
        reply = send(form, scope, "identity", "RequestAccess", _payload(form, scope), shows=(REQUESTS_MODEL,))
        if reply is not None:
            said = _(
                "Your request for %(name)s is on its way. You get a mail when it is answered.", name=form.name.data
            )
            flash(said, "success")
            return redirect("/request-access")
    return render(
        "requests/ask.html", title=_("Request access"), form=form, requests=scope.rows(_OWN), status=form.status
    )


def _payload(form: AccessForm, scope: Scope) -> dict[str, Any]:
    branches = form.branches.data or scope.own_branches
    return {
        "name": form.name.data,
        "email": form.email.data,
        "phone": form.phone.data or "",
        "why": form.why.data,
        "permissions": list(form.permissions.data or ()),
        "branches": list(branches) if branches else None,
    }


@pages.staff_page(
    "/requests",
    personal=looks.REQUESTS,
    role=_ROLE,
    tab="companies",
    feature=Feature(_l("Requests for access"), "person-check", group=_l("Companies"), order=24),
)
def listed() -> Any:
    """What contacts of all companies asked for."""
    return answering.listed(SuppliersDesk(current_scope()))


@pages.staff_page("/requests/<key>", role=_ROLE, tab="companies", methods=("GET", "POST"), personal=looks.REQUESTS)
def request(key: str) -> Any:
    """Approve or refuse a request."""
    return answering.answer(SuppliersDesk(current_scope()), key)
