"""SIGTERM to a service and a worker in the middle of their work: it is finished, or given back; the end is in order."""

from __future__ import annotations

import os
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from esdbclient import EventStoreDBClient

from chassis import bus
from chassis.codec import dumps, loads
from chassis.messages import Context
from tests.support.ports import free_port
from tests.support.processes import LocalStore, Process
from tests.support.services import RunningService
from tests.support.settings import environment, make_settings
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(300)

SECONDS = 10.0
COMPANY, PRIYA = "C10010", "K-0001"
FORM = {"summary": "Scanner logs off", "detail": "After ten minutes.", "product": "Warehouse Scanner"}
PROJECT = {"name": "Roll-out", "status": "In progress", "percent_done": 60, "due_date": "2026-12-25", "tasks": []}

DOCUMENT = {"kind": "project", "stamp": "2026-11-20T09:30:00Z", "body": PROJECT}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStore]:
    """A store that can be made to hang."""
    local = LocalStore(tmp_path_factory.mktemp("stopping") / "localstore")
    local.start()
    yield local
    local.stop()


@pytest.fixture(scope="module")
def cases(
    new_vhost: Callable[[], str], store: LocalStore, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningService]:
    """The service and its worker."""
    folder = tmp_path_factory.mktemp("cases")
    service = RunningService("cases", make_settings(folder / "var", new_vhost(), store.uri), folder / "log")
    service.start()
    yield service
    service.stop()


class Work:
    """A command that a caller waits for and a batch of documents, both at a store that does not answer."""

    def __init__(self, cases: RunningService, store: LocalStore, caller: ThreadPoolExecutor) -> None:
        self.cases, self.store = cases, store
        cases.send("OpenCase", FORM, COMPANY, PRIYA)
        self.key = f"PR-{uuid4().hex[:8]}"
        cases.record(COMPANY, [DOCUMENT | {"key": f"{self.key}-before"}])  # both are connected to the store
        for process in (cases.service, cases.worker):
            process.log.write_text("")  # what an earlier test had them say
        os.killpg(store.process.pid, signal.SIGSTOP)
        context = Context(uuid4(), COMPANY, PRIYA, "test", "test", deadline=datetime.now(UTC) + timedelta(seconds=90))
        self.command = context.command_id
        self.answer: Future[dict[str, Any]] = caller.submit(
            cases.commands.send, "cases", "OpenCase", FORM | {"summary": "held"}, context
        )
        try:
            self._hand_over()
        except BaseException:
            self.wake()
            raise

    def _hand_over(self) -> None:
        """Give the worker a batch, and wait until both processes have what they are to hold."""
        partition = bus.partition_of(COMPANY)
        document = {"company": COMPANY, **DOCUMENT, "key": self.key}
        head = {"run": "R1", "batch": self.key, "connection": "erp", "service": "cases", "partition": partition}
        message = {**head, "dry_run": False, "correlation_id": "test", "documents": [document]}
        with closing(bus.connect(self.cases.settings.amqp_uri, "test")) as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            queue = bus.ingest_queue("cases", partition)
            channel.basic_publish("", queue, dumps(message), mandatory=True)

            def called() -> bool:
                waiting: int = channel.queue_declare("rpc-cases", passive=True).method.message_count
                return waiting == 0

            wait_until(called, 20, "the service has the command")
        wait_until(lambda: self._ingest() == "recording", 20, "the worker has the batch")

    def _ingest(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.cases.worker_port}/status", timeout=5) as answer:
            return str(loads(answer.read())["parts"]["ingest"]["state"])

    def wake(self) -> None:
        """The store answers again."""
        os.killpg(self.store.process.pid, signal.SIGCONT)

    def recorded(self) -> int:
        """How many events the batch made."""
        with closing(EventStoreDBClient(self.cases.settings.esdb_uri)) as store:
            return sum(f'"{self.key}"'.encode() in event.metadata for event in store.read_all())

    def opened(self) -> int:
        """How many cases the command opened."""
        with closing(EventStoreDBClient(self.cases.settings.esdb_uri)) as store:
            return sum(str(self.command).encode() in event.metadata for event in store.read_all())


@pytest.fixture
def work(cases: RunningService, store: LocalStore) -> Iterator[Work]:
    with ThreadPoolExecutor(1) as caller:
        made = Work(cases, store, caller)
        yield made
        made.wake()


def terminate(*processes: Process) -> float:
    """Send SIGTERM to each, and wait until they say so; when it was sent."""
    for process in processes:
        os.kill(process.pid, signal.SIGTERM)
    sent = time.monotonic()
    wait_until(lambda: all("stopping" in process.tail() for process in processes), SECONDS, "they have noticed")
    return sent


def ended(sent: float, *processes: Process) -> None:
    """All end within ten seconds of the signal, in order."""
    for process in processes:
        assert process.wait(sent + SECONDS - time.monotonic()) == 0, process.tail()


def test_processes_told_to_stop_while_they_were_paused_end_when_they_are_woken(cases: RunningService) -> None:
    """Then the kernel may hand the signal to any thread, not only to the main one that has to act on it."""
    for signum in (signal.SIGSTOP, signal.SIGTERM, signal.SIGCONT):
        for process in (cases.service, cases.worker):
            os.kill(process.pid, signum)
    ended(time.monotonic(), cases.service, cases.worker)
    cases.start()


def test_what_cannot_be_finished_in_time_is_given_back_and_done_by_the_next(cases: RunningService, work: Work) -> None:
    sent = terminate(cases.service, cases.worker)
    ended(sent, cases.service, cases.worker)
    work.wake()
    cases.start()
    assert work.answer.result(90)["status"] == "done"
    wait_until(lambda: work.recorded() == 1, 30, cases.worker.tail)
    assert work.opened() == 1


def test_what_a_service_and_a_worker_hold_is_finished_before_they_end(cases: RunningService, work: Work) -> None:
    sent = terminate(cases.service, cases.worker)
    work.wake()
    ended(sent, cases.service, cases.worker)
    assert work.answer.result(5)["status"] == "done", "the caller has its answer, of a service that is gone"
    assert (work.opened(), work.recorded()) == (1, 1)
    for process in (cases.service, cases.worker):
        assert "stopped without finishing" not in process.tail()


@pytest.mark.parametrize("kind", ["service", "worker"])
def test_a_process_that_still_waits_for_its_broker_ends_at_once(tmp_path: Path, kind: str) -> None:
    settings = make_settings(tmp_path / "var", f"amqp://guest:guest@127.0.0.1:{free_port()}/")
    process = Process(["-m", "portico", kind, "cases"], tmp_path / "log", environment(settings))
    process.start(lambda: "topology is not declared yet" in process.tail(), 30)
    assert process.stop(SECONDS) == 0, process.tail()
