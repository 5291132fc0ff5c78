"""From the store to the bus: at least once, in order, under the same ids, whatever is killed."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from esdbclient import EventStoreDBClient, NewEvent, StreamState

from chassis import bus
from chassis.codec import dumps, loads
from chassis.config import Settings
from chassis.link import Delivery, Inbox
from tests.service.chassis_bus.helpers import items
from tests.service.chassis_bus.toy_documents import SERVICE
from tests.service.chassis_bus.worker import LISTENER
from tests.support.processes import LocalStore, Process
from tests.support.rabbit import RabbitNode
from tests.support.settings import environment, make_settings
from tests.support.waiting import wait_until


class Rig:
    """The relay's process, the store it follows, and a queue of all that it publishes."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.ready = folder / "ready"
        arguments = ["-m", "tests.service.chassis_bus.worker", "relay", str(self.ready)]
        self.relay = Process(arguments, folder / "relay.log", environment(settings))
        self.store = EventStoreDBClient(settings.esdb_uri)
        self.received: list[Delivery] = []
        connection = bus.connect(settings.amqp_uri, "test")
        channel = connection.channel()
        channel.exchange_declare(bus.events_exchange(SERVICE), "topic", durable=True)
        channel.queue_declare("all", durable=True)
        channel.queue_purge("all")
        channel.queue_bind("all", bus.events_exchange(SERVICE), "#")
        connection.close()
        self.inbox = Inbox(settings.amqp_uri, "test", ["all"])

    def start(self, **env: str) -> None:
        self.ready.unlink(missing_ok=True)
        self.relay.start(self.ready.exists, 20, **env)

    def open(self, *numbers: int, stream: str = "ledger-c1", type: str = "ItemOpened") -> None:
        """Append an event for each number; the number is its id."""
        events = items(*numbers, type=type)
        self.store.append_to_stream(stream, current_version=StreamState.ANY, events=events)

    def numbers(self) -> list[int]:
        """What has been published so far, in order."""
        taken = self.inbox.take(1000, wait=0.05)
        self.inbox.ack(taken)
        self.received += taken
        return [int(loads(delivery.body)["data"]["number"]) for delivery in self.received]

    def position(self) -> int:
        """The checkpoint in the state database."""
        with sqlite3.connect(self.settings.state_db(SERVICE)) as connection:
            row = connection.execute("SELECT position FROM relay_checkpoint").fetchone()
        connection.close()
        return int(row[0]) if row else 0

    def close(self) -> None:
        started = time.monotonic()
        self.relay.stop()
        assert time.monotonic() - started < 2.5
        self.inbox.stop()
        self.store.close()


@pytest.fixture(scope="module")
def uri(new_vhost: Callable[[], str]) -> str:
    return new_vhost()


@pytest.fixture
def rig(uri: str, own_store: LocalStore, tmp_path: Path) -> Iterator[Rig]:
    made = Rig(make_settings(tmp_path / "var", uri, own_store.uri), tmp_path)
    yield made
    made.close()


def test_published_types_of_the_services_own_streams_are_published_whole(rig: Rig) -> None:
    rig.open(1, type="InvoiceRecorded", stream="documents-c1")
    rig.open(2, stream="others-c1")
    rig.open(3)
    rig.start()
    wait_until(lambda: rig.numbers() == [3], 20, rig.relay.tail)
    (stored,) = rig.store.get_stream("ledger-c1")
    body: dict[str, Any] = loads(rig.received[0].body)
    recorded_at = body.pop("recorded_at")
    assert stored.recorded_at is not None
    assert recorded_at.startswith(stored.recorded_at.isoformat()[:19])
    assert body == {
        "id": str(UUID(int=3)),
        "type": "ItemOpened",
        "stream": "ledger-c1",
        "revision": 0,
        "position": stored.commit_position,
        "data": {"number": "3", "open_amount": "1.00"},
        "meta": {"$correlationId": "corr-1", "schema": 1},
    }
    assert rig.received[0].headers == {"correlation_id": "corr-1"}


