"""What the tests of the projector work with: a stream of numbers and its read model."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from esdbclient import EventStoreDBClient, NewEvent, StreamState

from chassis import readmodel
from chassis.codec import Codec, dumps
from chassis.config import Settings
from chassis.messages import Event
from chassis.parking import Parking
from chassis.projector import Projector, Stuck
from chassis.readmodel import NotThere
from chassis.statedb import StateDb, migrate
from tests.service.chassis_store.numbers import SERVICE, Counted, numbers
from tests.support.settings import environment
from tests.support.waiting import wait_until

_names = itertools.count(1)


class Bench:
    """A stream of this test's own, and a read model of it in a folder."""

    def __init__(self, settings: Settings) -> None:
        self.uri, self.folder = settings.esdb_uri, settings.var
        self.environment = environment(settings)
        self.database = readmodel.database(settings, SERVICE)
        self.prefix = f"counted{next(_names)}-"
        self.client = EventStoreDBClient(self.uri)
        self.told: list[tuple[str, dict[str, int]]] = []
        migrate(settings.state_db(SERVICE), SERVICE)
        self.parking = Parking(StateDb(settings.state_db(SERVICE)))

    def append(self, *numbers: int, type: str = "Counted") -> int:
        """Events of these numbers; the last one's commit position."""
        events = [NewEvent(type, dumps({"number": number}), metadata=b'{"schema":1}') for number in numbers]
        return self.client.append_to_stream(f"{self.prefix}1", current_version=StreamState.ANY, events=events)

    def projector(self, events: Iterable[type[Event]] = (Counted,), version: int = 1) -> Projector:
        """One on these data; two of them are two workers'. What it tells of changes is in `told`."""
        model, codec = numbers(self.prefix, version), Codec(events)
        return Projector(SERVICE, model, codec, self.database, self.uri, self._tell, parked=self.parking.of_model)

    def _tell(self, model: str, companies: dict[str, int]) -> None:
        self.told.append((model, companies))

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

    def numbers(self, version: int = 1) -> list[int]:
        """The rows; none before there is a table for them."""
        return [int(str(row[0])) for row in self.query(f"SELECT number FROM numbers_v{version} ORDER BY number")]

    def query(self, sql: str) -> list[tuple[object, ...]]:
        """Rows of a query; none before there is a table for them."""
        try:
            with self.database.reading() as execute:
                return [tuple(row) for row in execute(sql)]
        except NotThere:
            return []

    def stuck(self, projector: Projector) -> Stuck:
        """Run it until it cannot go on; why it could not."""
        with self.running(projector) as ended:
            wait_until(lambda: bool(ended), 20, "the projector stuck")
        [error] = ended
        assert isinstance(error, Stuck)
        return error
