"""The projector against a real store: what stops it, what goes on without it, and who may write."""

from __future__ import annotations

import itertools
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from esdbclient import EventStoreDBClient, NewEvent, StreamState
from sqlalchemy import BigInteger, Column, MetaData, Table, Text

from chassis import readmodel
from chassis.codec import Codec, dumps
from chassis.messages import Event, Recorded
from chassis.parking import Parking
from chassis.projector import Fenced, Projector, Stuck
from chassis.readmodel import Projection, Rows
from chassis.statedb import StateDb, migrate
from tests.support.waiting import wait_until

_names = itertools.count(1)


@dataclass(frozen=True)
class Counted(Event):
    """A number was counted."""

    number: int


@dataclass(frozen=True)
class Future(Event):
    """An event of a later release."""

    number: int


NUMBERS = Table("numbers_v1", MetaData(), Column("number", BigInteger, primary_key=True), Column("company", Text))


def project(event: Recorded, rows: Rows) -> None:
    """A row a number; 13 is one too many, after its row was written."""
    rows.execute("INSERT INTO numbers_v1 VALUES (?, 'C1')", (event.data["number"],))
    if event.data["number"] == 13:
        raise ValueError("13 brings bad luck")
    rows.touch("C1", event.position)


class Bench:
    """A stream of this test's own, and a read model of it in a folder."""

    def __init__(self, store: str, folder: Path) -> None:
        self.uri, self.folder = store, folder
        self.prefix = f"counted{next(_names)}-"
        self.client = EventStoreDBClient(store)
        migrate(folder / "state.db", "cases")
        self.parking = Parking(StateDb(folder / "state.db"))

    def append(self, *numbers: int, type: str = "Counted") -> int:
        """Events of these numbers; the last one's commit position."""
        events = [NewEvent(type, dumps({"number": number}), metadata=b'{"schema":1}') for number in numbers]
        return self.client.append_to_stream(f"{self.prefix}1", current_version=StreamState.ANY, events=events)

    def projector(self, events: Iterable[type[Event]] = (Counted,)) -> Projector:
        """One on these data; two of them are two processes'."""
        projection = Projection("numbers", 1, (self.prefix,), (NUMBERS,), project)
        path = self.folder / "read.db"
        return Projector("cases", projection, Codec(events), path, self.uri, parked=self.parking.of_model)

    @contextmanager
    def running(self, projector: Projector) -> Iterator[list[BaseException]]:
        """It runs in here; what it ended with is in the list."""
        stop, ended = threading.Event(), list[BaseException]()

        def run() -> None:
            try:
                projector.run(stop)
            except BaseException as error:
                ended.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield ended
        finally:
            stop.set()
            thread.join(20)

    def numbers(self) -> list[int]:
        """The rows; none before there is a table for them."""
        with closing(readmodel.connect(self.folder / "read.db")) as connection:
            try:
                return [row[0] for row in connection.execute("SELECT number FROM numbers_v1 ORDER BY number")]
            except sqlite3.OperationalError:
                return []

    def stuck(self, projector: Projector) -> Stuck:
        """Run it until it cannot go on."""
        with self.running(projector) as ended:
            wait_until(lambda: bool(ended), 20, "the projector stuck")
        [error] = ended
        assert isinstance(error, Stuck)
        return error


@pytest.fixture
def bench(store: str, tmp_path: Path) -> Iterator[Bench]:
    """A fresh one."""
    bench = Bench(store, tmp_path)
    yield bench
    bench.client.close()


@pytest.mark.parametrize(("type", "number", "reason"), [("Future", 7, "Future"), ("Counted", 13, "bad luck")])
def test_an_event_that_cannot_be_taken_stops_the_read_model_before_it(
    bench: Bench, type: str, number: int, reason: str
) -> None:
    bench.append(1, 2, 3)
    position = bench.append(number, type=type)
    bench.append(4, 5)
    projector = bench.projector()
    error = bench.stuck(projector)
    assert projector.status()["events"] == 3
    assert error.position == projector.status()["stuck"] == position
    assert reason in str(error)
    assert f"position {position}" in str(error)
    assert bench.numbers() == [1, 2, 3]


def test_a_parked_event_is_left_out_whole_and_all_others_are_there(bench: Bench) -> None:
    bench.append(1)
    position = bench.append(13)
    bench.append(2)
    bench.parking.park("numbers", position, str(bench.stuck(bench.projector())))
    projector = bench.projector()
    with bench.running(projector) as ended:
        wait_until(lambda: 2 in bench.numbers(), 20, "the number after it")
        assert bench.numbers() == [1, 2]
        bench.append(3)
        wait_until(lambda: 3 in bench.numbers(), 20, "a later number")
        assert projector.status()["parked"] == 1
    assert not ended


def test_a_parked_event_is_taken_in_by_a_release_that_knows_it(bench: Bench) -> None:
    position = bench.append(7, type="Future")
    bench.append(8)
    bench.parking.park("numbers", position, "unknown")
    with bench.running(bench.projector([Counted, Future])):
        wait_until(lambda: bench.numbers() == [7, 8], 20, "both")


def test_what_is_parked_for_one_read_model_is_not_for_another(bench: Bench) -> None:
    position = bench.append(13)
    bench.parking.park("others", position, "bad luck")
    assert bench.stuck(bench.projector()).position == position
    assert [one.model for one in bench.parking.all()] == ["others"]
    assert bench.parking.release("others", position)
    assert not bench.parking.release("others", position)


def test_a_projector_that_was_replaced_writes_nothing_more(bench: Bench) -> None:
    bench.append(1)
    old = bench.projector()
    with bench.running(old) as ended_old:
        wait_until(lambda: bench.numbers() == [1], 20, "the first number")
        new = bench.projector()
        with bench.running(new) as ended_new:
            wait_until(lambda: new.position >= old.position, 20, "the new one up to date")
            bench.append(2)
            wait_until(lambda: bench.numbers() == [1, 2], 20, "the second number, once")
            wait_until(lambda: bool(ended_old), 20, "the old one fenced")
            bench.append(3)
            wait_until(lambda: bench.numbers() == [1, 2, 3], 20, "the third number")
        assert not ended_new
    assert [type(error) for error in ended_old] == [Fenced]
