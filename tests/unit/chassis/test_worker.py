"""What of several workers only one runs: jobs, and the relay."""

from __future__ import annotations

import threading
from pathlib import Path

from chassis.config import Settings
from chassis.lease import Lease
from chassis.sqlite_models import SqliteDatabase
from chassis.worker import Job, Leased, Part
from tests.support.settings import make_settings
from tests.support.waiting import wait_until


def test_a_job_runs_in_one_worker_and_in_the_next_when_that_one_stops(tmp_path: Path) -> None:
    running: list[str] = []
    database = SqliteDatabase(tmp_path / "read.db")

    def worker(name: str) -> tuple[Part, threading.Event]:
        def tidy(stop: threading.Event, settings: Settings) -> None:
            running.append(name)
            stop.wait()
            running.remove(name)

        stop = threading.Event()
        job = Leased(Job(tidy, make_settings(tmp_path)), Lease("job:tidy", database.connect_leases))
        part = Part("job:tidy", job, stop)
        part.thread.start()
        return part, stop

    first, first_stop = worker("first")
    wait_until(lambda: running == ["first"], 20, "the first runs it")
    second, second_stop = worker("second")
    wait_until(lambda: "standing_by" in second.status(), 20, "the second stands by")
    assert running == ["first"]
    first_stop.set()
    wait_until(lambda: running == ["second"], 20, "the second runs it")
    assert first.failure == second.failure == ""
    second_stop.set()
    for part in (first, second):
        part.thread.join(20)
        assert not part.thread.is_alive()
