"""Writers that append until their store goes away, and what must hold of a store that was killed under them."""

from __future__ import annotations

import random
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from uuid import UUID

from esdbclient import EventStoreDBClient, NewEvent, StreamState
from esdbclient.exceptions import EventStoreDBClientException

from localstore import copies
from tests.support.processes import LocalStore
from tests.support.waiting import wait_until

WRITERS = 8
SECONDS = 60.0  # for some hundred appends, on a slow machine


class Appender:
    """Appends to one stream, one append of one to four events after the other; every second one expects no version.

    It remembers each append that was acknowledged, and the one that nobody answered, which it sends again first.
    """

    def __init__(self, uri: str, number: int) -> None:
        self.uri = uri
        self.stream = f"order-{number}"
        self.appends: list[list[NewEvent]] = []
        self.under_way: list[NewEvent] = []
        self._any_version = number % 2 == 1
        self._thread = threading.Thread()

    @property
    def acknowledged(self) -> list[NewEvent]:
        """All events of the appends that were answered."""
        return [event for append in self.appends for event in append]

    def start(self) -> None:
        """Append until the store goes away."""
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def join(self) -> None:
        """Wait until the store has gone away."""
        self._thread.join(SECONDS)
        assert not self._thread.is_alive(), f"the appends to {self.stream} go on"

    def append(self, client: EventStoreDBClient) -> None:
        """One append: the one that was not answered, else a new one."""
        first = len(self.acknowledged)
        self.under_way = self.under_way or [
            NewEvent(type="OrderPlaced", data=b'{"number": %d}' % number)
            for number in range(first, first + 1 + len(self.appends) % 4)
        ]
        expected = StreamState.ANY if self._any_version else first - 1 if first else StreamState.NO_STREAM
        client.append_to_stream(self.stream, current_version=expected, events=self.under_way)
        self.appends.append(self.under_way)
        self.under_way = []

    def _run(self) -> None:
        with closing(EventStoreDBClient(self.uri)) as client:
            try:
                while True:
                    self.append(client)
            except EventStoreDBClientException:
                return


def kill_while_appending(store: LocalStore, kills: int, seed: int | str) -> list[str]:
    """Kill the store so many times in the middle of concurrent appends and start it again; what is wrong afterwards.

    After each start the appends that nobody answered are sent again, as a client does.
    """
    chance = random.Random(seed)
    appenders = [Appender(store.uri, number) for number in range(WRITERS)]
    for kill in range(1, kills + 1):
        start_and_wait(appenders, appends=chance.randint(50, 150))
        store.kill()
        for appender in appenders:
            appender.join()
        store.start()
        with closing(EventStoreDBClient(store.uri)) as client:
            if faults := list(faults_of(store, client, appenders)):
                return [f"kill {kill}: {fault}" for fault in faults]
            for appender in appenders:
                if appender.under_way:
                    appender.append(client)
            if faults := list(faults_of(store, client, appenders)):
                return [f"kill {kill}, sent again: {fault}" for fault in faults]
    return []


def start_and_wait(appenders: Sequence[Appender], appends: int) -> None:
    """Start them, and wait until so many more appends are acknowledged, some of each."""
    before = [len(one.appends) for one in appenders]
    for appender in appenders:
        appender.start()

    def enough() -> bool:
        more = [len(one.appends) - count for one, count in zip(appenders, before, strict=True)]
        return sum(more) >= appends and min(more) > 0

    wait_until(enough, SECONDS, f"{appends} appends")


def faults_of(store: LocalStore, client: EventStoreDBClient, appenders: Sequence[Appender]) -> Iterator[str]:
    """What the store, running, has otherwise than the appenders were told."""
    found = list(client.read_all(filter_exclude=[]))
    positions = [one.commit_position for one in found]
    if positions != list(range(1, len(positions) + 1)):
        yield f"the positions have a gap: {positions}"
    streams: dict[str, list[UUID]] = defaultdict(list)
    for one in found:
        if one.stream_position != len(streams[one.stream_name]):
            yield f"{one.stream_name} has revision {one.stream_position} after {len(streams[one.stream_name])} events"
        streams[one.stream_name].append(one.id)
    for appender in appenders:
        stored = streams.pop(appender.stream, [])
        acknowledged, under_way = ([one.id for one in some] for some in (appender.acknowledged, appender.under_way))
        if stored != acknowledged and stored != acknowledged + under_way:  # never a part of an append
            yield f"{appender.stream} has {len(stored)} events, acknowledged {len(acknowledged)} + {len(under_way)}"
        if stored and [one.id for one in client.get_stream(appender.stream)] != stored:
            yield f"{appender.stream} reads otherwise than in $all"
    if streams:
        yield f"nobody wrote {sorted(streams)}"
    yield from copies.verify(store.folder / "events.db").faults
