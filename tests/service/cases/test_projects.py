"""Projects come from the ERP, over the bus, into the company's list."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.services import RunningService

BODY = {
    "name": "Warehouse Scanner roll-out",
    "status": "In progress",
    "percent_done": 60,
    "due_date": "2026-12-25",
    "reference": "HMM-5521",
    "tasks": [{"name": "Survey", "status": "Done", "percent_done": 100, "note": "Wi-Fi is weak in bay 4."}],
}


@pytest.fixture(scope="module")
def cases(start_service: Callable[[str], RunningService]) -> RunningService:
    """The running service."""
    return start_service("cases")


def project(number: str, stamp: str = "2026-11-20T09:30:00Z", **changes: Any) -> dict[str, Any]:
    """A project as erp_sync sends it."""
    return {"kind": "project", "key": number, "stamp": stamp, "body": {**BODY, **changes}}


def outcome(answer: dict[str, Any]) -> tuple[int, int, int, int]:
    """How many changed, stayed, were older, were refused."""
    return answer["changed"], answer["unchanged"], answer["stale"], len(answer["refused"])


def shown(cases: RunningService, answer: dict[str, Any], number: str) -> list[dict[str, Any]]:
    """The project's row, once the read model shows what the answer says."""
    cases.wait_position("projects_v2", answer["position"])
    return cases.rows("SELECT * FROM project_list_v2 WHERE number = ?", number)


def test_a_project_is_in_its_companys_list(cases: RunningService) -> None:
    answer = cases.record("C10010", [project("PR-1")])
    (row,) = shown(cases, answer, "PR-1")
    assert outcome(answer) == (1, 0, 0, 0)
    assert (row["company"], row["name"], row["percent_done"]) == ("C10010", "Warehouse Scanner roll-out", 60)
    assert row["due_date"] == "2026-12-25"
    assert json.loads(row["tasks"]) == BODY["tasks"]


def test_the_same_document_again_changes_nothing(cases: RunningService) -> None:
    first = cases.record("C10010", [project("PR-2")])
    again = cases.record("C10010", [project("PR-2"), project("PR-3")])
    assert (outcome(first), outcome(again)) == ((1, 0, 0, 0), (1, 1, 0, 0))


def test_a_later_document_takes_the_place_of_the_earlier(cases: RunningService) -> None:
    cases.record("C10010", [project("PR-4")])
    later = cases.record("C10010", [project("PR-4", "2026-11-21T08:00:00Z", percent_done=75, due_date=None)])
    (row,) = shown(cases, later, "PR-4")
    assert (outcome(later), row["percent_done"], row["due_date"]) == ((1, 0, 0, 0), 75, None)


def test_an_older_document_never_overwrites_a_newer(cases: RunningService) -> None:
    newer = cases.record("C10010", [project("PR-5", percent_done=80)])
    older = cases.record("C10010", [project("PR-5", "2026-11-19T09:30:00Z", percent_done=10)])
    (row,) = shown(cases, newer, "PR-5")
    assert (outcome(older), row["percent_done"]) == ((0, 0, 1, 0), 80)


def test_what_is_wrong_is_refused_and_the_rest_is_taken(cases: RunningService) -> None:
    wrong = [project("PR-6", percent_done=120), project("PR-7", colour="red"), {**project("PR-8"), "kind": "invoice"}]
    answer = cases.record("C10010", [*wrong, project("PR-9")])
    assert outcome(answer) == (1, 0, 0, 3)
    fields = {one["key"]: set(one["errors"]) for one in answer["refused"]}
    assert fields == {"PR-6": {"percent_done"}, "PR-7": {"colour"}, "PR-8": {"kind"}}


def test_the_same_number_of_another_company_is_another_project(cases: RunningService) -> None:
    cases.record("C10010", [project("PR-10")])
    answer = cases.record("C10020", [project("PR-10", name="Theirs")])
    rows = shown(cases, answer, "PR-10")
    assert {(row["company"], row["name"]) for row in rows} == {("C10010", BODY["name"]), ("C10020", "Theirs")}


def test_a_dry_run_says_what_would_change_and_changes_nothing(cases: RunningService) -> None:
    dry = cases.record("C10010", [project("PR-11")], dry_run=True)
    real = cases.record("C10010", [project("PR-11")])
    assert outcome(dry) == outcome(real) == (1, 0, 0, 0)
