"""Own entries of the portal's menu: links and pages, by id. State, evolve, one decision a command. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chassis.errors import Invalid, NotFound
from chassis.messages import Event
from chassis.sentences import sentence
from services.identity.commands import RemoveMenuEntry, SetMenuEntry
from services.identity.domain import PERMISSIONS
from services.identity.errors import ChangedSince
from services.identity.portal import markup
from services.identity.portal.events import MenuEntry, MenuEntryRemoved, MenuEntrySet
from services.identity.portal.settings import is_web_address

LONGEST_TITLE, LONGEST_TEXT, MOST_ENTRIES, LAST_PLACE = 40, 10_000, 50, 999
ICONS = (
    "link-45deg",
    "file-earmark-text",
    "book",
    "info-circle",
    "telephone",
    "truck",
    "tools",
    "megaphone",
    "calendar-event",
    "download",
    "star",
    "shop",
)
"""What may stand before an entry."""


@dataclass(frozen=True, slots=True)
class Last:
    """An entry's last change, counted from 0 over the stream, and what it was before: None if it was not there."""

    change: int
    was: MenuEntry | None


@dataclass(frozen=True, slots=True)
class Menu:
    """The entries there are, the last change of each there ever was, and how many changes there were."""

    entries: Mapping[str, MenuEntry] = field(default_factory=dict)
    last: Mapping[str, Last] = field(default_factory=dict)
    changes: int = 0


def evolve(state: Menu, event: Event) -> Menu:
    """The menu after the event."""
    match event:
        case MenuEntrySet():
            entries = {**state.entries, event.entry: event.shown}
        case MenuEntryRemoved():
            entries = {key: one for key, one in state.entries.items() if key != event.entry}
        case _:
            return state
    last = Last(state.changes, state.entries.get(event.entry))
    return Menu(entries, {**state.last, event.entry: last}, state.changes + 1)


def decide_set(state: Menu, key: str, command: SetMenuEntry) -> list[Event]:
    """The entry as it is from now on, new when it has no id yet; nothing when it is so already."""
    if command.entry and command.entry not in state.entries:
        raise NotFound("There is no such entry any more; somebody may have removed it.")
    if not command.entry and len(state.entries) >= MOST_ENTRIES:
        raise Invalid(sentence("There are %(most)s entries; remove one first.", most=MOST_ENTRIES), fields={})
    entry = _tidy(command)
    faults = entry_faults(entry)
    if faults:
        raise Invalid("The entry was not saved.", fields=faults)
    return [] if state.entries.get(key) == entry else [MenuEntrySet(key, entry, command.actor)]


def decide_remove(state: Menu, command: RemoveMenuEntry) -> list[Event]:
    """Its end; nothing when it is gone already."""
    return [MenuEntryRemoved(command.entry, command.actor)] if command.entry in state.entries else []


def decide_undo(state: Menu, key: str, change: int, actor: str) -> list[Event]:
    """The entry as it was before that change; ChangedSince when it is not the entry's last."""
    last = state.last.get(key)
    if last is None or last.change != change:
        raise ChangedSince
    return [MenuEntryRemoved(key, actor)] if last.was is None else [MenuEntrySet(key, last.was, actor)]


def entry_faults(entry: MenuEntry) -> dict[str, list[str]]:
    """What is wrong with an entry, by field (`titles`, `address`, `texts`, …); empty where nothing is."""
    faults: dict[str, list[str]] = {}

    def fault(name: str, said: str) -> None:
        faults.setdefault(name, []).append(said)

    if not entry.titles:
        fault("titles", "Please write a title in one language at least.")
    if any(len(title) > LONGEST_TITLE or not title.isprintable() for title in entry.titles.values()):
        fault("titles", sentence("Please write titles of at most %(most)s characters.", most=LONGEST_TITLE))
    if entry.address and not (is_web_address(entry.address) or _is_own(entry.address)):
        fault(
            "address", "Write the whole address, like https://www.example.com, or a page of the portal, like /support."
        )
    if entry.address and entry.texts:
        fault("texts", "An entry is a link or a page: leave the address or the text empty.")
    if not entry.address and not entry.texts:
        fault("address", "Write an address for a link, or a text for a page.")
    if any(len(text) > LONGEST_TEXT for text in entry.texts.values()):
        fault("texts", sentence("Please write at most %(most)s characters.", most=LONGEST_TEXT))
    for text in entry.texts.values():
        for said in markup.faults(text):
            fault("texts", said)
    if entry.icon not in ICONS:
        fault("icon", "There is no such icon.")
    if not 0 <= entry.place <= LAST_PLACE:
        fault("place", sentence("Write a number from 0 to %(most)s.", most=LAST_PLACE))
    if entry.permission and entry.permission not in PERMISSIONS:
        fault("permission", "There is no such permission.")
    return faults


def _is_own(address: str) -> bool:
    return address.startswith("/") and markup.is_address(address) and len(address) <= 300


def _tidy(command: SetMenuEntry) -> MenuEntry:
    titles = {language: " ".join(title.split()) for language, title in command.titles.items() if title.strip()}
    texts = {language: text.replace("\r\n", "\n").strip() for language, text in command.texts.items() if text.strip()}
    rest = (command.icon, command.place, command.pinned, command.for_company.strip(), command.permission)
    return MenuEntry(titles, command.address.strip(), texts, *rest)
