"""Looking at the portal as a contact sees it, read-only (A11): the button that begins it, and the way out."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask_babel import gettext as _

from chassis.errors import NotFound, Refused, Unavailable
from gateway import viewing
from gateway.access import current_scope
from gateway.forms import CommandForm
from gateway.people import CONTACTS
from gateway.queries import StaffQuery
from gateway.routes import Pages
from gateway.security import came_from, safe_next

pages = Pages("viewing", __name__)
_STAFF = ("portal_admin", "agent")
_CONTACT = StaffQuery(
    "viewing.contact",
    f"SELECT p.company FROM {CONTACTS} p WHERE p.contact_id = :contact_id AND p.staff_roles = '[]'",
    role=_STAFF,
)


@pages.staff_page("/contacts/<contact_id>/view-as", role=_STAFF, tab="companies", methods=("POST",))
def begin(contact_id: str) -> Any:
    """Look with the contact's eyes, beginning at their start page in their first company or the one that was named."""
    scope, form = current_scope(), CommandForm()
    scope.one(_CONTACT, contact_id=contact_id)
    if form.validate_on_submit():
        try:
            viewing.begin(scope, contact_id, request.form.get("company", ""), form.command_id.data or "")
            return redirect("/")
        except NotFound:
            raise
        except (Refused, Unavailable) as error:
            flash(error.message, "danger")
    return redirect(came_from(request, "/companies"))


@pages.page("/view-as/end", of_session=True, methods=("POST",))
def end() -> Any:
    """Back to one's own pages."""
    scope = current_scope()
    if scope.viewer is not None:
        flash(_("You see your own pages again."), "success")
    return redirect(safe_next(viewing.end(scope)))