def test_events_come_in_order_while_the_relay_runs_and_after_it_was_away(rig: Rig) -> None:
    rig.open(*range(1, 501))
    rig.start()
    rig.open(*range(501, 601))
    wait_until(lambda: len(rig.numbers()) == 600, 30, rig.relay.tail)
    rig.relay.stop()
    rig.open(601)
    rig.start()
    wait_until(lambda: len(rig.numbers()) == 601, 20, rig.relay.tail)
    assert rig.numbers() == list(range(1, 602))


def test_killed_after_publishing_it_publishes_the_same_events_again_and_loses_none(rig: Rig, tmp_path: Path) -> None:
    rig.open(*range(1, 11))
    flag = tmp_path / "flag"
    flag.touch()
    rig.start(PORTICO_KILL_AT=f"{SERVICE}.after_publish:{flag}")
    assert rig.relay.wait() == -9
    assert rig.position() == 0
    rig.start()
    every = list(range(1, 11))
    wait_until(lambda: len(rig.numbers()) > 10 and rig.numbers()[-10:] == every, 20, rig.relay.tail)
    before = rig.numbers()[:-10]
    assert before == every[: len(before)]
    assert before
    wait_until(lambda: rig.position() > 0, 20, rig.relay.tail)


@pytest.mark.parametrize(("data", "schema"), [(b"{}", 9), (b"no JSON", 1)])
def test_what_stands_before_an_event_that_cannot_be_read_is_published_and_the_event_is_named(
    rig: Rig, data: bytes, schema: int
) -> None:
    rig.open(1, 2)
    broken = NewEvent("ItemOpened", data, dumps({"schema": schema}))
    position = rig.store.append_to_stream("ledger-c2", current_version=StreamState.ANY, events=[broken])
    rig.open(3)
    rig.start()
    wait_until(
        lambda: f"stands before the event at position {position} (ItemOpened" in rig.relay.tail(), 20, rig.relay.tail
    )
    wait_until(lambda: rig.numbers() == [1, 2], 20, rig.relay.tail)
    assert 0 < rig.position() < position


def test_the_checkpoint_moves_past_what_is_not_published(rig: Rig) -> None:
    rig.start()
    rig.open(1)
    wait_until(lambda: rig.position() > 0, 20, rig.relay.tail)
    before = rig.position()
    for number in range(2, 2000, 100):
        rig.open(*range(number, number + 100), type="InvoiceRecorded", stream="documents-c1")
    wait_until(lambda: rig.position() > before, 20, rig.relay.tail)
    assert rig.numbers() == [1]


def test_a_store_that_was_killed_is_followed_on(rig: Rig, own_store: LocalStore) -> None:
    rig.start()
    rig.open(1)
    wait_until(lambda: rig.numbers() == [1], 20, rig.relay.tail)
    own_store.kill()
    wait_until(lambda: "relay waits" in rig.relay.tail(), 20, rig.relay.tail)
    own_store.start()
    rig.open(2)
    wait_until(lambda: rig.numbers() == [1, 2], 20, rig.relay.tail)


def test_a_broker_that_was_killed_gets_all_events_and_one_that_lost_its_folder_gets_all_again(
    own_store: LocalStore, mortal_rabbit: RabbitNode, tmp_path: Path
) -> None:
    node = mortal_rabbit
    rig = Rig(make_settings(tmp_path / "var", node.vhost("own"), own_store.uri), tmp_path)
    try:
        rig.start(TOY_LISTENERS="note:first")
        rig.open(1)
        wait_until(lambda: rig.numbers() == [1], 20, rig.relay.tail)
        node.settle()
        node.kill()
        rig.open(*range(2, 52))
        node.start()
        wait_until(lambda: sorted(set(rig.numbers())) == list(range(1, 52)), 40, rig.relay.tail)

        rig.inbox.stop()  # its queue goes with the broker
        node.kill()
        shutil.rmtree(node.folder / "rabbitmq/mnesia")
        node.start()
        rig.open(52)
        node.vhost("own")
        rig.inbox = Inbox(rig.settings.amqp_uri, "test", [bus.reaction_queue(LISTENER, "note")])
        rig.received.clear()
        wait_until(lambda: rig.numbers()[-1:] == [52], 60, rig.relay.tail)
        assert rig.numbers() == list(range(1, 53))
    finally:
        rig.close()
