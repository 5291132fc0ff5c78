"""What happened to the portal as a whole. Stored for ever: a changed shape needs an upcaster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chassis.messages import Event


@dataclass(frozen=True, slots=True)
class SettingChanged(Event):
    """An admin set one of the portal's settings; `value` "": as the installation has it."""

    setting: str
    value: str
    changed_by: str


@dataclass(frozen=True, slots=True)
class PictureAdded(Event):
    """A picture that the portal can show. `picture` derives from its content, which is in base64; sizes in pixels."""

    picture: str
    media_type: str
    width: int
    height: int
    content: str


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """An own entry of the menu: a link (with an `address`) or a page (with `texts` by language); `titles` by language.

    `for_company` and `permission` say who sees it, "" everybody. `pinned`: on top, and on the start page.
    """

    titles: Mapping[str, str]
    address: str
    texts: Mapping[str, str]
    icon: str
    place: int
    pinned: bool
    for_company: str
    permission: str


@dataclass(frozen=True, slots=True)
class MenuEntrySet(Event):
    """An entry as it is from now on, whole."""

    entry: str
    shown: MenuEntry
    changed_by: str


@dataclass(frozen=True, slots=True)
class MenuEntryRemoved(Event):
    """The entry is in nobody's menu any more."""

    entry: str
    changed_by: str


ALL = (SettingChanged, PictureAdded, MenuEntrySet, MenuEntryRemoved)
