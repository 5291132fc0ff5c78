"""Several workers of one service, each a process: one keeps the read model, the others stand by.

On both kinds of database, whose locks differ. Two versions beside each other: tests/gateway/test_releases.py.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.service.chassis_store.bench import Bench
from tests.service.chassis_store.numbers import SERVICE
from tests.support.ports import free_port
from tests.support.postgres import PostgresServer
from tests.support.processes import Process
from tests.support.waiting import wait_until

TAKEN_OVER = 30
"""Seconds in which a stand-by has taken over; it does in under 10 unless the machine is loaded."""


class Worker:
    """A worker process of the bench's numbers."""

    def __init__(self, bench: Bench, name: str) -> None:
        self.armed = bench.folder / f"{name}-armed"
        self.armed.mkdir()
        self.port = free_port()
        env = {**bench.environment, "PORTICO_ADMIN_PORT": str(self.port), "PORTICO_KILL_AT": f"*:{self.armed}"}
        command = ["-m", "tests.service.chassis_store.numbers", bench.prefix]
        self.process = Process(command, bench.folder / f"{name}.log", env)
        self.process.start(lambda: bool(self.get("/healthz")))

    def get(self, path: str) -> str:
        """What it answers on its admin port; empty when it does not."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=2) as response:
                return str(response.read().decode())
        except OSError:
            return ""

    def status(self) -> dict[str, Any]:
        """What it tells of its read model."""
        said = self.get("/status")
        return dict(json.loads(said)["parts"]["projector:numbers"]) if said else {}

    def works(self) -> bool:
        """Whether it keeps the read model."""
        return "position" in self.status() and not self.status()["failure"]

    def stands_by(self) -> bool:
        """Whether another does."""
        return "standing_by" in self.status()

    def arm(self, point: str, action: str) -> None:
        """Have it `kill` or `stop` itself when it gets to the point."""
        (self.armed / f"{SERVICE}.numbers.{point}").write_text(action)

    def signal(self, signum: int) -> None:
        """Send it a signal, and wait for nothing."""
        os.kill(self.process.pid, signum)


Hire = Callable[[], Worker]


@pytest.fixture
def hire(bench: Bench) -> Iterator[Hire]:
    """Starts workers, and ends them."""
    hired: list[Worker] = []
    names = itertools.count(1)

    def start() -> Worker:
        hired.append(Worker(bench, f"worker{next(names)}"))
        return hired[-1]

    yield start
    for worker in hired:
        worker.process.kill()


@pytest.fixture
def pair(bench: Bench, hire: Hire) -> tuple[Worker, Worker]:
    """One that keeps the read model, which has the numbers 1 and 2, and one that stands by."""
    bench.append(1, 2)
    working = hire()
    wait_until(lambda: bench.numbers() == [1, 2], 20, working.process.tail)
    waiting = hire()
    wait_until(waiting.stands_by, 20, waiting.process.tail)
    return working, waiting


def test_of_two_workers_one_works_and_the_other_stands_by_ready_and_without_figures(
    bench: Bench, pair: tuple[Worker, Worker]
) -> None:
    working, waiting = pair
    assert waiting.status()["standing_by"] == f"for process {working.process.pid}"
    assert waiting.get("/readyz") == "running\n"
    assert 'portico_projector_lag_seconds{model="cases.numbers_v1"}' in working.get("/metrics")
    assert "cases.numbers_v1" not in waiting.get("/metrics")
    bench.append(3)
    wait_until(lambda: bench.numbers() == [1, 2, 3], 20, working.process.tail)
    assert waiting.stands_by()
    working.process.stop()
    bench.append(4)
    wait_until(lambda: bench.numbers() == [1, 2, 3, 4], TAKEN_OVER, waiting.process.tail)
    assert waiting.works()


def test_two_workers_that_start_together_share_nothing(bench: Bench, hire: Hire) -> None:
    bench.append(*range(100, 400))
    workers = [hire(), hire()]
    wait_until(lambda: len(bench.numbers()) == 300, 20, workers[0].process.tail)
    wait_until(lambda: sorted(worker.stands_by() for worker in workers) == [False, True], 20, "one stands by")
    bench.append(1)
    wait_until(lambda: bench.numbers() == [1, *range(100, 400)], 20, "a number more")
    assert [worker.status()["failure"] for worker in workers] == ["", ""]


def test_a_worker_killed_in_its_transaction_is_replaced(bench: Bench, pair: tuple[Worker, Worker]) -> None:
    working, waiting = pair
    working.arm("before_commit", "kill")
    bench.append(3, 4)
    assert working.process.wait() == -signal.SIGKILL
    wait_until(lambda: bench.numbers() == [1, 2, 3, 4], TAKEN_OVER, waiting.process.tail)
    assert waiting.works()


def test_a_worker_stopped_with_a_batch_in_hand_is_replaced_and_writes_nothing_when_it_wakes(
    bench: Bench, pair: tuple[Worker, Worker]
) -> None:
    stopped, waiting = pair
    stopped.arm("before_transaction", "stop")
    bench.append(3, 4)
    wait_until(stopped.process.is_stopped, 20, stopped.process.tail)
    wait_until(lambda: bench.numbers() == [1, 2, 3, 4], TAKEN_OVER, waiting.process.tail)
    bench.append(5)
    wait_until(lambda: bench.numbers() == [1, 2, 3, 4, 5], 20, waiting.process.tail)
    stopped.signal(signal.SIGCONT)
    wait_until(stopped.stands_by, 20, stopped.process.tail)
    bench.append(6)
    wait_until(lambda: bench.numbers() == [1, 2, 3, 4, 5, 6], 20, waiting.process.tail)
    assert stopped.status()["failure"] == ""
    assert waiting.works()


def test_a_worker_stopped_in_its_transaction_loses_the_locks_that_keep_others_from_writing(
    bench: Bench, engine: str, pair: tuple[Worker, Worker]
) -> None:
    stopped, waiting = pair
    stopped.arm("before_commit", "stop")
    bench.append(3, 4)
    wait_until(stopped.process.is_stopped, 20, stopped.process.tail)
    wait_until(lambda: bench.numbers() == [1, 2, 3, 4], TAKEN_OVER, waiting.process.tail)
    if engine == "postgresql":
        stopped.signal(signal.SIGCONT)  # its session was ended
    else:
        assert stopped.process.wait() == -signal.SIGKILL  # nobody else can unlock SQLite's file
        stopped.process.start(lambda: bool(stopped.get("/healthz")))  # as a supervisor does
    wait_until(stopped.stands_by, 20, stopped.process.tail)
    bench.append(5)
    wait_until(lambda: bench.numbers() == [1, 2, 3, 4, 5], 20, waiting.process.tail)


@pytest.mark.parametrize("engine", ["postgresql"])
def test_a_database_killed_while_it_is_written_has_every_event_once(
    bench: Bench, postgres: PostgresServer, hire: Hire
) -> None:
    first = 101  # past those that it cannot take
    bench.append(first)
    worker = hire()
    wait_until(lambda: bench.numbers() == [first], 20, worker.process.tail)
    worker.arm("before_commit", "stop")
    last = first + 1
    bench.append(last)
    wait_until(worker.process.is_stopped, 20, worker.process.tail)
    postgres.kill()
    worker.signal(signal.SIGCONT)
    postgres.start()
    wait_until(lambda: bench.numbers() == [first, last], 30, worker.process.tail)
    for _ in range(3):  # at whatever moment this is
        for _ in range(4):
            bench.append(*range(last + 1, last + 501))
            last += 500
        postgres.kill()
        postgres.start()
    wait_until(lambda: len(bench.numbers()) > last - first, 60, worker.process.tail)
    assert bench.numbers() == list(range(first, last + 1))
    wait_until(worker.works, 20, worker.process.tail)
