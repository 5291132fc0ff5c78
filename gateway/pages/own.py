"""A company's own admin manages its contacts within what the portal admin allows (A10)."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from gateway import looks
from gateway.access import current_scope
from gateway.frame import render
from gateway.rights import answering, contacts
from gateway.rights.desk import OWN_ADMIN, OWN_CONTACTS, OwnDesk, is_admin
from gateway.rights.given import Rights
from gateway.routes import Feature, Pages
from services.identity import contract as identity

pages = Pages("own", __name__)
_GROUP = _l("Your company")


@pages.page(
    "/company/contacts",
    personal=looks.CONTACTS,
    needs=OWN_ADMIN,
    tab="company",
    feature=Feature(_l("Contacts"), "people", group=_GROUP, task_on=("home",), order=80),
)
def listed() -> Any:
    """The company's contacts, and how they stand."""
    scope = current_scope()
    scope.settle(identity.SERVICE)
    rows = scope.rows(OWN_CONTACTS)
    return render(
        "own/contacts.html",
        title=_("Contacts of %(company)s", company=scope.company_name),
        contacts=[(row, is_admin(Rights.of(row), scope)) for row in rows],
    )


@pages.page("/company/contacts/new", needs=OWN_ADMIN, tab="company", methods=("GET", "POST"))
def new_contact() -> Any:
    """Create a contact of the company."""
    scope = current_scope()
    return contacts.new_contact(OwnDesk(scope), scope.company, scope.company_name, "/company/contacts")


@pages.page(
    "/company/contacts/<contact_id>", needs=OWN_ADMIN, tab="company", methods=("GET", "POST"), personal=looks.CONTACT
)
def contact(contact_id: str) -> Any:
    """A contact of the company: what they may do, and their way in."""
    return contacts.contact(OwnDesk(current_scope()), contact_id)


@pages.page("/company/contacts/<contact_id>/invite", needs=OWN_ADMIN, tab="company", methods=("POST",))
def invite(contact_id: str) -> Any:
    """Have an invitation mailed."""
    return contacts.invite(OwnDesk(current_scope()), contact_id)


@pages.page("/company/contacts/<contact_id>/access", needs=OWN_ADMIN, tab="company", methods=("POST",))
def access(contact_id: str) -> Any:
    """Switch a contact's access off, or on again."""
    return contacts.access(OwnDesk(current_scope()), contact_id)


@pages.page("/company/contacts/<contact_id>/leave", needs=OWN_ADMIN, tab="company", methods=("POST",))
def leave(contact_id: str) -> Any:
    """Take a contact out of the company that has another one of its own."""
    scope = current_scope()
    return contacts.leave(OwnDesk(scope), contact_id, scope.company, "/company/contacts")


@pages.page(
    "/company/requests",
    personal=looks.REQUESTS,
    needs=OWN_ADMIN,
    tab="company",
    feature=Feature(_l("Requests for access"), "person-check", group=_GROUP, order=81),
)
def requests() -> Any:
    """What colleagues asked for."""
    return answering.listed(OwnDesk(current_scope()))


@pages.page("/company/requests/<key>", needs=OWN_ADMIN, tab="company", methods=("GET", "POST"), personal=looks.REQUESTS)
def request(key: str) -> Any:
    """Approve or refuse a request."""
    return answering.answer(OwnDesk(current_scope()), key)
