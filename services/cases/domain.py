"""A case: its state, how events change it, and one decision a command."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from chassis.messages import Event
from services.cases.commands import AnswerCase, ChangeCaseStatus, OpenCase, ReplyToCase
from services.cases.errors import CaseClosed, UnknownStatus
from services.cases.events import AgentAnswered, CaseOpened, CaseStatusChanged, CustomerReplied

STATUSES = ("new", "open", "waiting", "awaiting_vendor", "solved", "closed")


@dataclass(frozen=True, slots=True)
class Case:
    """What decisions need to know of a case."""

    case: str = ""
    company: str = ""
    status: str = "new"
    opened_by: str = ""


def evolve(state: Case, event: Event) -> Case:
    """The case after the event."""
    match event:
        case CaseOpened():
            status = "awaiting_vendor" if event.vendor_approval else "new"
            return Case(event.case, event.company, status, event.opened_by)
        case CaseStatusChanged():
            return replace(state, status=event.status)
        case _:
            return state


def decide_open_case(case: str, command: OpenCase, now: datetime) -> list[Event]:
    """A new case, with the reference `case`."""
    return [
        CaseOpened(
            case,
            command.company,
            command.actor,
            command.summary,
            command.detail,
            command.customer_reference,
            command.product,
            command.vendor_approval,
        )
    ]


def decide_reply(state: Case, command: ReplyToCase, now: datetime) -> list[Event]:
    """The contact's message; it reopens what waited for it or was solved."""
    _refuse_closed(state)
    events: list[Event] = [CustomerReplied(state.case, state.company, command.actor, command.text)]
    if state.status in ("waiting", "solved"):
        events.append(CaseStatusChanged(state.case, state.company, command.actor, "open"))
    return events


def decide_answer(state: Case, command: AnswerCase, now: datetime) -> list[Event]:
    """The agent's message, and the status that goes with it (a new case is open once answered)."""
    _refuse_closed(state)
    events: list[Event] = [AgentAnswered(state.case, state.company, command.actor, command.text, state.opened_by)]
    status = command.status or ("open" if state.status == "new" else state.status)
    return events + _change(state, command.actor, status)


def decide_change_status(state: Case, command: ChangeCaseStatus, now: datetime) -> list[Event]:
    """The new status; nothing when it is already that."""
    return _change(state, command.actor, command.status)


def _change(state: Case, actor: str, status: str) -> list[Event]:
    if status not in STATUSES:
        raise UnknownStatus(status)
    if status == state.status:
        return []
    return [CaseStatusChanged(state.case, state.company, actor, status)]


def _refuse_closed(state: Case) -> None:
    if state.status == "closed":
        raise CaseClosed(state.case)
