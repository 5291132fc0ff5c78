"""Each listener gets all events from where it begins on: a new one, one that was away, one whose queue is lost."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from esdbclient import EventStoreDBClient, StreamState

from chassis import bus
from chassis.codec import loads
from chassis.config import Settings
from chassis.link import Inbox
from tests.service.chassis_bus.helpers import items
from tests.service.chassis_bus.toy_documents import SERVICE
from tests.service.chassis_bus.worker import LISTENER, reactions
from tests.support.processes import LocalStore, Process
from tests.support.rabbit import RabbitNode
from tests.support.settings import environment, make_settings
from tests.support.waiting import wait_until

LISTENERS = ("old", "late", "new")
POINTS = ("before_mark", "after_mark", "mid_catch_up")


class Rig:
    """The relay's process, its store, and the queues of its listeners, which nobody consumes."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.ready = folder / "ready"
        arguments = ["-m", "tests.service.chassis_bus.worker", "relay", str(self.ready)]
        self.relay = Process(arguments, folder / "relay.log", environment(settings))
        self.store = EventStoreDBClient(settings.esdb_uri)
        self.last = 0

    def start(self, listeners: str, **env: str) -> None:
        """`listeners` is like "one:first other:now"."""
        self.relay.stop()
        self.ready.unlink(missing_ok=True)
        self.relay.start(self.ready.exists, 20, TOY_LISTENERS=listeners, **env)

    def open(self, numbers: range) -> None:
        """Append an event for each number."""
        for start in range(numbers.start, numbers.stop, 500):
            chunk = items(*range(start, min(start + 500, numbers.stop)))
            self.last = self.store.append_to_stream("ledger-c1", current_version=StreamState.ANY, events=chunk)

    def kept(self) -> sqlite3.Row:
        """What the relay has kept: position, mark of the broker, how many listeners are behind."""
        with closing(sqlite3.connect(self.settings.state_db(SERVICE), timeout=30)) as connection:
            connection.row_factory = sqlite3.Row
            behind = "(SELECT count(*) FROM relay_listeners WHERE behind IS NOT NULL) AS behind"
            none = f"SELECT 0 AS position, '' AS broker, {behind}"
            statement = f"SELECT position, broker, {behind} FROM relay_checkpoint UNION ALL {none} LIMIT 1"
            row: sqlite3.Row = connection.execute(statement).fetchone()
            return row

    def wait_told(self, not_on: str = "") -> None:
        """Wait until everybody has been told everything, on another broker than `not_on`."""

        def told() -> bool:
            kept = self.kept()
            return kept["position"] >= self.last and not kept["behind"] and kept["broker"] != not_on

        wait_until(told, 60, self.relay.tail)

    def queue(self, name: str) -> str:
        """The queue of a listener."""
        return bus.reaction_queue(LISTENER, name)

    def got(self, name: str) -> list[int]:
        """The numbers of all events in the queue of a listener, in order; they stay there."""
        with closing(bus.connect(self.settings.amqp_uri, "test")) as connection:
            channel = connection.channel()
            bodies = iter(lambda: channel.basic_get(self.queue(name))[2], None)
            return [int(loads(body)["data"]["number"]) for body in bodies]

    def declare(self, listeners: str) -> None:
        """Declare the topology with these listeners."""
        with closing(bus.connect(self.settings.amqp_uri, "test")) as connection:
            bus.declare_reactions(connection.channel(), LISTENER, reactions(listeners))

    def lose_queues(self, mark: str = "") -> None:
        """Take from the broker what a new one does not have."""
        with closing(bus.connect(self.settings.amqp_uri, "test")) as connection:
            channel = connection.channel()
            for name in LISTENERS:
                channel.queue_delete(self.queue(name))
            channel.exchange_delete(f"{SERVICE}.relay.{mark}")

    def close(self) -> None:
        self.relay.stop()
        self.store.close()


@pytest.fixture(scope="module")
def uri(new_vhost: Callable[[], str]) -> str:
    return new_vhost()


@pytest.fixture
def rig(uri: str, own_store: LocalStore, tmp_path: Path) -> Iterator[Rig]:
    made = Rig(make_settings(tmp_path / "var", uri, own_store.uri), tmp_path)
    made.lose_queues()
    yield made
    made.close()


