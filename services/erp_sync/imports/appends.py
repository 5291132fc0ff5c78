"""Appends of the worker's jobs: the same repository as the nameko process, on an asyncio loop of the job's thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, TypeVar
from uuid import NAMESPACE_OID, uuid5

from chassis import log
from chassis.config import Settings
from chassis.errors import Unavailable
from chassis.messages import ALL_COMPANIES, Context, Event
from chassis.repository import Aggregate, Repository

S = TypeVar("S")
_IDS = uuid5(NAMESPACE_OID, "portico:erp_sync:jobs")
_log = log.get(__name__)


class Stopped(Exception):
    """The worker is to end: what was begun goes on at the next start."""


class Streams:
    """erp_sync's streams for one job; used by one thread, as a context."""

    def __init__(self, settings: Settings, stop: threading.Event) -> None:
        self._repository = Repository(settings.esdb_uri, "erp_sync")
        self._runner = asyncio.Runner()
        self._stop = stop

    def __enter__(self) -> Streams:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._runner.run(self._repository.close())
        self._runner.close()

    def load(self, aggregate: Aggregate[S], key: str) -> S:
        """The state of a stream; waits while the store is away."""
        return self._patiently(lambda: self._runner.run(self._repository.load(aggregate, key))).state

    def record(self, aggregate: Aggregate[S], key: str, what: str, decide: Callable[[S], Sequence[Event]]) -> None:
        """Append what `decide` says of the state, once for each `what`; waits while the store is away."""
        identity = uuid5(_IDS, f"{aggregate.stream(key)}/{what}")
        context = Context(identity, ALL_COMPANIES, "erp_sync", "erp", key)
        self._patiently(lambda: self._runner.run(self._repository.change(aggregate, key, context, decide, create=True)))

    def _patiently(self, call: Callable[[], Any]) -> Any:
        pause = 0.2
        while True:
            try:
                return call()
            except Unavailable as error:
                _log.warning("store away, the job waits", reason=error.message)
                if self._stop.wait(pause):
                    raise Stopped from error
                pause = min(pause * 2, 5.0)
