"""Imports through the real parts: file → erp_sync → bus → payments' streams, and back as counts."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pika.exceptions import ChannelClosedByBroker

from chassis import bus
from chassis.errors import NotAllowed
from deploy.local.problem import Problem
from portico.import_ import Order, follow, start
from services.erp_sync.contract import RUNS, files_folder
from tests.service.erp_sync.conftest import HEADER, Desk
from tests.support.processes import ROOT
from tests.support.rabbit import RabbitNode
from tests.support.settings import environment
from tests.support.waiting import wait_until

ROWS = "{0}1,{0},2026-05-31,X1,2,1.50\n{0}1,{0},2026-05-31,X2,1,0.335\n{0}2,{0},2026-06-01,X1,-1,4\n"


def outcome(summary: dict[str, Any]) -> tuple[int, int, int, int]:
    """changed, unchanged, stale, refused documents."""
    documents = summary["documents"]
    return documents["changed"], documents["unchanged"], documents["stale"], documents["refused"]


def test_a_file_becomes_its_owners_documents(desk: Desk) -> None:
    summary = desk.summary(HEADER + ROWS.format("A"), desk.profile("plain"))
    assert outcome(summary) == (2, 0, 0, 0)
    assert summary["rows"] == {"in": 3, "used": 3, "left_out": 0, "refused": 0}
    assert summary["lines"] == {"in": 3}
    assert summary["totals"] == {"GBP": {"invoice": {"exact": "-0.665", "rounded": "-0.66"}}}
    assert summary["errors"]["rows"] == 0


def test_the_export_is_kept_until_its_run_has_ended_and_its_profile_longer(desk: Desk) -> None:
    order = desk.order(HEADER + ROWS.format("K"), desk.profile("kept"))
    run = start(desk.erp_sync.settings, desk.erp_sync.rpc, order)
    assert follow(desk.erp_sync.rpc, run, lambda status: None)["state"] == "done"
    (row,) = desk.erp_sync.wait_rows(f"SELECT * FROM {RUNS.name} WHERE run = ?", run)
    folder = files_folder(desk.erp_sync.settings)
    assert not (folder / row["file"]).exists()
    assert (folder / row["profile_file"]).exists()


def test_the_same_again_changes_nothing_and_a_change_changes_what_changed(desk: Desk) -> None:
    profile = desk.profile("again")
    assert outcome(desk.summary(HEADER + ROWS.format("B"), profile)) == (2, 0, 0, 0)
    assert outcome(desk.summary(HEADER + ROWS.format("B"), profile)) == (0, 2, 0, 0)
    assert outcome(desk.summary(HEADER + ROWS.format("B").replace("-1,4", "-1,5"), profile)) == (1, 1, 0, 0)


def test_a_dry_run_says_what_would_change(desk: Desk) -> None:
    profile = desk.profile("dry")
    summary = desk.summary(HEADER + ROWS.format("C"), profile, dry_run=True)
    assert (outcome(summary), summary["dry_run"]) == ((2, 0, 0, 0), True)
    assert outcome(desk.summary(HEADER + ROWS.format("C"), profile)) == (2, 0, 0, 0)


def test_documents_absent_from_a_complete_file_are_reported_and_stay(desk: Desk) -> None:
    profile = desk.profile("complete", "complete: true\n")
    first, second = ROWS.format("D"), ROWS.format("E")
    assert desk.summary(HEADER + first + second, profile)["absent"] == {"documents": 0, "first": []}
    assert desk.summary(HEADER + first, profile, dry_run=True)["absent"]["documents"] == 2
    later = desk.summary(HEADER + first, profile)
    assert later["absent"] == {
        "documents": 2,
        "first": [{"kind": "invoice", "company": "E", "key": key} for key in ("E1", "E2")],
    }
    assert outcome(desk.summary(HEADER + first + second, profile)) == (0, 4, 0, 0)
    assert "absent" not in desk.summary(HEADER + first, desk.profile("not-complete"))


def test_what_cannot_be_read_and_what_the_owner_refuses_is_in_the_error_file(desk: Desk) -> None:
    long = "N" * 101
    rows = f"1,F,2026-05-31,X1,one,1\n2,F,2026-05-31,X1,1,1\n{long},F,2026-05-31,X1,1,1\n"
    summary = desk.summary(HEADER + rows, desk.profile("faulty"))
    assert outcome(summary) == (1, 0, 0, 2)
    with (desk.erp_sync.settings.var / summary["errors"]["file"]).open(encoding="utf-8", newline="") as file:
        errors = list(csv.DictReader(file))
    assert [(one["line"], one["column"], one["value"]) for one in errors] == [
        ("2", "Qty", "one"),
        ("4", "No", long),
    ]
    assert errors[1]["reason"].startswith(f"invoice {long}: ")


@pytest.mark.parametrize(("content", "reason"), [(HEADER[3:] + "x\n", "“No”"), ("", "The file is empty.")])
def test_a_file_that_cannot_be_read_is_refused_whole(content: str, reason: str, desk: Desk) -> None:
    status = desk.bring(content, desk.profile("whole"))
    assert status["state"] == "failed"
    assert reason in status["message"]
    where = f"SELECT state, message FROM {RUNS.name} WHERE run = ? AND state = 'failed'"
    assert desk.erp_sync.wait_rows(where, status["run"])[0]["message"] == status["message"]


def test_the_pages_of_staff_see_the_run(desk: Desk) -> None:
    summary = desk.summary(HEADER + ROWS.format("G"), desk.profile("seen"))
    where = f"SELECT * FROM {RUNS.name} WHERE run = ? AND state = 'completed'"
    row = desk.erp_sync.wait_rows(where, summary["run"])[0]
    assert (row["file_name"], row["profile"], row["documents"], row["lines"]) == ("export.csv", "seen", 2, 3)
    requested, started, finished = (
        datetime.fromisoformat(row[name]) for name in ("requested_at", "started_at", "finished_at")
    )
    assert requested <= started <= finished


def test_handing_over_twice_under_one_command_id_is_one_run(desk: Desk) -> None:
    order = desk.order(HEADER + ROWS.format("H"), desk.profile("twice"))
    runs = {start(desk.erp_sync.settings, desk.erp_sync.rpc, order) for _ in range(2)}
    assert len(runs) == 1
    assert follow(desk.erp_sync.rpc, runs.pop(), lambda status: None)["state"] == "done"


def test_what_cannot_be_handed_over_is_said_at_once(desk: Desk) -> None:
    parts = desk.erp_sync.settings, desk.erp_sync.rpc
    good = desk.profile("good")
    missing = Order(desk.folder / "gone.csv", good, "files", False, uuid4(), "test")
    with pytest.raises(Problem, match="There is no file"):
        start(*parts, missing)
    file = desk.order(HEADER, good).file
    with pytest.raises(Problem, match="no profile “typo”"):
        start(*parts, Order(file, "typo", "files", False, uuid4(), "test"))
    with pytest.raises(Problem, match="There is no connection “sage”. There are: files"):
        start(*parts, Order(file, good, "sage", False, uuid4(), "test"))


def test_a_run_that_never_was_is_told_at_once(desk: Desk) -> None:
    with pytest.raises(Problem, match="There is no run nonsense"):
        follow(desk.erp_sync.rpc, "nonsense", lambda status: None)


def test_rows_that_the_owner_refuses_are_counted_as_refused(desk: Desk) -> None:
    long = "N" * 101
    rows = f"{long},M,2026-05-31,X1,1,1\n{long},M,2026-05-31,X2,1,1\n2,M,2026-05-31,X1,1,1\n3,M,never,X1,1,1\n"
    summary = desk.summary(HEADER + rows, desk.profile("owner"))
    assert outcome(summary) == (1, 0, 0, 2)
    assert summary["rows"] == {"in": 4, "used": 1, "left_out": 0, "refused": 3}


def test_a_customer_cannot_start_an_import(desk: Desk) -> None:
    payload = {
        "file": "ab" * 32,
        "file_name": "x.csv",
        "size": 1,
        "profile": "x",
        "profile_file": "ab" * 32,
        "connection": "files",
    }
    with pytest.raises(NotAllowed):
        desk.erp_sync.send("StartImport", payload, "C10010", "contact-1")


def many(first: str) -> str:
    """More than the owner takes in at a time: some batches are answered while others are on their way."""
    return HEADER + "".join(ROWS.format(f"{first}{n:03}").replace("X1", "X" * 3000) for n in range(300))


def status_of(desk: Desk, run: str) -> dict[str, Any]:
    """How far a run is."""
    status: dict[str, Any] = desk.erp_sync.rpc.call("erp_sync", "run_status", {"run": run}, idempotent=True)
    return status


def run_at_work(desk: Desk, content: str, profile: str) -> str:
    """A run of which some batches are answered."""
    run = start(desk.erp_sync.settings, desk.erp_sync.rpc, desk.order(content, profile))

    def at_work() -> bool:
        status = status_of(desk, run)
        return bool(status["state"] == "sending" and status["answered"])

    wait_until(at_work, 30, "batches answered")
    return run


def test_the_worker_killed_while_an_import_runs_goes_on(desk: Desk) -> None:
    run = run_at_work(desk, many("K"), desk.profile("killed"))
    desk.erp_sync.worker.kill()
    desk.erp_sync.worker.start()
    status = follow(desk.erp_sync.rpc, run, lambda status: None)
    assert outcome(status["summary"]) == (600, 0, 0, 0)
    assert outcome(desk.summary(many("K"), desk.profile("killed"))) == (0, 600, 0, 0)


def test_workers_told_to_stop_while_an_import_runs_do_so_and_go_on_later(desk: Desk) -> None:
    run = run_at_work(desk, many("S"), desk.profile("stopped"))
    assert (desk.erp_sync.worker.stop(10), desk.owner.worker.stop(10)) == (0, 0)
    desk.owner.worker.start()
    desk.erp_sync.worker.start()
    status = follow(desk.erp_sync.rpc, run, lambda status: None)
    assert outcome(status["summary"]) == (600, 0, 0, 0)


def consumers(desk: Desk, reaction: str) -> int:
    """How many consume the queue of one of erp_sync's reactions; none while it is not there."""
    with closing(bus.connect(desk.erp_sync.settings.amqp_uri, "test")) as connection:
        try:
            queue = connection.channel().queue_declare(bus.reaction_queue("erp_sync", reaction), passive=True)
        except ChannelClosedByBroker:
            return 0
        count: int = queue.method.consumer_count
        return count


