"""AnswerCase: an agent writes on a case."""

from __future__ import annotations

from dataclasses import replace

import pytest
from marshmallow import ValidationError

from chassis.messages import ALL_COMPANIES, Context
from services.cases.commands import AnswerCase
from services.cases.errors import CaseClosed, UnknownStatus
from services.cases.schemas import AnswerCaseShape
from tests.unit.cases.examples import AGENT, ANSWERED, CASE, OPENED, OPENED_FOR_VENDOR, REFERENCE, moved
from tests.unit.cases.test_open_case import CONTEXT

ANSWER = AnswerCase(AGENT, REFERENCE, "Which version is shown?")


def test_the_first_answer_opens_the_case() -> None:
    CASE.given(OPENED).when(ANSWER).then(ANSWERED, moved("open"))


def test_a_later_answer_leaves_the_status() -> None:
    CASE.given(OPENED, moved("waiting")).when(ANSWER).then(ANSWERED)
    CASE.given(OPENED_FOR_VENDOR).when(ANSWER).then(ANSWERED)


def test_moves_the_case_to_the_status_given_with_it() -> None:
    CASE.given(OPENED).when(replace(ANSWER, status="waiting")).then(ANSWERED, moved("waiting"))


def test_the_status_it_has_already_is_no_change() -> None:
    CASE.given(OPENED, moved("open")).when(replace(ANSWER, status="open")).then(ANSWERED)


def test_a_closed_case_takes_no_more() -> None:
    CASE.given(OPENED, moved("closed")).when(ANSWER).refused(CaseClosed)


def test_a_status_that_does_not_exist_is_refused() -> None:
    CASE.given(OPENED).when(replace(ANSWER, status="lost")).refused(UnknownStatus, "lost")
    context = replace(CONTEXT, company=ALL_COMPANIES, actor=AGENT)
    with pytest.raises(ValidationError, match="status"):
        AnswerCaseShape().load_command({"case": REFERENCE, "text": "?", "status": "lost"}, context)


def test_the_actor_is_the_agent_of_the_session() -> None:
    context = Context(CONTEXT.command_id, ALL_COMPANIES, AGENT, "portal", "page-2")
    form = {"case": REFERENCE, "text": "Which version is shown?"}
    assert AnswerCaseShape().load_command(form, context) == ANSWER
