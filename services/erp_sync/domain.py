"""Import runs and postings: their states, how events change them, one decision a command or a thing that happened."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chassis.messages import Event
from services.erp_sync.commands import RequestPosting, StartImport, WithdrawPosting
from services.erp_sync.errors import AnsweredDifferently, UnknownPosting
from services.erp_sync.events import (
    ImportCompleted,
    ImportFailed,
    ImportRequested,
    ImportStarted,
    OrderQueuedForErp,
    PostedToErp,
    PostingRequested,
    PostingWithdrawn,
    PostingWritten,
    RefusedByErp,
    WithdrawalAsked,
    WithdrawalTooLate,
)


@dataclass(frozen=True, slots=True)
class Run:
    """What decisions need to know of an import: requested → started → completed or failed."""

    run: str = ""
    status: str = ""


def evolve_run(state: Run, event: Event) -> Run:
    """The run after the event."""
    match event:
        case ImportRequested():
            return Run(event.run, "requested")
        case ImportStarted():
            return replace(state, status="started")
        case ImportCompleted():
            return replace(state, status="completed")
        case ImportFailed():
            return replace(state, status="failed")
        case _:
            return state


def decide_start_import(run: str, command: StartImport, now: datetime) -> list[Event]:
    """A new run, named `run`."""
    return [
        ImportRequested(
            run,
            command.connection,
            command.file,
            command.file_name,
            command.size,
            command.profile,
            command.profile_file,
            command.dry_run,
            command.actor,
            now.isoformat(timespec="seconds").replace("+00:00", "Z"),
        )
    ]


def decide_import_started(state: Run) -> list[Event]:
    """Reading began; nothing when it began before and is begun again."""
    return [ImportStarted(state.run)] if state.status == "requested" else []


def decide_import_completed(state: Run, summary: dict[str, Any]) -> list[Event]:
    """All is answered; nothing when that was said before."""
    return [ImportCompleted(state.run, summary)] if state.status in ("requested", "started") else []


def decide_import_failed(state: Run, reason: str) -> list[Event]:
    """Given up; nothing when it ended before."""
    return [ImportFailed(state.run, reason)] if state.status in ("requested", "started") else []


@dataclass(frozen=True, slots=True)
class Posting:
    """What is on its way to the ERP: queued → written → posted or refused; or withdrawing → withdrawn."""

    kind: str = ""
    reference: str = ""
    company: str = ""
    connection: str = ""
    document: dict[str, Any] | None = None
    status: str = ""
    file: str = ""
    erp_number: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the ERP says of a reference: `status` is posted (with its number) or refused (with its words)."""

    reference: str
    status: str
    erp_number: str = ""
    message: str = ""


def evolve_posting(state: Posting, event: Event) -> Posting:
    """The posting after the event."""
    match event:
        case PostingRequested():
            return Posting(
                event.kind, event.reference, event.company, event.connection, event.document, status="queued"
            )
        case PostingWritten():
            return replace(state, status="written" if state.status == "queued" else state.status, file=event.file)
        case PostedToErp():
            return replace(state, status="posted", erp_number=event.erp_number)
        case RefusedByErp():
            return replace(state, status="refused", reason=event.reason)
        case WithdrawalAsked():
            return replace(state, status="withdrawing")
        case PostingWithdrawn():
            return replace(state, reference=event.reference, status="withdrawn")
        case WithdrawalTooLate():
            return replace(state, status="written")
        case _:
            return state


def decide_request_posting(state: Posting, command: RequestPosting, now: datetime) -> list[Event]:
    """On its way; nothing when it is already, for a reference is posted once."""
    if state.status:
        return []
    events: list[Event] = [
        PostingRequested(
            command.kind,
            command.reference,
            command.company,
            command.connection,
            command.document,
            command.document_version,
        )
    ]
    if command.kind == "order":
        events.append(OrderQueuedForErp(command.reference, command.company))
    return events


def decide_withdraw_posting(state: Posting, command: WithdrawPosting, now: datetime) -> list[Event]:
    """Taken back at once while nobody asked for it; else the connector has to try; nothing when the ERP answered.

    Also what is queued: its file may be in the outbox already, and only the connector knows.
    """
    if state.status == "":  # the cancellation overtook the order
        return [PostingWithdrawn(command.reference)]
    if state.status in ("queued", "written"):
        return [WithdrawalAsked(state.reference)]
    return []


def decide_written(state: Posting, file: str, sha256: str) -> list[Event]:
    """The file is in the outbox; nothing when that is known."""
    return [PostingWritten(state.reference, file, sha256)] if state.status == "queued" else []


def decide_withdrawal_tried(state: Posting, taken_back: bool) -> list[Event]:
    """How taking it back went; nothing when the ERP answered meanwhile."""
    if state.status != "withdrawing":
        return []
    return [PostingWithdrawn(state.reference) if taken_back else WithdrawalTooLate(state.reference)]


def decide_answer(state: Posting, answer: Answer) -> list[Event]:
    """What the ERP said; nothing when it said so before. It may take what it refused, never the other way round."""
    if not state.status:
        raise UnknownPosting(answer.reference)
    if state.status == "posted":
        if answer.status == "posted" and answer.erp_number == state.erp_number:
            return []
        said = f"posted ({answer.erp_number})" if answer.status == "posted" else "refused"
        raise AnsweredDifferently(state.reference, f"posted ({state.erp_number})", said)
    if answer.status == "posted":
        return [PostedToErp(state.kind, state.reference, state.company, answer.erp_number)]
    if state.status == "refused" and state.reason == answer.message:
        return []
    return [RefusedByErp(state.kind, state.reference, state.company, answer.message)]
