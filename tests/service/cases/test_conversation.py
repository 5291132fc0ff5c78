"""A case from its opening to its end, through the real processes, broker and store."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from chassis.errors import CommandReused, Invalid, NotAllowed, NotFound, RemoteRefusal
from chassis.messages import ALL_COMPANIES
from tests.support.services import RunningService

MINE, THEIRS = "C10010", "C10020"
PRIYA, MALLORY, AGENT = "K-0001", "K-0666", "K-9001"
FORM = {"summary": "Scanner logs off", "detail": "After ten minutes, in bay 4.", "product": "Warehouse Scanner"}


@pytest.fixture(scope="module")
def cases(start_service: Callable[[str], RunningService]) -> RunningService:
    """The running service."""
    return start_service("cases")


@pytest.fixture
def case(cases: RunningService) -> str:
    """The number of a case that Priya has just opened."""
    number: str = cases.send("OpenCase", FORM, MINE, PRIYA)["id"]
    return number


def row(cases: RunningService, answer: dict[str, Any]) -> dict[str, Any]:
    """The case's row, once the read model shows what the answer says."""
    cases.wait_position("cases_v2", answer["position"])
    return cases.rows("SELECT * FROM case_list_v2 WHERE number = ?", answer["id"])[0]


def test_an_opened_case_is_in_the_companys_list(cases: RunningService) -> None:
    answer = cases.send("OpenCase", FORM, MINE, PRIYA)
    shown = row(cases, answer)
    assert answer["stream"] == f"case-{answer['id']}"
    assert shown["company"] == MINE
    assert (shown["summary"], shown["status"], shown["opened_by"], shown["messages"]) == (
        "Scanner logs off",
        "new",
        PRIYA,
        1,
    )


def test_the_conversation_is_kept_in_order(cases: RunningService, case: str) -> None:
    cases.send("AnswerCase", {"case": case, "text": "Which version?", "status": "waiting"}, ALL_COMPANIES, AGENT)
    answer = cases.send("ReplyToCase", {"case": case, "text": "2026.1"}, MINE, PRIYA)
    shown = row(cases, answer)
    messages = cases.rows("SELECT * FROM case_messages_v2 WHERE number = ? ORDER BY revision", case)
    assert [(one["kind"], one["author"], one["text"]) for one in messages] == [
        ("opened", PRIYA, FORM["detail"]),
        ("agent", AGENT, "Which version?"),
        ("status", AGENT, "waiting"),
        ("customer", PRIYA, "2026.1"),
        ("status", PRIYA, "open"),
    ]
    assert (shown["status"], shown["messages"], shown["last_author"]) == ("open", 3, PRIYA)
    assert {one["channel"] for one in messages} == {"test"}


def test_the_same_command_again_gets_the_first_reply(cases: RunningService) -> None:
    command_id = uuid4()
    first = cases.send("OpenCase", FORM, MINE, PRIYA, command_id)
    again = cases.send("OpenCase", FORM, MINE, PRIYA, command_id)
    assert again == {**first, "repeated": True}
    row(cases, first)
    assert len(cases.rows("SELECT * FROM case_messages_v2 WHERE number = ?", first["id"])) == 1


def test_a_repeated_reply_is_one_message(cases: RunningService, case: str) -> None:
    command_id = uuid4()
    payload = {"case": case, "text": "Any news?"}
    first = cases.send("ReplyToCase", payload, MINE, PRIYA, command_id)
    cases.send("AnswerCase", {"case": case, "text": "Not yet."}, ALL_COMPANIES, AGENT)
    again = cases.send("ReplyToCase", payload, MINE, PRIYA, command_id)
    assert again["repeated"]
    assert (again["revision"], again["position"]) == (first["revision"], first["position"])


def test_other_content_under_the_same_command_id_is_refused(cases: RunningService) -> None:
    command_id = uuid4()
    number = cases.send("OpenCase", FORM, MINE, PRIYA, command_id)["id"]
    with pytest.raises(CommandReused, match=number):
        cases.send("OpenCase", {**FORM, "summary": "Something else"}, MINE, PRIYA, command_id)


def test_another_companys_case_is_not_found(cases: RunningService, case: str) -> None:
    reply = {"text": "Let me in."}
    with pytest.raises(NotFound) as refused:
        cases.send("ReplyToCase", {"case": case, **reply}, THEIRS, MALLORY)
    with pytest.raises(NotFound) as absent:
        cases.send("ReplyToCase", {"case": "C-0000-0000", **reply}, THEIRS, MALLORY)
    assert refused.value.message == absent.value.message, "nobody learns which numbers exist"


