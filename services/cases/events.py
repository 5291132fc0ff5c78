"""What happened to cases and projects. Stored for ever: a changed shape needs an upcaster in `schemas.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from chassis.messages import Event


@dataclass(frozen=True, slots=True)
class CaseOpened(Event):
    """A contact asked for support. `vendor_approval`: work waits until the product's vendor approves."""

    case: str
    company: str
    opened_by: str
    summary: str
    detail: str
    customer_reference: str
    product: str
    vendor_approval: bool


@dataclass(frozen=True, slots=True)
class CustomerReplied(Event):
    """A contact of the company wrote on the case."""

    case: str
    company: str
    author: str
    text: str


@dataclass(frozen=True, slots=True)
class AgentAnswered(Event):
    """Support staff wrote on the case, visible to the company. `opened_by` is who asked for support."""

    case: str
    company: str
    author: str
    text: str
    opened_by: str = ""


@dataclass(frozen=True, slots=True)
class CaseStatusChanged(Event):
    """The case moved on; `status` is one of domain.STATUSES."""

    case: str
    company: str
    changed_by: str
    status: str


@dataclass(frozen=True, slots=True)
class ProjectTask:
    """A task of a project as the ERP has it; percent is 0 to 100."""

    name: str
    status: str
    percent_done: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class ProjectRecorded(Event):
    """A project as the ERP last told it, whole."""

    company: str
    number: str
    name: str
    status: str
    percent_done: int
    due_date: date | None
    reference: str
    tasks: tuple[ProjectTask, ...]


ALL = (CaseOpened, CustomerReplied, AgentAnswered, CaseStatusChanged, ProjectRecorded)
