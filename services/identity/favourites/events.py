"""What a person pinned and unpinned."""

from __future__ import annotations

from dataclasses import dataclass

from chassis.messages import Event


@dataclass(frozen=True, slots=True)
class PagePinned(Event):
    """The contact (or member of staff) wants the page at this path of the portal on top of their menu, as the last."""

    contact: str
    page: str


@dataclass(frozen=True, slots=True)
class PageUnpinned(Event):
    """It goes from there."""

    contact: str
    page: str


ALL = (PagePinned, PageUnpinned)
