"""ChangeCaseStatus: an agent moves a case on."""

from __future__ import annotations

import pytest

from services.cases.commands import ChangeCaseStatus
from services.cases.domain import STATUSES
from services.cases.errors import UnknownStatus
from tests.unit.cases.examples import AGENT, CASE, OPENED, REFERENCE, moved


@pytest.mark.parametrize("status", [status for status in STATUSES if status != "new"])
def test_moves_the_case(status: str) -> None:
    CASE.given(OPENED).when(ChangeCaseStatus(AGENT, REFERENCE, status)).then(moved(status))
    assert CASE.given(OPENED, moved(status)).state.status == status


def test_the_status_it_has_already_changes_nothing() -> None:
    CASE.given(OPENED, moved("solved")).when(ChangeCaseStatus(AGENT, REFERENCE, "solved")).then()


def test_a_closed_case_can_be_opened_again() -> None:
    CASE.given(OPENED, moved("closed")).when(ChangeCaseStatus(AGENT, REFERENCE, "open")).then(moved("open"))


def test_a_status_that_does_not_exist_is_refused() -> None:
    CASE.given(OPENED).when(ChangeCaseStatus(AGENT, REFERENCE, "lost")).refused(UnknownStatus, "“lost”")
