"""What cases and projects are found by: what their company reads of them."""

from __future__ import annotations

from pathlib import Path

from chassis.finding import asked_words, match_of
from chassis.messages import ALL_COMPANIES
from services.cases.contract import CODEC
from services.cases.events import (
    AgentAnswered,
    CaseOpened,
    CaseStatusChanged,
    CustomerReplied,
    ProjectRecorded,
    ProjectTask,
)
from services.cases.projections import search
from tests.support.projecting import ReadModel

COMPANY, OTHER = "C10010", "C10020"
CASE = "C-7K3Q-M2XA"
_SQL = "SELECT w.key FROM case_fts_v3 f JOIN case_words_v3 w ON w.id = f.rowid WHERE case_fts_v3 MATCH ? AND w.kind = ?"


def test_a_case_is_found_by_all_that_was_said_by_its_company_and_by_staff(tmp_path: Path) -> None:
    model = ReadModel(tmp_path, search.PROJECTION, CODEC)

    def found(typed: str, company: str = COMPANY, kind: str = "case") -> list[str]:
        return [row["key"] for row in model.rows(_SQL, match_of(company, asked_words(typed), kind), kind)]

    model.see(CaseOpened(CASE, COMPANY, "K-1", "Labels print twice", "Since today.", "PO-9", "Printer", False))
    model.see(CustomerReplied(CASE, COMPANY, "K-1", "The tray is empty."))
    model.see(AgentAnswered(CASE, COMPANY, "S-1", "Please update the driver."))
    model.see(CaseStatusChanged(CASE, COMPANY, "S-1", "waiting"))
    for typed in ("c7k3q", "labels twice", "tray driver", "po 9", "printer"):
        assert found(typed) == found(typed, ALL_COMPANIES) == [CASE], typed
        assert found(typed, OTHER) == []
    assert found("waiting") == []


def test_a_project_is_found_by_its_tasks_and_is_not_for_staff_to_find(tmp_path: Path) -> None:
    model = ReadModel(tmp_path, search.PROJECTION, CODEC)
    tasks = (ProjectTask("Roll-out", "open", 5, "Wait for the crane"),)
    model.see(ProjectRecorded(COMPANY, "PR-2041", "New hall", "open", 5, None, "HMM", tasks))
    for company, keys in ((COMPANY, ["PR-2041"]), (OTHER, []), (ALL_COMPANIES, [])):
        match = match_of(company, asked_words("rollout crane"), "project", loose=True)
        assert [row["key"] for row in model.rows(_SQL, match, "project")] == keys
