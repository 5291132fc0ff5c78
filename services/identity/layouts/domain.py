"""All layouts of a company: state, how events change it, what is decided. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chassis.errors import Invalid, NotFound
from chassis.messages import Event
from chassis.sentences import sentence
from services.identity.layouts.commands import ChooseLayout, RemoveLayout, SaveLayout
from services.identity.layouts.events import LayoutChosen, LayoutRemoved, LayoutSaved

MOST_OWN, MOST_SHARED = 50, 200
MISSING = "There is no such layout any more, or it is not yours to see."


@dataclass(frozen=True, slots=True)
class Layouts:
    """The layouts there are, by id; and by "contact/report" the one that was chosen."""

    company: str = ""
    known: Mapping[str, LayoutSaved] = field(default_factory=dict)
    chosen: Mapping[str, str] = field(default_factory=dict)


def evolve(state: Layouts, event: Event) -> Layouts:
    """The layouts after the event."""
    match event:
        case LayoutSaved():
            return Layouts(event.company, {**state.known, event.layout: event}, state.chosen)
        case LayoutRemoved():
            known = {key: one for key, one in state.known.items() if key != event.layout}
            chosen = {whose: key for whose, key in state.chosen.items() if key != event.layout}
            return Layouts(event.company, known, chosen)
        case LayoutChosen():
            here = f"{event.contact}/{event.report}"
            rest = {whose: key for whose, key in state.chosen.items() if whose != here}
            added = {here: event.layout} if event.layout else {}
            return Layouts(event.company, state.known, rest | added)
        case _:
            return state


def decide_save(state: Layouts, key: str, command: SaveLayout, administers: bool) -> list[Event]:
    """The layout as it is from now on; nothing when it is so already.

    Its owner changes it, and who administers the company's contacts what is shared. Names are the owner's own, once a
    report; of shared layouts once a company.
    """
    old = _changeable(state, command.layout, command.actor, administers) if command.layout else None
    if old is not None and old.report != command.report:
        raise NotFound(MISSING)
    owner = command.actor if old is None else old.owner
    others = [one for one in state.known.values() if one.report == command.report and one.layout != key]
    if any(one.name.casefold() == command.name.casefold() and _seen_by(one, owner, command.shared) for one in others):
        raise Invalid("The layout was not saved.", fields={"name": ["Another layout has this name: choose another."]})
    if old is None and sum(one.owner == owner for one in state.known.values()) >= MOST_OWN:
        raise Invalid(sentence("You have %(most)s layouts; remove one first.", most=MOST_OWN), fields={})
    if command.shared and sum(one.shared for one in state.known.values() if one.layout != key) >= MOST_SHARED:
        raise Invalid(sentence("Your company shares %(most)s layouts; remove one first.", most=MOST_SHARED), fields={})
    shown = (command.report, command.name, command.columns, command.sort, command.group, command.shared, owner)
    saved = LayoutSaved(command.company, key, *shown)
    return [] if state.known.get(key) == saved else [saved]


def _seen_by(one: LayoutSaved, owner: str, shared: bool) -> bool:
    return one.owner == owner or (one.shared and shared)


def decide_remove(state: Layouts, command: RemoveLayout, administers: bool) -> list[Event]:
    """Its end."""
    old = _changeable(state, command.layout, command.actor, administers)
    return [LayoutRemoved(old.company, old.layout)]


def decide_choose(state: Layouts, command: ChooseLayout) -> list[Event]:
    """The report is shown by it from now on; nothing when it is already."""
    if command.layout:
        found = state.known.get(command.layout)
        if found is None or found.report != command.report or not (found.shared or found.owner == command.actor):
            raise NotFound(MISSING)
    if state.chosen.get(f"{command.actor}/{command.report}", "") == command.layout:
        return []
    return [LayoutChosen(command.company, command.actor, command.report, command.layout)]


def _changeable(state: Layouts, key: str, actor: str, administers: bool) -> LayoutSaved:
    """The layout, for whom may change it; a colleague's own is not there, as none is."""
    found = state.known.get(key)
    if found is None or (found.owner != actor and not (found.shared and administers)):
        raise NotFound(MISSING)
    return found
