"""An export on its way to the customers' pages while processes are killed: each document arrives once."""

from __future__ import annotations

import pytest

from services.erp_sync.contract import RUNS
from tests.chaos import seen
from tests.chaos.ground import PATIENCE, Ground
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(300)

POINTS = (
    "erp_sync.after_staging",  # the file is read and normalised, nothing says so
    "erp_sync.after_send",  # batches are on the bus, the first ones sent
    "payments.ingest.mid_batch",  # documents are in their streams, what is owed of them not yet
    "payments.ingest.after_append",  # both are, the index and the answers are not
    "payments.ingest.after_index",  # the index is written, the answers are not sent
    "payments.documents.before_commit",  # rows are written, not yet with their checkpoint
    "payments.balance.before_commit",
    "erp_sync.after_answers",  # answers are counted, not acknowledged
    "erp_sync.after_completed",  # the run's end is in its stream, the run's table does not say so
)
PART_OF = {name: part for part, name in enumerate((*POINTS, "command", "broker", "store"))}
"""Which part of the export each test imports."""
RUNS_OF = f"SELECT state FROM {RUNS.name} WHERE file_name = ?"


@pytest.mark.parametrize("point", POINTS)
def test_a_process_is_killed_during_an_import(shop: Ground, point: str) -> None:
    part = PART_OF[point]
    flag = shop.portal.arm(point)
    summary = shop.summary(shop.start_import(shop.file(part)))
    shop.wait_killed(flag)

    assert shop.faults_of_imports() == []
    assert shop.miscounted(summary, part) == []


@pytest.mark.parametrize("name", ["broker", "store"])
def test_a_part_that_all_share_is_killed_during_an_import(shop: Ground, name: str) -> None:
    part = PART_OF[name]
    shop.portal.halt("payments-worker")
    try:
        command = shop.start_import(file := shop.file(part))
        wait_until(lambda: runs(shop, file.name) == ["started"], PATIENCE, lambda: f"{runs(shop, file.name)}")
        shop.portal.kill(name)
    finally:
        shop.portal.go_on("payments-worker")

    assert shop.miscounted(shop.summary(command), part) == []
    assert shop.faults_of_imports() == []


def test_the_command_is_killed_and_the_import_goes_on(shop: Ground) -> None:
    part = PART_OF["command"]
    shop.portal.halt("payments-worker")
    try:
        command = shop.start_import(file := shop.file(part))
        wait_until(lambda: runs(shop, file.name) == ["started"], PATIENCE, lambda: f"{runs(shop, file.name)}")
        command.kill()
        command.communicate()
    finally:
        shop.portal.go_on("payments-worker")
    wait_until(lambda: runs(shop, file.name) == ["completed"], PATIENCE, lambda: f"{runs(shop, file.name)}")

    assert shop.faults_of_imports() == []
    again = shop.summary(shop.start_import(file))
    assert again["documents"]["changed"] == 0
    assert again["documents"]["unchanged"] == len(shop.source.documents([part]))
    assert shop.faults_of_imports() == []


def runs(shop: Ground, file: str) -> list[str]:
    """The states of the runs of this file."""
    return [row["state"] for row in seen.rows(shop.portal, "erp_sync", RUNS_OF, file)]
