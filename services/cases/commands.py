"""What may be asked of cases. `company` and `actor` come from the session, never from the payload."""

from __future__ import annotations

from dataclasses import dataclass

from chassis.messages import Command


@dataclass(frozen=True, slots=True)
class OpenCase(Command):
    """A contact asks for support."""

    company: str
    actor: str
    summary: str
    detail: str
    customer_reference: str = ""
    product: str = ""
    vendor_approval: bool = False


@dataclass(frozen=True, slots=True)
class ReplyToCase(Command):
    """A contact of the company writes on its case."""

    actor: str
    case: str
    text: str


@dataclass(frozen=True, slots=True)
class AnswerCase(Command):
    """An agent writes on a case; `status`, when given, is what the case moves to with it."""

    actor: str
    case: str
    text: str
    status: str = ""


@dataclass(frozen=True, slots=True)
class ChangeCaseStatus(Command):
    """An agent moves a case to another status."""

    actor: str
    case: str
    status: str