@pytest.mark.parametrize(("company", "actor"), [(MINE, PRIYA), (THEIRS, MALLORY)])
def test_customers_do_not_answer_for_the_supplier(cases: RunningService, case: str, company: str, actor: str) -> None:
    for command, payload in (("AnswerCase", {"text": "Done."}), ("ChangeCaseStatus", {"status": "closed"})):
        with pytest.raises(NotAllowed, match="own staff"):
            cases.send(command, {"case": case, **payload}, company, actor)


def test_another_companys_command_is_never_taken_for_a_repeat(cases: RunningService) -> None:
    command_id = uuid4()
    mine = cases.send("OpenCase", FORM, MINE, PRIYA, command_id)
    theirs = cases.send("OpenCase", FORM, THEIRS, MALLORY, command_id)
    assert not theirs["repeated"]
    assert theirs["id"] != mine["id"]
    assert row(cases, theirs)["company"] == THEIRS
    assert cases.send("OpenCase", FORM, THEIRS, MALLORY, command_id) == {**theirs, "repeated": True}


def test_a_closed_case_takes_no_more(cases: RunningService, case: str) -> None:
    cases.send("ChangeCaseStatus", {"case": case, "status": "closed"}, ALL_COMPANIES, AGENT)
    with pytest.raises(RemoteRefusal, match="is closed") as refused:
        cases.send("ReplyToCase", {"case": case, "text": "One more thing"}, MINE, PRIYA)
    assert (refused.value.code, refused.value.status) == ("CaseClosed", 409)


def test_what_is_missing_is_named_field_by_field(cases: RunningService) -> None:
    with pytest.raises(Invalid) as refused:
        cases.send("OpenCase", {"summary": " ", "urgent": True}, MINE, PRIYA)
    assert set(refused.value.details["fields"]) == {"summary", "detail", "urgent"}


def test_staff_open_cases_for_one_company_only(cases: RunningService) -> None:
    with pytest.raises(NotAllowed, match="choose a company"):
        cases.send("OpenCase", FORM, ALL_COMPANIES, AGENT)


def test_a_command_that_does_not_exist_is_refused(cases: RunningService) -> None:
    with pytest.raises(Invalid, match="EatCase"):
        cases.send("EatCase", {}, MINE, PRIYA)


def test_other_services_hear_what_happened_in_order(cases: RunningService) -> None:
    with cases.listening() as hear:
        opened = cases.send("OpenCase", FORM, MINE, PRIYA)
        answer = {"case": opened["id"], "text": "Which version?", "status": "waiting"}
        cases.send("AnswerCase", answer, ALL_COMPANIES, AGENT)
        heard = hear(3)
    assert [event["type"] for event in heard] == ["CaseOpened", "AgentAnswered", "CaseStatusChanged"]
    assert [event["revision"] for event in heard] == [0, 1, 2]
    assert {event["stream"] for event in heard} == {opened["stream"]}
    assert heard[0]["data"]["company"] == MINE
    assert heard[0]["meta"]["actor"] == PRIYA


def test_a_command_that_comes_too_late_is_dropped_and_counted(cases: RunningService) -> None:
    late = {"command_id": str(uuid4()), "company": MINE, "actor": PRIYA, "channel": "test", "correlation_id": "late"}
    envelope = {"command": "OpenCase", "payload": FORM, "context": {**late, "deadline": "2026-01-01T00:00:00+00:00"}}
    answer = cases.rpc.call("cases", "execute", envelope)
    assert (answer["status"], answer["code"]) == ("unavailable", "DeadlineExceeded")
    assert 'portico_commands_expired_total{service="cases"} 1.0' in cases.metrics(cases.service_port)


def test_the_worker_tells_how_far_its_read_models_are(cases: RunningService) -> None:
    position = cases.send("OpenCase", FORM, MINE, PRIYA)["position"]
    cases.wait_position("cases_v2", position)
    told = cases.metrics(cases.worker_port)
    reached = re.search(r'portico_projector_position{model="cases.cases_v2"} (\S+)', told)
    assert reached is not None
    assert float(reached[1]) >= position
    assert 'portico_projector_lag_seconds{model="cases.cases_v2"} 0.0' in told
