"""A person's details, put right by the supplier, by their company's admin, or by themselves (A6)."""

from __future__ import annotations

from typing import Any

from gateway.access import current_scope
from gateway.looks import CONTACT
from gateway.rights import details
from gateway.rights.desk import OWN_ADMIN, OwnDesk, SuppliersDesk
from gateway.routes import Pages

pages = Pages("details", __name__)


@pages.staff_page(
    "/contacts/<contact_id>/details", role="portal_admin", tab="companies", methods=("GET", "POST"), personal=CONTACT
)
def contact(contact_id: str) -> Any:
    """A contact's name, address, phone and language."""
    return details.correct(SuppliersDesk(current_scope()), contact_id)


@pages.page(
    "/company/contacts/<contact_id>/details", needs=OWN_ADMIN, tab="company", methods=("GET", "POST"), personal=CONTACT
)
def own_contact(contact_id: str) -> Any:
    """The same, of a contact of one's own company."""
    return details.correct(OwnDesk(current_scope()), contact_id)


@pages.page("/settings/details", tab="settings", methods=("GET", "POST"))
def own() -> Any:
    """One's own name and phone."""
    return details.correct_own(current_scope())
