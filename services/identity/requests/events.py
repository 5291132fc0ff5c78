"""What happened to requests for access. `request` is the id of the contact that an approval makes.

`personal` and `why`, and the reason of a refusal, are sealed with that contact's key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from chassis.messages import Event


@dataclass(frozen=True, slots=True)
class AccessRequested(Event):
    """The contact `requester` asked that somebody of the company be let in, with these rights at most."""

    request: str
    company: str
    requester: str
    personal: str
    login: str
    why: str
    permissions: tuple[str, ...]
    branches: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class AccessApproved(Event):
    """They are let in with these rights; the contact and its invitation follow from it."""

    request: str
    company: str
    requester: str
    decided_by: str
    permissions: tuple[str, ...]
    branches: tuple[str, ...] | None
    roles: tuple[str, ...]
    ends: Mapping[str, date]


@dataclass(frozen=True, slots=True)
class AccessRefused(Event):
    """They are not let in."""

    request: str
    company: str
    requester: str
    decided_by: str


@dataclass(frozen=True, slots=True)
class RefusalExplained(Event):
    """Why they are not."""

    request: str
    company: str
    reason: str


@dataclass(frozen=True, slots=True)
class AccessRequestForgotten(Event):
    """What was said of the person is to be unreadable for ever: whoever keeps the request's key deletes it."""

    request: str
    company: str


ALL = (AccessRequested, AccessApproved, AccessRefused, RefusalExplained, AccessRequestForgotten)
