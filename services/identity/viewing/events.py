"""What happened when staff looked with a contact's eyes. Ids only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chassis.messages import Event


@dataclass(frozen=True, slots=True)
class ViewAsBegun(Event):
    """The member of staff `viewer` began to look as the contact; it ends at `until` (UTC) at the latest."""

    view: str
    contact: str
    company: str
    viewer: str
    until: datetime


@dataclass(frozen=True, slots=True)
class ViewAsEnded(Event):
    """The viewer left before the time was over."""

    view: str
    contact: str
    company: str
    viewer: str


ALL = (ViewAsBegun, ViewAsEnded)
