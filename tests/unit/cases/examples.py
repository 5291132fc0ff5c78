"""A case that all tests of cases know: Priya Nair of C10010 asks why the scanner logs off."""

from __future__ import annotations

from dataclasses import replace

from services.cases import domain
from services.cases.commands import AnswerCase, ChangeCaseStatus, OpenCase, ReplyToCase
from services.cases.events import AgentAnswered, CaseOpened, CaseStatusChanged, CustomerReplied
from tests.support.given import Decider

REFERENCE = "C-7K3Q-M2XA"
COMPANY = "C10010"
CONTACT = "K-0001"
AGENT = "K-9001"

OPEN = OpenCase(COMPANY, CONTACT, "Scanner logs off", "After ten minutes, in bay 4.", "HM-4749", "Warehouse Scanner")
OPENED = CaseOpened(REFERENCE, COMPANY, CONTACT, OPEN.summary, OPEN.detail, "HM-4749", "Warehouse Scanner", False)
OPENED_FOR_VENDOR = replace(OPENED, vendor_approval=True)
REPLIED = CustomerReplied(REFERENCE, COMPANY, CONTACT, "It happens on all devices.")
ANSWERED = AgentAnswered(REFERENCE, COMPANY, AGENT, "Which version is shown?", CONTACT)

CASE = Decider(
    domain.Case(),
    domain.evolve,
    {
        OpenCase: lambda _state, command, now: domain.decide_open_case(REFERENCE, command, now),
        ReplyToCase: domain.decide_reply,
        AnswerCase: domain.decide_answer,
        ChangeCaseStatus: domain.decide_change_status,
    },
)


def moved(status: str, by: str = AGENT) -> CaseStatusChanged:
    """The case moved to this status."""
    return CaseStatusChanged(REFERENCE, COMPANY, by, status)
