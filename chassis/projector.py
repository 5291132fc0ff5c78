"""The projector: a catch-up subscription turned into rows, exactly once.

Rows and checkpoint commit in one transaction. The checkpoint moves by compare-and-set on its position and on the
token of whoever started last, so a projector that was replaced while it slept writes nothing.
"""

from __future__ import annotations

import re
import sqlite3
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from esdbclient import Checkpoint

from chassis import log, metrics, readmodel
from chassis.codec import Codec
from chassis.killpoints import reach
from chassis.readmodel import Projection, Rows
from chassis.store import StoreClient

BATCH = 1000
MANY = 8
"""So many events at once are somebody's import, not a person's command: its commits and hints may be fewer."""
LINGER_SECONDS = 0.05
_END = object()
_log = log.get("projector")


class Fenced(Exception):
    """Another projector took over this read model; this one must stop writing."""


class Stuck(Exception):
    """An event that the read model cannot take; everything before it is in. `position` is the event's."""

    def __init__(self, model: str, event: Any, error: Exception) -> None:
        self.position: int = event.commit_position
        super().__init__(
            f"{model} stands before the event at position {self.position} ({event.type}, revision"
            f" {event.stream_position} of {event.stream_name}): {type(error).__name__}: {error}. Update Portico, or"
            " have the read model do without it: portico park"
        )


class Projector:
    """Keeps one read model of one service. `changed` is told (model, company → position) after each commit.

    That notice is a hint for open pages; whoever misses it finds the same numbers in the table of versions.
    """

    def __init__(
        self,
        service: str,
        projection: Projection,
        codec: Codec,
        path: Path,
        esdb_uri: str,
        changed: Callable[[str, dict[str, int]], None] | None = None,
        write_lock: threading.Lock | None = None,
        parked: Callable[[str], frozenset[int]] = lambda model: frozenset(),
    ) -> None:
        self.service = service
        self.projection = projection
        self.position = 0
        self.seen = 0
        self.events = 0
        self._oldest: Any = None
        self._codec = codec
        self._path = path
        self._uri = esdb_uri
        self._changed = changed or (lambda model, companies: None)
        self._write_lock = write_lock or threading.Lock()
        self._token = str(uuid.uuid4())
        self._parked_of = parked
        self._parked: frozenset[int] = frozenset()
        self._stuck: Stuck | None = None
        model = f"{service}.{projection.name}_v{projection.version}"
        metrics.PROJECTOR_LAG.labels(model).set_function(self.lag_seconds)
        metrics.PROJECTOR_POSITION.labels(model).set_function(lambda: self.position)

    def run(self, stop: threading.Event) -> None:
        """Project until `stop` is set; raises when the store fails, and Stuck when an event cannot be taken."""
        self._parked = self._parked_of(self.projection.name)
        connection = readmodel.connect(self._path)
        client = StoreClient(self._uri)
        subscription = None
        reader = None
        closed = threading.Event()
        try:
            with self._write_lock:
                self._take_over(connection)
            subscription = client.subscribe_to_all(
                commit_position=self.position or None,
                filter_by_stream_name=True,
                filter_include=stream_filter(self.projection.streams),
                include_checkpoints=True,
                window_size=1000,
            )
            inbox = _Inbox()
            reader = threading.Thread(target=_read, args=(subscription, inbox, closed), daemon=True)
            reader.start()
            self._consume(connection, inbox, stop)
        finally:
            closed.set()
            if subscription is not None:
                subscription.stop()
            client.close()
            if reader is not None:
                reader.join(5)
            connection.close()

    def status(self) -> dict[str, Any]:
        """Position and lag, for /status and metrics."""
        return {
            "model": self.projection.name,
            "version": self.projection.version,
            "position": self.position,
            "events": self.events,
            "lag_seconds": round(self.lag_seconds(), 3),
            **({"parked": len(self._parked)} if self._parked else {}),
            **({"stuck": self._stuck.position} if self._stuck else {}),
        }

    def lag_seconds(self) -> float:
        """The age of the oldest event that waits for its rows; 0 when none does."""
        recorded_at = getattr(self._oldest, "recorded_at", None)
        return 0.0 if recorded_at is None else max(0.0, time.time() - recorded_at.timestamp())

    def _take_over(self, connection: sqlite3.Connection) -> None:
        readmodel.create_tables(connection, [self.projection])
        model, version = self.projection.name, self.projection.version
        connection.execute("BEGIN IMMEDIATE")
        row = connection.execute(
            "SELECT position FROM checkpoints WHERE model = ? AND version = ?", (f"{model}_v{version}", version)
        ).fetchone()
        self.position = row["position"] if row else 0
        connection.execute(
            "INSERT INTO checkpoints (model, version, position, token) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (model) DO UPDATE SET token = excluded.token",
            (f"{model}_v{version}", version, self.position, self._token),
        )
        connection.execute("COMMIT")

    def _consume(self, connection: sqlite3.Connection, inbox: _Inbox, stop: threading.Event) -> None:
        while not stop.is_set():
            batch = inbox.take(BATCH, 0.5)
            if not batch:
                continue
            self._oldest = batch[0]
            ended = batch[-1] if isinstance(batch[-1], BaseException) or batch[-1] is _END else None
            if ended is not None:
                batch.pop()
            if batch:
                self._take(connection, batch)
            self._oldest = inbox.first()
            if isinstance(ended, BaseException):
                raise ended
            if ended is _END:
                return

    def _take(self, connection: sqlite3.Connection, batch: list[Any]) -> None:
        """Commit the batch; of one with an event that cannot be taken, what stands before that."""
        try:
            self._commit(connection, batch)
        except Stuck as stuck:
            before = [event for event in batch if event.commit_position < stuck.position]
            if before:
                self._commit(connection, before)
            self._stuck = stuck
            raise
        self._stuck = None

    def _commit(self, connection: sqlite3.Connection, batch: list[Any]) -> None:
        rows = Rows(connection)
        position, taken = batch[-1].commit_position, 0
        with self._write_lock:
            connection.execute("BEGIN IMMEDIATE")
            try:
                # First of all: what the one that took over has written is no fault of the events.
                self._move_checkpoint(connection, position)
                for event in batch:
                    if not isinstance(event, Checkpoint):
                        taken += self._project(connection, event, rows)
                self._move_versions(connection, rows.companies)
                if rows.companies:
                    reach(f"{self.service}.{self.projection.name}.before_commit")
                connection.execute("COMMIT")
            except BaseException:
                connection.execute("ROLLBACK")
                raise
        self.position = position
        self.events += taken
        if rows.companies:
            self._changed(self.projection.name, rows.companies)

    def _project(self, connection: sqlite3.Connection, event: Any, rows: Rows) -> bool:
        """Take the event in; False when it is parked and left out. Raises Stuck."""
        if event.commit_position in self._parked:
            return self._try_parked(connection, event, rows)
        try:
            self.projection.project(self._codec.recorded(event), rows)
        except sqlite3.OperationalError:
            raise  # the disk is full, say: it passes
        except Exception as error:
            raise Stuck(self.projection.name, event, error) from error
        return True

    def _try_parked(self, connection: sqlite3.Connection, event: Any, rows: Rows) -> bool:
        """Take the event in if that works by now, and leave no half of it if not."""
        connection.execute("SAVEPOINT parked")
        try:
            self.projection.project(self._codec.recorded(event), rows)
        except Exception as error:
            connection.execute("ROLLBACK TO parked")
            connection.execute("RELEASE parked")
            at = event.commit_position
            _log.warning("event left out", model=self.projection.name, position=at, reason=repr(error))
            return False
        connection.execute("RELEASE parked")
        return True

    def _move_checkpoint(self, connection: sqlite3.Connection, position: int) -> None:
        moved = connection.execute(
            "UPDATE checkpoints SET position = ? WHERE model = ? AND position = ? AND token = ?",
            (position, f"{self.projection.name}_v{self.projection.version}", self.position, self._token),
        )
        if moved.rowcount != 1:
            raise Fenced(f"another projector took over {self.projection.name}")

    def _move_versions(self, connection: sqlite3.Connection, companies: dict[str, int]) -> None:
        connection.executemany(
            "INSERT INTO readmodel_versions (model, company, position) VALUES (?, ?, ?)"
            " ON CONFLICT (model, company) DO UPDATE SET position = excluded.position",
            [(self.projection.name, company, at) for company, at in companies.items()],
        )


