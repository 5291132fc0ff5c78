"""A contact's personal data (A13): all of it as a file, and its end."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response, flash, redirect
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import InputRequired

from gateway.access import ProofWanted, Scope, current_scope
from gateway.forms import CommandForm, send
from gateway.frame import forget_visited, render
from gateway.looks import CONTACT
from gateway.pages.companies import customers_contact
from gateway.people import SIGN_IN_MODEL
from gateway.queries import StaffQuery
from gateway.rights.contacts import MEMBER_SHOWS, PlainForm
from gateway.rights.personal import ORDERS, personal_data
from gateway.routes import Pages
from services.identity import contract as identity

pages = Pages("personal", __name__)
_ROLE = "portal_admin"
_CASES = StaffQuery(
    "personal.open_cases",
    """SELECT COUNT(*) AS count FROM cases.case_list_v2 c
       WHERE c.opened_by = :contact_id AND c.status NOT IN ('solved', 'closed')""",
    role=_ROLE,
)
_ORDERS = StaffQuery(
    "personal.open_orders",
    f"""SELECT COUNT(*) AS count FROM {ORDERS} o
       WHERE o.placed_by = :contact_id AND o.kind = 'order' AND o.status NOT IN ('closed', 'cancelled', 'rejected')""",
    role=_ROLE,
)
_ADMINS = StaffQuery(
    "personal.requests",
    "SELECT COUNT(*) AS count FROM identity.access_requests_v1 q WHERE q.requester = :contact_id AND q.state = 'open'",
    role=_ROLE,
)


class EraseForm(CommandForm):
    """The name, typed, before what cannot be undone."""

    typed = StringField(_l("Type the name to confirm"), [InputRequired(_l("Type the contact's name."))])

    def confirms(self, name: str) -> bool:
        """Whether it is the name; else the field says so."""
        if " ".join((self.typed.data or "").split()).casefold() == " ".join(name.split()).casefold():
            return True
        self.typed.errors = [*self.typed.errors, _("This is not the name. It is “%(name)s”.", name=name)]
        self.status = 422
        return False


@pages.staff_page("/contacts/<contact_id>/export", role=_ROLE, tab="companies", methods=("POST",), personal=CONTACT)
def export(contact_id: str) -> Any:
    """All that the portal holds of the person, as a JSON file."""
    scope, form = current_scope(), PlainForm()
    customers_contact(scope, contact_id)
    if not form.validate_on_submit():
        return redirect(f"/contacts/{contact_id}")
    if not scope.visit.web.proven:
        raise ProofWanted("Please prove once more that it is you.")
    scope.settle(identity.SERVICE)
    content = orjson.dumps(personal_data(scope, contact_id), option=orjson.OPT_INDENT_2)
    name = f"personal-data-{contact_id}.json"
    return Response(
        content, mimetype="application/json", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@pages.staff_page(
    "/contacts/<contact_id>/erase", role=_ROLE, tab="companies", methods=("GET", "POST"), personal=CONTACT
)
def erase(contact_id: str) -> Any:
    """What goes and what stays, and then the end of the contact's personal data."""
    scope, form = current_scope(), EraseForm()
    scope.settle(identity.SERVICE)
    row = customers_contact(scope, contact_id)
    if row.status == "erased":
        return redirect(f"/contacts/{contact_id}")
    if form.validate_on_submit() and form.confirms(row.name):
        shows = (*MEMBER_SHOWS, SIGN_IN_MODEL)
        if send(form, scope, "identity", "EraseContact", {"contact_id": contact_id}, shows=shows):
            forget_visited(scope, contact_id)
            flash(_("The personal data is erased. Nobody can bring it back."), "success")
            return redirect(f"/contacts/{contact_id}")
    return render(
        "personal/erase.html",
        title=_("Erase %(name)s", name=row.name),
        contact=row,
        form=form,
        open_now=_open(scope, contact_id),
        status=form.status,
        crumb=False,
    )


def _open(scope: Scope, contact_id: str) -> dict[str, int]:
    """What they have open: how many of each."""
    found = {"cases": _CASES, "orders": _ORDERS, "requests": _ADMINS}
    return {name: scope.one(query, contact_id=contact_id).count for name, query in found.items()}
