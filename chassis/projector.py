"""The projector: a catch-up subscription turned into rows, exactly once.

Rows and checkpoint commit in one transaction. The checkpoint moves by compare-and-set on its position and on the
token of whoever started last, so a projector that was replaced while it slept writes nothing.
"""

from __future__ import annotations

import queue
import re
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from esdbclient import Checkpoint, EventStoreDBClient

from chassis import log, metrics, readmodel
from chassis.codec import Codec
from chassis.killpoints import reach
from chassis.readmodel import Projection, Rows

BATCH = 1000
_END = object()
_log = log.get("projector")


class Fenced(Exception):
    """Another projector took over this read model; this one must stop writing."""


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
    ) -> None:
        self.service = service
        self.projection = projection
        self.position = 0
        self.seen = 0
        self.events = 0
        self.behind_since: float | None = None
        self._codec = codec
        self._path = path
        self._uri = esdb_uri
        self._changed = changed or (lambda model, companies: None)
        self._write_lock = write_lock or threading.Lock()
        self._token = str(uuid.uuid4())
        model = f"{service}.{projection.name}_v{projection.version}"
        metrics.PROJECTOR_LAG.labels(model).set_function(self.lag_seconds)
        metrics.PROJECTOR_POSITION.labels(model).set_function(lambda: self.position)

    def run(self, stop: threading.Event) -> None:
        """Project until `stop` is set; raises when the store fails or an event is unknown."""
        connection = readmodel.connect(self._path)
        client = EventStoreDBClient(self._uri)
        subscription = None
        reader = None
        closed = threading.Event()
        try:
            with self._write_lock:
                self._take_over(connection)
            subscription = client.subscribe_to_all(
                commit_position=self.position or None,
                filter_by_stream_name=True,
                filter_include=tuple(re.escape(prefix) + ".*" for prefix in self.projection.streams),
                include_checkpoints=True,
                window_size=1000,
            )
            inbox: queue.Queue[Any] = queue.Queue(maxsize=2 * BATCH)
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
        }

    def lag_seconds(self) -> float:
        """For how long events have been waiting for their rows; 0 when there are none."""
        since = self.behind_since
        return 0.0 if since is None else time.monotonic() - since

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

    def _consume(self, connection: sqlite3.Connection, inbox: queue.Queue[Any], stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                batch = [inbox.get(timeout=0.5)]
            except queue.Empty:
                continue
            self.behind_since = self.behind_since or time.monotonic()
            while len(batch) < BATCH:
                try:
                    batch.append(inbox.get_nowait())
                except queue.Empty:
                    break
            ended = batch[-1] if isinstance(batch[-1], BaseException) or batch[-1] is _END else None
            if ended is not None:
                batch.pop()
            if batch:
                self._commit(connection, batch)
            if inbox.empty():
                self.behind_since = None
            if isinstance(ended, BaseException):
                raise ended
            if ended is _END:
                return

    def _commit(self, connection: sqlite3.Connection, batch: list[Any]) -> None:
        rows = Rows(connection)
        position = self.position
        with self._write_lock:
            connection.execute("BEGIN IMMEDIATE")
            try:
                for event in batch:
                    position = event.commit_position
                    if isinstance(event, Checkpoint):
                        continue
                    self.projection.project(self._codec.recorded(event), rows)
                    self.events += 1
                self._move_checkpoint(connection, position, rows.companies)
                if rows.companies:
                    reach(f"{self.service}.before_commit")
                connection.execute("COMMIT")
            except BaseException:
                connection.execute("ROLLBACK")
                raise
        self.position = position
        if rows.companies:
            self._changed(self.projection.name, rows.companies)

    def _move_checkpoint(self, connection: sqlite3.Connection, position: int, companies: dict[str, int]) -> None:
        moved = connection.execute(
            "UPDATE checkpoints SET position = ? WHERE model = ? AND position = ? AND token = ?",
            (position, f"{self.projection.name}_v{self.projection.version}", self.position, self._token),
        )
        if moved.rowcount != 1:
            raise Fenced(f"another projector took over {self.projection.name}")
        connection.executemany(
            "INSERT INTO readmodel_versions (model, company, position) VALUES (?, ?, ?)"
            " ON CONFLICT (model, company) DO UPDATE SET position = excluded.position",
            [(self.projection.name, company, at) for company, at in companies.items()],
        )


def _read(subscription: Any, inbox: queue.Queue[Any], closed: threading.Event) -> None:
    end: Any = _END
    try:
        for event in subscription:
            if not _offer(inbox, event, closed):
                return
    except Exception as error:
        end = error
    _offer(inbox, end, closed)


def _offer(inbox: queue.Queue[Any], item: Any, closed: threading.Event) -> bool:
    while not closed.is_set():
        try:
            inbox.put(item, timeout=0.5)
            return True
        except queue.Full:
            continue
    return False
