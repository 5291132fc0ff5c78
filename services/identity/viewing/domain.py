"""A view: its state, how events change it, what is decided. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chassis.messages import Event
from services.identity.domain import Contact, refuse_unusable
from services.identity.errors import NotAMember, StaffAreNotLookedAs
from services.identity.viewing.events import ViewAsBegun, ViewAsEnded

VIEWERS = ("portal_admin", "agent")
"""The staff roles that may look with a contact's eyes."""
VIEW_MINUTES = 30
"""For how long one view lasts; who is not done begins another."""


@dataclass(frozen=True, slots=True)
class View:
    """Who looks as whom, until when at the latest."""

    view: str = ""
    contact: str = ""
    company: str = ""
    viewer: str = ""
    until: datetime | None = None
    ended: bool = False


def evolve(state: View, event: Event) -> View:
    """The view after the event."""
    match event:
        case ViewAsBegun():
            return View(event.view, event.contact, event.company, event.viewer, event.until)
        case ViewAsEnded():
            return replace(state, ended=True)
        case _:
            return state


def decide_begin(view: str, contact: Contact, company: str, viewer: str, now: datetime) -> list[Event]:
    """The view of where the contact stands in a company begins; refused of staff, and of who is shut out themselves."""
    if contact.staff_roles:
        raise StaffAreNotLookedAs
    refuse_unusable(contact)
    if company not in contact.companies:
        raise NotAMember
    return [ViewAsBegun(view, contact.contact, company, viewer, now + timedelta(minutes=VIEW_MINUTES))]


def decide_end(state: View, now: datetime) -> list[Event]:
    """The viewer leaves; nothing when the view is over already."""
    if state.ended or (state.until is not None and state.until <= now):
        return []
    return [ViewAsEnded(state.view, state.contact, state.company, state.viewer)]
