"""Import runs: requested, started, completed or failed, each once."""

from __future__ import annotations

from services.erp_sync import domain
from services.erp_sync.commands import StartImport
from services.erp_sync.events import ImportCompleted, ImportFailed, ImportRequested, ImportStarted
from tests.support.given import NOW

COMMAND = StartImport("console:kim", "ab" * 32 + ".csv", "invoices.csv", 1200, "mine", "cd" * 32 + ".yaml", "files")
REQUESTED = ImportRequested(
    "R-1",
    "files",
    COMMAND.file,
    "invoices.csv",
    1200,
    "mine",
    COMMAND.profile_file,
    False,
    "console:kim",
    "2026-11-21T09:30:00Z",
)
STARTED = ImportStarted("R-1")
COMPLETED = ImportCompleted("R-1", {"lines": {"in": 3}})


def run(*events: object) -> domain.Run:
    """The run after these events."""
    state = domain.Run()
    for event in events:
        state = domain.evolve_run(state, event)  # type: ignore[arg-type]
    return state


def test_a_file_handed_over_is_a_run() -> None:
    assert domain.decide_start_import("R-1", COMMAND, NOW) == [REQUESTED]


def test_reading_begins_once_however_often_it_begins() -> None:
    assert domain.decide_import_started(run(REQUESTED)) == [STARTED]
    assert domain.decide_import_started(run(REQUESTED, STARTED)) == []


def test_a_run_completes_once() -> None:
    assert domain.decide_import_completed(run(REQUESTED, STARTED), {"lines": {"in": 3}}) == [COMPLETED]
    assert domain.decide_import_completed(run(REQUESTED, STARTED, COMPLETED), {"lines": {"in": 4}}) == []


def test_a_run_that_ended_does_not_fail() -> None:
    failed = ImportFailed("R-1", "The file is empty.")
    assert domain.decide_import_failed(run(REQUESTED, STARTED), "The file is empty.") == [failed]
    assert domain.decide_import_failed(run(REQUESTED, STARTED, COMPLETED), "The file is empty.") == []
    assert domain.decide_import_completed(run(REQUESTED, failed), {}) == []
