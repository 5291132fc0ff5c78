"""Appends of the worker's jobs: the same repository as the nameko process, on an asyncio loop of the job's thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TypeVar
from uuid import NAMESPACE_OID, UUID, uuid5

from chassis import log
from chassis.config import Settings
from chassis.errors import Unavailable
from chassis.messages import ALL_COMPANIES, Context, Event
from chassis.repository import Aggregate, Repository

S = TypeVar("S")
T = TypeVar("T")
_log = log.get(__name__)


class Stopped(Exception):
    """The worker is to end: what was begun goes on at the next start."""


class Streams:
    """A service's streams for one of its jobs; used by one thread, as a context. `channel` is that of its events."""

    def __init__(self, settings: Settings, service: str, channel: str, stop: threading.Event) -> None:
        self._service = service
        self._channel = channel
        self._ids = uuid5(NAMESPACE_OID, f"portico:{service}:jobs")
        self._repository = Repository(settings.esdb_uri, service)
        self._runner = asyncio.Runner()
        self._stop = stop

    def __enter__(self) -> Streams:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._runner.run(self._repository.close())
        self._runner.close()

    def load(self, aggregate: Aggregate[S], key: str) -> S:
        """The state of a stream; waits while the store is away."""
        loaded = self._patiently(lambda: self._runner.run(self._repository.load(aggregate, key)))
        return loaded.state

    def command_id(self, aggregate: Aggregate[S], key: str, what: str) -> UUID:
        """The id under which `what` is recorded of this stream."""
        return uuid5(self._ids, f"{aggregate.stream(key)}/{what}")

    def record(self, aggregate: Aggregate[S], key: str, what: str, decide: Callable[[S], Sequence[Event]]) -> None:
        """Append what `decide` says of the state, once for each `what`; waits while the store is away."""
        identity = self.command_id(aggregate, key, what)
        context = Context(identity, ALL_COMPANIES, self._service, self._channel, key)
        self._patiently(lambda: self._runner.run(self._repository.change(aggregate, key, context, decide, create=True)))

    def _patiently(self, call: Callable[[], T]) -> T:
        pause = 0.2
        while True:
            try:
                return call()
            except Unavailable as error:
                _log.warning("store away, the job waits", reason=error.message)
                if self._stop.wait(pause):
                    raise Stopped from error
                pause = min(pause * 2, 5.0)
