"""ReplyToCase: a contact of the company writes on its case."""

from __future__ import annotations

import pytest

from services.cases.commands import ReplyToCase
from services.cases.errors import CaseClosed
from tests.unit.cases.examples import CASE, CONTACT, OPENED, OPENED_FOR_VENDOR, REFERENCE, REPLIED, moved

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
