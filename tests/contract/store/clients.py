"""esdbclient's two clients behind one blocking interface, so that each test runs on both."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from typing import Any, TypeAlias

from esdbclient import AsyncEventStoreDBClient, EventStoreDBClient, NewEvent

SECONDS = 20.0  # no call of a test takes longer


class BlockingAsyncClient:
    """An AsyncEventStoreDBClient on a loop in a thread; every method waits for its result."""

    def __init__(self, uri: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._client: AsyncEventStoreDBClient = self._run(self._connect(uri))

    @staticmethod
    async def _connect(uri: str) -> AsyncEventStoreDBClient:
        client = AsyncEventStoreDBClient(uri)
        await client.connect()
        return client

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            result = self._run(method(*args, **kwargs))
            return BlockingIterator(self._run, result) if hasattr(result, "__anext__") else result

        return call

    def _run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(SECONDS)

    def close(self) -> None:
        """Close the client, then its loop."""
        self._run(self._client.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SECONDS)
        self._loop.close()


class BlockingIterator:
    """An async read or subscription, iterated from the test's thread."""

    def __init__(self, run: Any, source: Any) -> None:
        self._run = run
        self._source = source

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        async def step() -> tuple[Any, ...]:
            try:
                return (await self._source.__anext__(),)
            except StopAsyncIteration:
                return ()

        found = self._run(step())
        if not found:
            raise StopIteration
        return found[0]

    def stop(self) -> None:
        """End the call."""
        self._run(self._source.stop())


Client: TypeAlias = Any  # one of the two below: what they share is names and arguments, not a type
CLIENTS: dict[str, type[Any]] = {"sync": EventStoreDBClient, "async": BlockingAsyncClient}


def event(number: int = 0, kind: str = "OrderPlaced", data: bytes = b"") -> NewEvent:
    """A new event; its data is its number unless given."""
    return NewEvent(type=kind, data=data or b'{"number": %d}' % number, metadata=b'{"actor": "contact-7"}')


def events(count: int, kind: str = "OrderPlaced", first: int = 0) -> list[NewEvent]:
    """New events numbered from `first` on."""
    return [event(number, kind) for number in range(first, first + count)]


def ids(found: Any) -> list[Any]:
    """The event ids, in order."""
    return [one.id for one in found]


def until(subscription: Any, count: int) -> list[Any]:
    """The next `count` recorded events of a subscription; caught-up and checkpoints are passed over."""
    found: list[Any] = []
    for one in subscription:
        if not one.is_checkpoint and not one.is_caught_up:
            found.append(one)
            if len(found) == count:
                return found
    raise AssertionError(f"the subscription ended after {len(found)} of {count} events")
