"""Many commands to a real service while the broker is killed and restarted: each ends in time, and is done once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from esdbclient import EventStoreDBClient

from chassis.codec import loads
from chassis.errors import Unavailable
from chassis.messages import Context
from chassis.rpc import Commands, RpcClient
from tests.support.processes import LocalStore, Process
from tests.support.rabbit import RabbitNode
from tests.support.services import RunningService
from tests.support.settings import make_settings
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(400)

SOON, PATIENT = 5.0, 90.0
"""Deadlines in seconds: shorter than the broker is away, and longer."""
SLACK = 3.0
"""Seconds that a caller on a loaded machine may need to be woken."""
EACH = 8 * (SOON, PATIENT, PATIENT)
"""The callers, who have a case each: what a command could lose against is itself, sent twice."""
COMPANY, PRIYA = "C10010", "K-0001"
FORM = {"summary": "Scanner logs off", "detail": "After ten minutes.", "product": "Warehouse Scanner"}


@pytest.fixture
def cases(mortal_rabbit: RabbitNode, own_store: LocalStore, tmp_path: Path) -> Iterator[RunningService]:
    """The service, on a broker that can be killed."""
    settings = make_settings(tmp_path / "var", mortal_rabbit.vhost("commands"), own_store.uri)
    service = RunningService("cases", settings, tmp_path / "log")
    service.start()
    yield service
    service.stop()


@dataclass(frozen=True)
class Ended:
    """How one command ended: the store's revision, or None for the one clear error; anything else is a fault."""

    command: UUID
    deadline: float
    revision: int | None = None
    seconds: float = 0.0
    said: str = ""
    fault: str = ""


class Crowd:
    """Callers that reply to cases, one command after the other, until they are told to stop."""

    def __init__(self, rpc: RpcClient, cases: list[str]) -> None:
        self.ended: list[Ended] = []
        self._commands = Commands(rpc)
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._call, args=(case, within)) for case, within in zip(cases, EACH, strict=True)
        ]
        for thread in self._threads:
            thread.start()

    def _call(self, case: str, seconds: float) -> None:
        while not self._stop.is_set():
            self.ended.append(self._one(case, seconds))

    def _one(self, case: str, seconds: float) -> Ended:
        command, started = uuid4(), time.monotonic()
        deadline = datetime.now(UTC) + timedelta(seconds=seconds)
        context = Context(command, COMPANY, PRIYA, "test", "test", deadline=deadline)
        ended = Ended(command, seconds)
        try:
            answer = self._commands.send("cases", "ReplyToCase", {"case": case, "text": str(command)}, context)
            ended = replace(ended, revision=answer["revision"])
        except Unavailable as error:
            ended = replace(ended, said=error.message)
        except Exception as error:
            ended = replace(ended, fault=repr(error))
        return replace(ended, seconds=time.monotonic() - started)

    def answered(self) -> int:
        """How many commands were."""
        return sum(one.revision is not None for one in self.ended)

    def wait_served(self, by: Process) -> None:
        """Wait until the service answers (again)."""
        enough = self.answered() + len(EACH)

        def state() -> str:
            return f"{enough} answered, {self.answered()} of {len(self.ended)} are\n{by.tail()}"

        wait_until(lambda: self.answered() >= enough, 60, state)

    def end(self) -> list[Ended]:
        """Have them stop after the command that each has out."""
        self._stop.set()
        for thread in self._threads:
            thread.join(PATIENT + SLACK)
        assert not any(thread.is_alive() for thread in self._threads), "a call hangs"
        return self.ended


def test_commands_under_way_while_the_broker_dies_and_restarts_are_answered_and_done_once(
    cases: RunningService, mortal_rabbit: RabbitNode, own_store: LocalStore
) -> None:
    numbers = [cases.send("OpenCase", FORM, COMPANY, PRIYA)["id"] for _ in EACH]
    mortal_rabbit.settle()
    crowd = Crowd(cases.rpc, numbers)
    try:
        crowd.wait_served(cases.service)
        mortal_rabbit.kill()
        mortal_rabbit.start()
        crowd.wait_served(cases.service)
        mortal_rabbit.restart()
        crowd.wait_served(cases.service)
    finally:
        ended = crowd.end()

    assert [one for one in ended if one.fault] == []
    assert [one for one in ended if one.seconds > one.deadline + SLACK] == []
    assert [one for one in ended if one.deadline == PATIENT and one.revision is None] == [], "given up too soon"
    done = _done(own_store.uri, numbers)
    assert {command: revisions for command, revisions in done.items() if len(revisions) > 1} == {}, "done twice"
    acknowledged = {one.command: [one.revision] for one in ended if one.revision is not None}
    assert {command: done.get(command) for command in acknowledged} == acknowledged, "acknowledged and not done"
    assert done.keys() <= {one.command for one in ended}
    denied = {one.command: one.said for one in ended if "nothing was done" in one.said.lower()}
    assert {command: said for command, said in denied.items() if command in done} == {}, "said to be undone, and done"


def _done(uri: str, numbers: list[str]) -> dict[UUID, list[int]]:
    """The revisions of the replies in the streams of these cases, by their commands."""
    found: dict[UUID, list[int]] = {}
    with closing(EventStoreDBClient(uri)) as store:
        for number in numbers:
            for event in store.get_stream(f"case-{number}")[1:]:
                found.setdefault(UUID(loads(event.metadata)["command"]), []).append(event.stream_position)
    return found