def test_a_reaction_added_later_begins_where_it_says(rig: Rig) -> None:
    rig.start("old:first")
    rig.open(range(1, 301))
    rig.wait_told()
    rig.declare("new:now")  # as its own service does, while the relay of the release before goes on
    rig.open(range(301, 306))
    rig.wait_told()
    rig.start("old:first late:first new:now")
    rig.open(range(306, 311))
    rig.wait_told()
    rig.start("old:first late:first new:now")
    rig.open(range(311, 316))
    rig.wait_told()
    assert rig.got("old") == rig.got("late") == list(range(1, 316))
    assert rig.got("new") == list(range(306, 316))


def test_a_broker_that_lost_its_queues_meanwhile_gets_everything_again_from_where_each_begins(
    rabbit: RabbitNode, own_store: LocalStore, tmp_path: Path
) -> None:
    with closing(Rig(make_settings(tmp_path / "var", rabbit.vhost("lost"), own_store.uri), tmp_path)) as rig:
        _lose_and_find(rig, rabbit)


def _lose_and_find(rig: Rig, rabbit: RabbitNode) -> None:
    rig.start("old:first")
    rig.open(range(1, 251))
    rig.wait_told()
    rig.start("old:first new:now")
    rig.open(range(251, 261))
    rig.wait_told()
    mark = rig.kept()["broker"]

    rabbit.ctl("delete_vhost", "lost")
    rabbit.vhost("lost")
    rig.wait_told(not_on=mark)  # nothing need happen for the loss to be found
    rig.open(range(261, 264))
    rig.wait_told()
    assert rig.got("old") == list(range(1, 264))
    assert rig.got("new") == list(range(251, 264))

    mark = rig.kept()["broker"]
    rig.start("old:first new:now")
    rig.open(range(264, 265))
    rig.wait_told()
    assert rig.kept()["broker"] == mark, "the same broker is known again"
    assert sorted(rig.got("new")) == list(range(251, 265))


@pytest.mark.parametrize("point", POINTS)
def test_a_relay_killed_while_it_begins_again_loses_none(rig: Rig, tmp_path: Path, point: str) -> None:
    rig.start("old:first")
    rig.open(range(1, 451))
    rig.wait_told()
    rig.relay.stop()
    rig.lose_queues(rig.kept()["broker"])
    flag = tmp_path / "flag"
    flag.touch()
    rig.start("old:first", PORTICO_KILL_AT=f"{SERVICE}.{point}:{flag}")
    assert rig.relay.wait() == -9
    rig.start("old:first")
    rig.open(range(451, 452))
    rig.wait_told()
    got = rig.got("old")
    again = 200 if point == "mid_catch_up" else 0
    assert got == [*range(1, again + 1), *range(1, 452)]


def test_a_listener_that_was_away_for_thousands_of_events_gets_each_in_order(
    rig: Rig, rabbit: RabbitNode, tmp_path: Path
) -> None:
    count = 5000
    rig.open(range(1, count + 1))
    flag = tmp_path / "flag"
    flag.write_text("stop")
    rig.start("old:first", PORTICO_KILL_AT=f"{SERVICE}.after_publish:{flag}")
    wait_until(rig.relay.is_stopped, 30, rig.relay.tail)
    for signum in (signal.SIGTERM, signal.SIGCONT):
        os.kill(rig.relay.pid, signum)
    assert rig.relay.wait() == 0, "told to stop in the middle, it does so in order"
    assert rig.kept()["position"] < rig.last
    rig.start("old:first")
    rig.wait_told()
    limits = rabbit.ctl(
        "list_queues",
        "-p",
        rig.settings.amqp_uri.rpartition("/")[2],
        "name",
        "arguments",
        "policy",
        "--formatter",
        "json",
    )
    (queue,) = [one for one in loads(limits) if one["name"] == rig.queue("old")]
    given = {argument[0] for argument in queue["arguments"]}
    assert not given & {"x-expires", "x-message-ttl", "x-max-length", "x-max-length-bytes"}, "nothing makes them vanish"

    first: list[int] = []
    again: list[int] = []
    for enough in (1500, count):  # the first consumer ends with some that it has not acknowledged
        inbox = Inbox(rig.settings.amqp_uri, "test", [rig.queue("old")], prefetch=500)
        while len({*first, *again}) < enough:
            taken = inbox.take(100, wait=20)
            assert taken, f"{len(first)} and {len(again)} of {enough}"
            for delivery in taken:
                (again if delivery.redelivered else first).append(int(loads(delivery.body)["data"]["number"]))
            inbox.ack(taken)
        inbox.stop()
    assert {*first, *again} == set(range(1, count + 1))
    assert len(set(first)) == len(first), "the relay that was stopped has published nothing twice"
    assert first == sorted(first), "what comes for the first time comes in order"
