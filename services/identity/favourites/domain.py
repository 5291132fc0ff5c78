"""A person's favourites: their state, how events change it, what is decided. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from chassis.messages import Event
from services.identity.errors import TooManyFavourites
from services.identity.favourites.commands import PinPage, UnpinPage
from services.identity.favourites.events import PagePinned, PageUnpinned

MOST_FAVOURITES = 12
"""More than that is a second menu."""


@dataclass(frozen=True, slots=True)
class Favourites:
    """Paths of pages, in the order in which they were pinned."""

    pages: tuple[str, ...] = ()


def evolve(state: Favourites, event: Event) -> Favourites:
    """The favourites after the event."""
    match event:
        case PagePinned():
            return replace(state, pages=(*state.pages, event.page))
        case PageUnpinned():
            return replace(state, pages=tuple(page for page in state.pages if page != event.page))
        case _:
            return state


def decide_pin(state: Favourites, command: PinPage, now: datetime) -> list[Event]:
    """One more at the end; nothing when it is among them. Raises TooManyFavourites."""
    if command.page in state.pages:
        return []
    if len(state.pages) >= MOST_FAVOURITES:
        raise TooManyFavourites
    return [PagePinned(command.actor, command.page)]


def decide_unpin(state: Favourites, command: UnpinPage, now: datetime) -> list[Event]:
    """One less; nothing when it is not among them."""
    return [PageUnpinned(command.actor, command.page)] if command.page in state.pages else []
