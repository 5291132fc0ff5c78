"""Another service's events handled in a real nameko process: once, again with growing delays, or put aside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from esdbclient import EventStoreDBClient
from esdbclient.exceptions import NotFound

from chassis import bus
from chassis.codec import dumps, loads
from chassis.config import Settings
from chassis.link import Message, Publisher
from chassis.messages import Recorded
from chassis.reactions import list_dead, replay_dead
from tests.service.chassis_bus.helpers import nameko_process, start_nameko
from tests.service.chassis_bus.toys import REACTIONS
from tests.support.settings import make_settings
from tests.support.waiting import wait_until

QUEUE = bus.reaction_queue("listener", "note")
DELAYS = (150, 300, 600)


class Listener:
    """The listener's process, and what it has done."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.process = nameko_process("listener", folder, settings)
        self.store = EventStoreDBClient(settings.esdb_uri)
        self.publisher = Publisher(settings.amqp_uri, "test")

    def happen(self, number: int, stream: str, **data: Any) -> UUID:
        """Publish an event as the source's relay would."""
        event_id = UUID(int=number)
        data = {"text": "hello", **data}
        now = datetime.now(UTC)
        event = Recorded(event_id, "Happened", f"things-{stream}", 0, 1, data, {"$correlationId": "corr-1"}, now)
        message = Message(bus.events_exchange("source"), "Happened", dumps(event), str(event_id), mandatory=True)
        self.publisher.publish([message])
        return event_id

    def attempts(self, event_id: UUID) -> list[float]:
        """When the reaction was tried, in seconds."""
        file = self.settings.folder("attempts") / str(event_id)
        return [float(line) for line in file.read_text().splitlines()] if file.exists() else []

    def notes(self, stream: str) -> list[Any]:
        try:
            return list(self.store.get_stream(f"notes-{stream}"))
        except NotFound:
            return []

    def waiting(self, queue: str = QUEUE) -> int:
        connection = bus.connect(self.settings.amqp_uri, "test")
        count: int = connection.channel().queue_declare(queue, passive=True).method.message_count
        connection.close()
        return count

    def close(self) -> None:
        self.process.stop()
        self.publisher.stop()
        self.store.close()


@pytest.fixture(scope="module")
def uri(new_vhost: Callable[[], str]) -> str:
    return new_vhost()


@pytest.fixture
def listener(uri: str, store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    monkeypatch.setenv("PORTICO_RETRY_MS", ",".join(map(str, DELAYS)))
    monkeypatch.setattr(bus, "DELIVERY_LIMIT", 2)
    connection = bus.connect(uri, "test")
    channel = connection.channel()
    bus.declare_reactions(channel, "listener", REACTIONS)
    for queue in (QUEUE, bus.dead_queue(QUEUE), *(bus.wait_name("listener", delay) for delay in DELAYS)):
        channel.queue_purge(queue)
    connection.close()
    made = Listener(make_settings(tmp_path / "var", uri, store), tmp_path)
    yield made
    made.close()


def test_an_event_is_handled_and_its_correlation_goes_on(listener: Listener) -> None:
    start_nameko(listener.process)
    event_id = listener.happen(1, "handled")
    (noted,) = wait_until(lambda: listener.notes("handled"), 20, listener.process.tail)
    meta = loads(noted.metadata)
    assert (meta["$correlationId"], meta["$causationId"], meta["actor"]) == ("corr-1", str(event_id), "reaction:note")
    assert len(listener.attempts(event_id)) == 1


def test_a_failed_reaction_is_tried_again_with_growing_delays(listener: Listener) -> None:
    start_nameko(listener.process)
    event_id = listener.happen(2, "retried", fail=3)
    wait_until(lambda: listener.notes("retried"), 20, listener.process.tail)
    at = listener.attempts(event_id)
    pauses = [later - earlier for earlier, later in zip(at, at[1:], strict=False)]
    assert len(pauses) == 3
    assert all(pause * 1000 >= delay for pause, delay in zip(pauses, DELAYS, strict=True)), pauses
    assert listener.waiting(bus.dead_queue(QUEUE)) == 0


def test_what_always_fails_is_put_aside_with_its_reason_and_handled_when_replayed(listener: Listener) -> None:
    start_nameko(listener.process)
    event_id = listener.happen(3, "dead", fail=99)
    uri = listener.settings.amqp_uri
    wait_until(lambda: listener.waiting(bus.dead_queue(QUEUE)) == 1, 20, listener.process.tail)
    (letter,) = list_dead(uri, "listener", reactions=REACTIONS)
    assert letter.reason == "ValueError: attempt 4 failed"
    assert "in note" in letter.traceback
    assert letter.attempts == 4
    assert (letter.exchange, letter.routing_key, letter.reaction) == ("source.events", "Happened", "note")
    assert abs((datetime.now(UTC) - datetime.fromisoformat(letter.first_failed_at)).total_seconds()) < 60
    assert letter.event["id"] == str(event_id)
    wait_until(lambda: listener.waiting(bus.dead_queue(QUEUE)) == 1, 20, "listing leaves dead letters where they are")

    (listener.settings.folder("attempts") / "repaired").touch()
    assert replay_dead(uri, "listener", reactions=REACTIONS) == 1
    wait_until(lambda: listener.notes("dead"), 20, listener.process.tail)
    assert list_dead(uri, "listener", reactions=REACTIONS) == []


def test_an_event_waits_as_long_as_what_it_needs_is_away(listener: Listener) -> None:
    start_nameko(listener.process)
    event_id = listener.happen(4, "away", away=6)
    wait_until(lambda: listener.notes("away"), 30, listener.process.tail)
    assert len(listener.attempts(event_id)) == 7


def test_a_process_killed_before_the_acknowledgement_does_nothing_twice(listener: Listener, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    flag.touch()
    start_nameko(listener.process, PORTICO_KILL_AT=f"listener.after_reaction:{flag}")
    event_id = listener.happen(5, "killed")
    assert listener.process.wait() == -9
    start_nameko(listener.process)
    wait_until(lambda: len(listener.attempts(event_id)) == 2, 20, listener.process.tail)
    wait_until(lambda: listener.waiting() == 0, 20, listener.process.tail)
    assert len(listener.notes("killed")) == 1


def test_an_event_that_kills_the_process_each_time_is_put_aside(listener: Listener) -> None:
    listener.happen(6, "crash", die=True)
    for _ in range(bus.DELIVERY_LIMIT + 1):
        listener.process.start()
        assert listener.process.wait() == -9
    uri = listener.settings.amqp_uri
    wait_until(lambda: listener.waiting(bus.dead_queue(QUEUE)) == 1, 20, listener.process.tail)
    (letter,) = list_dead(uri, "listener", reactions=REACTIONS)
    assert letter.reason.startswith("The process ended each time")
    assert (letter.exchange, letter.routing_key) == ("source.events", "Happened")


def test_a_hundred_events_at_once_are_all_handled(listener: Listener) -> None:
    start_nameko(listener.process)
    for number in range(100):
        listener.happen(100 + number, f"many{number}")
    wait_until(lambda: all(listener.notes(f"many{number}") for number in range(100)), 30, listener.process.tail)
