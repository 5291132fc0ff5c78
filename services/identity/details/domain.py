"""Details and staff's roles: what is decided. Pure."""

from __future__ import annotations

from datetime import datetime

from chassis.messages import Event
from services.identity.commands import EraseContact
from services.identity.details.errors import NotStaff
from services.identity.details.events import ContactCorrected, SignInAddressChanged, StaffRolesSet
from services.identity.domain import Contact
from services.identity.errors import ContactGone, NotYourself
from services.identity.events import ContactErased


def decide_correct(state: Contact, personal: str, language: str, login: str, former: str) -> list[Event]:
    """The details from now on; with another address, which is reserved already, whom to tell is `former`, sealed."""
    if state.erased:
        raise ContactGone
    corrected = ContactCorrected(state.contact, state.company, personal, language, login, former)
    if login == state.login or state.stage != "active":
        return [corrected]  # who never came in knows of no address to be told about
    return [corrected, SignInAddressChanged(state.contact, state.company, login)]


def decide_erase(state: Contact, command: EraseContact, now: datetime) -> list[Event]:
    """The personal data is to go; nothing when it went already."""
    if command.actor == state.contact:
        raise NotYourself
    return [] if state.erased else [ContactErased(state.contact, state.company)]


def decide_set_roles(state: Contact, staff_roles: tuple[str, ...]) -> list[Event]:
    """What the member of staff is there for; nothing when it is so already."""
    if state.erased:
        raise ContactGone
    if not state.staff_roles:
        raise NotStaff
    if set(staff_roles) == set(state.staff_roles):
        return []
    return [StaffRolesSet(state.contact, state.company, staff_roles)]
