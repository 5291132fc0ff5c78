"""What people ask of their menus."""

from __future__ import annotations

from dataclasses import dataclass

from chassis.messages import Command


@dataclass(frozen=True, slots=True)
class PinPage(Command):
    """The actor wants a page of the portal, by its path, on top of their menu."""

    actor: str
    page: str


@dataclass(frozen=True, slots=True)
class UnpinPage(Command):
    """The actor wants a page gone from there."""

    actor: str
    page: str
