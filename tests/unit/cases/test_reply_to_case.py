"""ReplyToCase: a contact of the company writes on its case."""

from __future__ import annotations

import pytest
from marshmallow import ValidationError

from chassis.dispatch import Shape
from services.cases.commands import ReplyToCase
from services.cases.errors import CaseClosed
from services.cases.schemas import AnswerCaseShape, ReplyToCaseShape
from tests.unit.cases.examples import CASE, CONTACT, OPENED, OPENED_FOR_VENDOR, REFERENCE, REPLIED, moved
from tests.unit.cases.test_open_case import CONTEXT

REPLY = ReplyToCase(CONTACT, REFERENCE, "It happens on all devices.")


@pytest.mark.parametrize("status", ["new", "open"])
def test_adds_the_message(status: str) -> None:
    history = [OPENED] if status == "new" else [OPENED, moved(status)]
    CASE.given(*history).when(REPLY).then(REPLIED)


@pytest.mark.parametrize("status", ["waiting", "solved"])
def test_opens_again_what_waited_for_it_or_was_solved(status: str) -> None:
    CASE.given(OPENED, moved(status)).when(REPLY).then(REPLIED, moved("open", by=CONTACT))


def test_does_not_take_the_place_of_the_vendors_approval() -> None:
    CASE.given(OPENED_FOR_VENDOR).when(REPLY).then(REPLIED)


def test_a_closed_case_takes_no_more() -> None:
    CASE.given(OPENED, moved("closed")).when(REPLY).refused(CaseClosed, f"mention {REFERENCE}")


@pytest.mark.parametrize("shape", [ReplyToCaseShape, AnswerCaseShape])
def test_blanks_are_no_message(shape: type[Shape]) -> None:
    with pytest.raises(ValidationError, match="Please write something, at most 20,000 characters"):
        shape().load_command({"case": REFERENCE, "text": " \n "}, CONTEXT)
