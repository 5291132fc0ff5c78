"""What staff find companies by: code and name as the ERP last told them, and nothing of a person."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from chassis.finding import asked_words, match_of
from chassis.messages import ALL_COMPANIES
from services.identity.contract import CODEC
from services.identity.events import BranchRecorded
from services.identity.projections import search
from tests.support.projecting import ReadModel
from tests.unit.identity.examples import COMPANY, NORDLICHT

_SQL = "SELECT w.key FROM company_fts_v2 f JOIN company_words_v2 w ON w.id = f.rowid WHERE company_fts_v2 MATCH ?"


def test_a_company_is_found_by_its_code_and_its_name_now_by_staff_alone(tmp_path: Path) -> None:
    model = ReadModel(tmp_path, search.PROJECTION, CODEC)

    def found(typed: str, company: str = ALL_COMPANIES) -> list[str]:
        match = match_of(company, asked_words(typed), search.COMPANY)
        return [row["key"] for row in model.rows(_SQL, match)]

    model.see(NORDLICHT, BranchRecorded(COMPANY, "N", "North"))
    for typed in (COMPANY, "nordl", "gmbh nord"):
        assert found(typed) == [COMPANY], typed
        assert found(typed, COMPANY) == []
    model.see(replace(NORDLICHT, name="Südwind AG"))
    assert (found("suedwind"), found("sudwind"), found("nordlicht"), found("north")) == ([], [COMPANY], [], [])