def test_an_import_goes_on_when_the_broker_has_lost_what_waited_in_it(desk: Desk, rabbit: RabbitNode) -> None:
    os.killpg(desk.owner.worker.pid, signal.SIGSTOP)
    try:
        run = start(desk.erp_sync.settings, desk.erp_sync.rpc, desk.order(many("L"), desk.profile("lost")))
        wait_until(lambda: status_of(desk, run)["state"] == "sending", 30, "batches are out")
        vhost = desk.erp_sync.settings.amqp_uri.rpartition("/")[2]
        rabbit.ctl("delete_vhost", vhost)
        rabbit.vhost(vhost)
    finally:
        os.killpg(desk.owner.worker.pid, signal.SIGCONT)
    status = follow(desk.erp_sync.rpc, run, lambda status: None)
    assert outcome(status["summary"]) == (600, 0, 0, 0)
    wait_until(lambda: consumers(desk, "post_order") == 1, 30, desk.erp_sync.service.tail)


@pytest.mark.parametrize(("row", "code"), [("1,L,2026-05-31,X1,1,1\n", 0), ("1,L,never,X1,1,1\n", 3), ("", 1)])
def test_the_command_says_by_its_exit_code_how_it_went(row: str, code: int, desk: Desk, tmp_path: Path) -> None:
    file, errors = tmp_path / "export.csv", tmp_path / "errors.csv"
    file.write_text(HEADER + row)
    arguments = ["import", str(file), "--profile", desk.profile("command"), "--errors", str(errors)]
    env = {"PATH": "", **environment(desk.erp_sync.settings)}
    done = subprocess.run(
        [sys.executable, "-m", "portico", *arguments], env=env, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    if code == 3:
        assert errors.read_text().splitlines()[1].startswith("2,Date,never,")
        assert "1 refused" in done.stdout
    if code == 1:
        assert "no rows below them" in done.stderr
