"""The requests of one company: state, how events change it, what is decided. Pure.

All of a company's are one stream: so two never wait for the same address, and of two answers the first holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from chassis.errors import NotFound
from chassis.messages import Event
from services.identity.requests.errors import AlreadyAsked, AlreadyDecided
from services.identity.requests.events import (
    AccessApproved,
    AccessRefused,
    AccessRequested,
    AccessRequestForgotten,
    RefusalExplained,
)

KEPT = timedelta(days=30)
"""How long a refused request can be read."""
STATES = ("open", "approved", "refused")


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `reason` is sealed like `personal` and `why`."""

    request: str
    requester: str
    personal: str
    login: str
    why: str
    state: str = "open"
    decided_by: str = ""
    reason: str = ""
    permissions: tuple[str, ...] = ()
    branches: tuple[str, ...] | None = None
    roles: tuple[str, ...] = ()
    ends: Mapping[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Requests:
    """A company's requests by id; those that were forgotten are not among them."""

    company: str = ""
    known: Mapping[str, Request] = field(default_factory=dict)

    def one(self, request: str) -> Request:
        """The request; raises NotFound."""
        found = self.known.get(request)
        if found is None:
            raise NotFound("There is no such request.")
        return found

    def open_one(self, request: str) -> Request:
        """The request, which nobody has answered; raises NotFound, AlreadyDecided."""
        found = self.one(request)
        if found.state != "open":
            raise AlreadyDecided(found.state)
        return found


def evolve(state: Requests, event: Event) -> Requests:
    """The requests after the event."""
    match event:
        case AccessRequested():
            asked = Request(event.request, event.requester, event.personal, event.login, event.why)
            asked = replace(asked, permissions=event.permissions, branches=event.branches)
            return _with(replace(state, company=event.company), asked)
        case AccessApproved():
            given = {name: getattr(event, name) for name in ("permissions", "branches", "roles", "ends")}
            known = state.known[event.request]
            return _with(state, replace(known, state="approved", decided_by=event.decided_by, **given))
        case AccessRefused():
            return _with(state, replace(state.known[event.request], state="refused", decided_by=event.decided_by))
        case RefusalExplained():
            return _with(state, replace(state.known[event.request], reason=event.reason))
        case AccessRequestForgotten():
            return replace(state, known={key: one for key, one in state.known.items() if key != event.request})
        case _:
            return state


def _with(state: Requests, request: Request) -> Requests:
    return replace(state, known={**state.known, request.request: request})


def decide_ask(state: Requests, company: str, asked: Request) -> list[Event]:
    """The request waits for an answer; refused while another for the same address does."""
    if any(one.login == asked.login and one.state == "open" for one in state.known.values()):
        raise AlreadyAsked
    about = asked.personal, asked.login, asked.why, asked.permissions, asked.branches
    return [AccessRequested(asked.request, company, asked.requester, *about)]


def decide_approve(
    state: Requests,
    request: str,
    decided_by: str,
    permissions: tuple[str, ...],
    branches: tuple[str, ...] | None,
    roles: tuple[str, ...],
    ends: Mapping[str, date],
) -> list[Event]:
    """They are let in with these rights."""
    requester = state.open_one(request).requester
    given = permissions, branches, roles, ends
    return [AccessApproved(request, state.company, requester, decided_by, *given)]


def decide_refuse(state: Requests, request: str, decided_by: str, reason: str) -> list[Event]:
    """They are not let in; `reason` is sealed."""
    requester = state.open_one(request).requester
    refused = AccessRefused(request, state.company, requester, decided_by)
    return [refused, RefusalExplained(request, state.company, reason)]


def decide_forget(state: Requests, request: str) -> list[Event]:
    """A refused request is not to be read any more; nothing when that is so."""
    known = state.known.get(request)
    return [AccessRequestForgotten(request, state.company)] if known and known.state == "refused" else []
