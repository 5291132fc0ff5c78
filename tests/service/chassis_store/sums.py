"""An aggregate for tests: numbers that were added."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID, uuid4

from esdbclient import EventStoreDBClient, NewEvent, StreamState

from chassis.codec import Codec, dumps
from chassis.messages import Context, Event, Recorded
from chassis.repository import Aggregate, Repository

T = TypeVar("T")


@dataclass(frozen=True)
class Added(Event):
    """A number was added."""

    number: int


@dataclass(frozen=True)
class Sum:
    """What was added, in order of its kinds."""

    total: int = 0
    seen: frozenset[int] = frozenset()


class CountingCodec(Codec):
    """Counts the events that were read."""

    read = 0

    def recorded(self, event: Any) -> Recorded:
        """One more."""
        self.read += 1
        return super().recorded(event)


def evolve(state: Sum, event: Any) -> Sum:
    """Add it."""
    return Sum(state.total + event.number, state.seen | {event.number})


CODEC = CountingCodec([Added])
SUM: Aggregate[Sum] = Aggregate("sum", Sum(), evolve, lambda state: None, CODEC)


def context(command_id: UUID | None = None, content: str = "same") -> Context:
    """A command's context; `content` stands for its payload."""
    return Context(command_id or uuid4(), "C1", "test", "test", "corr", payload_hash=content)


def adding(number: int) -> Callable[[Sum], list[Event]]:
    """Decides to add it."""
    return lambda state: [Added(number)]


def run(store: str, work: Callable[[Repository], Awaitable[T]]) -> T:
    """Do the work with a fresh repository."""

    async def main() -> T:
        repository = Repository(store, "test")
        try:
            return await work(repository)
        finally:
            await repository.close()

    return asyncio.run(main())


def fill(store: str, key: str, count: int) -> None:
    """Events as commands would have made them, each with the number 1."""
    client = EventStoreDBClient(store)
    for start in range(0, count, 500):
        events = [
            NewEvent("Added", dumps(Added(1)), metadata=dumps({"schema": 1, "command": str(UUID(int=n)), "hash": "h"}))
            for n in range(start, min(start + 500, count))
        ]
        client.append_to_stream(SUM.stream(key), current_version=StreamState.ANY, events=events)
    client.close()
