"""Projects as a read model: what happened to each, as the ERP told it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chassis.codec import loads
from services.cases.contract import CODEC
from services.cases.events import ProjectRecorded, ProjectTask
from services.cases.projections import projects
from tests.support.given import NOW
from tests.support.projecting import ReadModel

SURVEY = ProjectTask("Survey", "done", 100, "Wi-Fi is weak in bay 4.")
ROLL_OUT = ProjectTask("Roll-out", "open", 5)


def told(percent: int = 10, due: date | None = None, *tasks: ProjectTask, company: str = "C10010") -> ProjectRecorded:
    """The project as the ERP tells it."""
    return ProjectRecorded(company, "PR-1", "New hall", "in_progress", percent, due, "HMM", tasks)


@pytest.fixture
def model(tmp_path: Path) -> ReadModel:
    """An empty read model."""
    return ReadModel(tmp_path, projects.PROJECTION, CODEC)


def history(model: ReadModel, company: str = "C10010") -> list[tuple[str, str, list[dict[str, Any]]]]:
    """Event, channel and changes of each entry, newest first."""
    rows = model.rows(
        f"SELECT * FROM {projects.TIMELINE.name} WHERE company = ? AND number = 'PR-1' ORDER BY position DESC", company
    )
    assert {(row["actor"], row["at"]) for row in rows} <= {("", NOW.isoformat())}
    return [(row["event"], row["channel"], loads(row["changes"]) if row["changes"] else []) for row in rows]


def test_the_first_time_is_told_without_changes(model: ReadModel) -> None:
    model.see(told(10, None, SURVEY), channel="erp")
    assert history(model) == [("recorded", "erp", [])]


def test_what_changed_is_told_field_by_field(model: ReadModel) -> None:
    model.see(told(), told(60, date(2026, 12, 24)), channel="erp")
    assert history(model)[0] == (
        "changed",
        "erp",
        [
            {"field": "percent_done", "old": 10, "new": 60},
            {"field": "due_date", "old": None, "new": "2026-12-24"},
        ],
    )


def test_the_same_again_leaves_no_entry(model: ReadModel) -> None:
    model.see(told(10, None, SURVEY, ROLL_OUT), told(10, None, SURVEY, ROLL_OUT))
    assert len(history(model)) == 1


def test_tasks_are_told_by_their_names_in_whatever_order_they_come(model: ReadModel) -> None:
    moved = ProjectTask("Roll-out", "open", 40, "Hall 2 first.")
    model.see(told(10, None, SURVEY, ROLL_OUT), told(10, None, moved, SURVEY))
    assert history(model)[0][2] == [
        {"field": "percent_done", "old": 5, "new": 40, "task": "Roll-out"},
        {"field": "note", "old": "", "new": "Hall 2 first.", "task": "Roll-out"},
    ]


def test_tasks_that_came_and_went_are_told_also_of_two_with_one_name(model: ReadModel) -> None:
    model.see(told(10, None, SURVEY, ROLL_OUT, ROLL_OUT), told(10, None, SURVEY, ROLL_OUT), told(10, None, ROLL_OUT))
    (last, *_), (before, *_) = history(model)[0][2], history(model)[1][2]
    assert (last["field"], last["old"]["name"], last["new"]) == ("task", "Survey", None)
    assert (before["old"]["name"], before["new"], before["task"]) == ("Roll-out", None, "Roll-out")
    model.see(told(10, None, ROLL_OUT, SURVEY))
    [back] = history(model)[0][2]
    assert (back["field"], back["old"], back["new"]["note"]) == ("task", None, SURVEY.note)


def test_another_companys_project_of_the_same_number_has_a_history_of_its_own(model: ReadModel) -> None:
    model.see(told(), told(20, company="C10020"), told(30))
    assert [event for event, _channel, _changes in history(model)] == ["changed", "recorded"]
    assert history(model, "C10020") == [("recorded", "", [])]
