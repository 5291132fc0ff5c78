"""What happened between Portico and the ERP. Stored for ever: a changed shape needs an upcaster in `schemas.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chassis.messages import Event


@dataclass(frozen=True, slots=True)
class ImportRequested(Event):
    """Somebody handed over an export. `file` and `profile_file` name copies kept by their content's hash."""

    run: str
    connection: str
    file: str
    file_name: str
    size: int
    profile: str
    profile_file: str
    dry_run: bool
    requested_by: str
    requested_at: str


@dataclass(frozen=True, slots=True)
class ImportStarted(Event):
    """The file is being read."""

    run: str


@dataclass(frozen=True, slots=True)
class ImportCompleted(Event):
    """Every document was answered by its owner. `summary` is what `portico import --json` prints."""

    run: str
    summary: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ImportFailed(Event):
    """The run was given up: its file was refused, or it failed again and again and may be in by half."""

    run: str
    reason: str


@dataclass(frozen=True, slots=True)
class PostingRequested(Event):
    """Something of the portal is to get into the ERP; `document` is its event's data, whole.

    `document_version` is the schema version of that data, by its owner's count.
    """

    kind: str
    reference: str
    company: str
    connection: str
    document: dict[str, Any]
    document_version: int


@dataclass(frozen=True, slots=True)
class OrderQueuedForErp(Event):
    """The order will go to the ERP as soon as it can: from here on the ERP may have it."""

    reference: str
    company: str


@dataclass(frozen=True, slots=True)
class PostingWritten(Event):
    """The ERP's import can see it: `file` in the outbox, with this SHA-256."""

    reference: str
    file: str
    sha256: str


@dataclass(frozen=True, slots=True)
class PostedToErp(Event):
    """The ERP has it, under its own number."""

    kind: str
    reference: str
    company: str
    erp_number: str


@dataclass(frozen=True, slots=True)
class RefusedByErp(Event):
    """The ERP will not have it; `reason` is in its own words."""

    kind: str
    reference: str
    company: str
    reason: str


@dataclass(frozen=True, slots=True)
class WithdrawalAsked(Event):
    """It was cancelled in the portal; the ERP may have it already."""

    reference: str


@dataclass(frozen=True, slots=True)
class PostingWithdrawn(Event):
    """It was taken back before the ERP took it."""

    reference: str


@dataclass(frozen=True, slots=True)
class WithdrawalTooLate(Event):
    """It could not be taken back: the ERP took it, and its answer counts."""

    reference: str


RUN = (ImportRequested, ImportStarted, ImportCompleted, ImportFailed)
POSTING = (
    PostingRequested,
    OrderQueuedForErp,
    PostingWritten,
    PostedToErp,
    RefusedByErp,
    WithdrawalAsked,
    PostingWithdrawn,
    WithdrawalTooLate,
)
ALL = (*RUN, *POSTING)