class _Inbox:
    """Events on their way from the subscription's thread to the projector's: bounded, and costs next to nothing.

    One thread puts, one takes. A `queue.Queue` takes two locks an event, which is a tenth of a rebuild.
    """

    def __init__(self) -> None:
        self._items: deque[Any] = deque()
        self._something = threading.Event()
        self._room = threading.Event()
        self._busy = False

    def put(self, item: Any, closed: threading.Event) -> bool:
        """Put it in when there is room; False when the taker has gone."""
        while len(self._items) >= 2 * BATCH:
            self._room.clear()
            if len(self._items) >= 2 * BATCH:
                self._room.wait(0.5)
            if closed.is_set():
                return False
        self._items.append(item)
        if not self._something.is_set():
            self._something.set()
        return not closed.is_set()

    def take(self, most: int, seconds: float) -> list[Any]:
        """What is there, at most so many, waiting so long for the first; of many a moment longer for more."""
        if not self._items:
            self._something.clear()
            if not self._items:
                self._something.wait(seconds)
        if (self._busy or len(self._items) >= MANY) and len(self._items) < most:
            time.sleep(LINGER_SECONDS)
        taken = [self._items.popleft() for _ in range(min(most, len(self._items)))]
        self._busy = len(taken) >= MANY
        if not self._room.is_set():
            self._room.set()
        return taken

    def first(self) -> Any:
        """What waits longest, or None."""
        return self._items[0] if self._items else None


def stream_filter(prefixes: Iterable[str]) -> tuple[str, ...]:
    """What a subscription includes: streams whose names begin so. Anchored each, for the client only joins them."""
    return tuple(f"^{re.escape(prefix)}.*" for prefix in prefixes)


def _read(subscription: Any, inbox: _Inbox, closed: threading.Event) -> None:
    end: Any = _END
    try:
        for event in subscription:
            if not inbox.put(event, closed):
                return
    except Exception as error:
        end = error
    inbox.put(end, closed)
