"""The projector: a catch-up subscription turned into rows, exactly once.

Rows and checkpoint commit in one transaction. Of several workers the one with the read model's lease works, the others
stand by. The checkpoint moves by compare-and-set on its position and on the token of whoever took the lease last, so a
projector that was replaced while it slept writes nothing; it stands by in its turn.
"""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from esdbclient import CaughtUp, Checkpoint

from chassis import log, metrics
from chassis.codec import Codec
from chassis.inbox import BATCH, END, Inbox
from chassis.killpoints import reach
from chassis.lease import LOOK_SECONDS, Holder, Lease
from chassis.readmodel import BUILDING, Database, Projection, Rows, is_building
from chassis.store import StoreClient

LOCK_SECONDS = 30
_log = log.get("projector")


class Fenced(Exception):
    """Another projector took over this read model; this one must stop writing."""


class Locked(Exception):
    """A replaced projector keeps the read model locked, and it cannot be ended from here."""

    def __init__(self, model: str, holder: Holder) -> None:
        super().__init__(f"{model} is locked by {holder}, which does not answer and cannot be ended from here: end it")


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
    """Keeps one read model of one service. `changed` is told (checkpoint, company → position) after each commit.

    That notice is a hint for open pages; whoever misses it finds the same numbers in the table of versions.
    """

    def __init__(
        self,
        service: str,
        projection: Projection,
        codec: Codec,
        database: Database,
        esdb_uri: str,
        changed: Callable[[str, dict[str, int]], None] | None = None,
        write_lock: threading.Lock | None = None,
        parked: Callable[[str], frozenset[int]] = lambda model: frozenset(),
    ) -> None:
        self.service = service
        self.projection = projection
        self.position = 0
        self.events = 0
        self.building = False
        self._oldest: Any = None
        self._codec = codec
        self._database = database
        self._uri = esdb_uri
        self._changed = changed or (lambda model, companies: None)
        self._write_lock = write_lock or threading.Lock()
        self._parked_of = parked
        self._parked: frozenset[int] = frozenset()
        self._stuck: Stuck | None = None
        self._lease = Lease(projection.checkpoint, database.connect_leases, self.lag_seconds)
        self._metrics_name = f"{service}.{projection.checkpoint}"

    def run(self, stop: threading.Event) -> None:
        """Project until `stop` is set, or stand by for the worker that does.

        Raises when store or database fail, and Stuck when an event cannot be taken.
        """
        try:
            while not stop.is_set():
                if not self._lease.claim():
                    self._stand_by()
                    stop.wait(LOOK_SECONDS)
                    continue
                self._show_metrics()
                with self._lease.renewed():
                    try:
                        self._work(stop)
                    except Fenced as fenced:
                        _log.warning("replaced", model=self.projection.name, reason=str(fenced))
                    else:
                        if not self._lease.lost.is_set():
                            return
                stop.wait(LOOK_SECONDS)
        finally:
            self._lease.close()

    def _work(self, stop: threading.Event) -> None:
        self._parked = self._parked_of(self.projection.name)
        connection = self._database.connect(self._lease.token)
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
                include_caught_up=self.building,
                window_size=1000,
            )
            inbox = Inbox()
            reader = threading.Thread(target=inbox.fill, args=(subscription, closed), daemon=True)
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
        """Position and lag, for /status and metrics; of one that stands by, for whom it does."""
        model = {"model": self.projection.name, "version": self.projection.version}
        holder = self._lease.holder
        if holder is not None:
            return {**model, "standing_by": f"for {holder}"}
        return {
            **model,
            "position": self.position,
            "events": self.events,
            "lag_seconds": round(self.lag_seconds(), 3),
            **({"building": True} if self.building else {}),
            **({"parked": len(self._parked)} if self._parked else {}),
            **({"stuck": self._stuck.position} if self._stuck else {}),
        }

    def lag_seconds(self) -> float:
        """The age of the oldest event that waits for its rows; 0 when none does."""
        recorded_at = getattr(self._oldest, "recorded_at", None)
        return 0.0 if recorded_at is None else max(0.0, time.time() - recorded_at.timestamp())

    def behind_seconds(self) -> float:
        """The read model's lag, whoever keeps it: of another worker's projector as that one told it last."""
        return self.lag_seconds() if self._lease.holder is None else self._lease.holder_lag

    def _stand_by(self) -> None:
        """What this one knew of the read model is another's to tell."""
        self._oldest, self._stuck = None, None
        for gauge in (metrics.PROJECTOR_LAG, metrics.PROJECTOR_POSITION, metrics.PROJECTOR_BUILDING):
            with contextlib.suppress(KeyError):
                gauge.remove(self._metrics_name)

    def _show_metrics(self) -> None:
        metrics.PROJECTOR_LAG.labels(self._metrics_name).set_function(self.lag_seconds)
        metrics.PROJECTOR_POSITION.labels(self._metrics_name).set_function(lambda: self.position)
        metrics.PROJECTOR_BUILDING.labels(self._metrics_name).set_function(lambda: self.building)

    def _take_over(self, connection: Any) -> None:
        """Make the tables, put our token at the checkpoint, and go on from its position."""
        replaced = self._lease.replaced
        self._database.wait_for_locks(connection, 1 if replaced else LOCK_SECONDS)
        try:
            self._put_token(connection)
        except self._database.passing as error:
            if replaced is None or not self._database.is_locked(error):
                raise
            # It was stopped in the middle of a transaction; nobody else can write until that ends.
            if not self._database.end(*replaced):
                raise Locked(self.projection.name, replaced[0]) from error
            self._database.wait_for_locks(connection, LOCK_SECONDS)
            self._put_token(connection)
        self._database.wait_for_locks(connection, LOCK_SECONDS)

    def _put_token(self, connection: Any) -> None:
        self._database.create_tables(connection, [self.projection])
        checkpoint, version = self.projection.checkpoint, self.projection.version
        with _transaction(connection):
            connection.execute(
                "INSERT INTO checkpoints (model, version, position, token) VALUES (?, ?, 0, ?)"
                " ON CONFLICT (model) DO UPDATE SET token = excluded.token",
                (checkpoint, version, self._lease.token),
            )
            row = connection.execute("SELECT position FROM checkpoints WHERE model = ?", (checkpoint,)).fetchone()
            building = is_building(self._database, connection.execute, checkpoint)
        self.position, self.building = row["position"], building

    def _consume(self, connection: Any, inbox: Inbox, stop: threading.Event) -> None:
        while not stop.is_set() and not self._lease.lost.is_set():
            batch = inbox.take(BATCH, 0.5)
            if not batch:
                continue
            self._oldest = batch[0]
            ended = batch[-1] if isinstance(batch[-1], BaseException) or batch[-1] is END else None
            if ended is not None:
                batch.pop()
            events = [event for event in batch if not isinstance(event, CaughtUp)]
            if events:
                self._take(connection, events)
            if self.building and len(events) < len(batch):
                self._built(connection)
            self._oldest = inbox.first()
            if isinstance(ended, BaseException):
                raise ended
            if ended is END:
                return

    def _take(self, connection: Any, batch: list[Any]) -> None:
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

    def _commit(self, connection: Any, batch: list[Any]) -> None:
        rows = Rows(connection)
        position, taken = batch[-1].commit_position, 0
        reach(f"{self.service}.{self.projection.name}.before_transaction")
        with self._write_lock, _transaction(connection):
            # First of all: what the one that took over has written is no fault of the events.
            self._move_checkpoint(connection, position)
            for event in batch:
                if not isinstance(event, Checkpoint):
                    taken += self._project(connection, event, rows)
            self._move_versions(connection, rows.companies)
            if rows.companies:
                reach(f"{self.service}.{self.projection.name}.before_commit")
        self.position = position
        self.events += taken
        if rows.companies:
            self._changed(self.projection.checkpoint, rows.companies)

    def _built(self, connection: Any) -> None:
        """All that was stored when it began is in: from now on it may lag, but is not taken for less than it is."""
        with self._write_lock, _transaction(connection):
            self._move_checkpoint(connection, self.position)
            connection.execute(f"DELETE FROM {BUILDING.name} WHERE model = ?", (self.projection.checkpoint,))
        self.building = False
        _log.info("built", model=self.projection.checkpoint, position=self.position, events=self.events)

    def _project(self, connection: Any, event: Any, rows: Rows) -> bool:
        """Take the event in; False when it is parked and left out. Raises Stuck."""
        if event.commit_position in self._parked:
            return self._try_parked(connection, event, rows)
        try:
            self.projection.project(self._codec.recorded(event), rows)
            rows.settle()
        except self._database.passing:
            raise
        except Exception as error:
            raise Stuck(self.projection.name, event, error) from error
        return True

    def _try_parked(self, connection: Any, event: Any, rows: Rows) -> bool:
        """Take the event in if that works by now, and leave no half of it if not."""
        connection.execute("SAVEPOINT parked")
        try:
            self.projection.project(self._codec.recorded(event), rows)
            rows.settle()
        except Exception as error:
            connection.execute("ROLLBACK TO parked")
            connection.execute("RELEASE parked")
            at = event.commit_position
            _log.warning("event left out", model=self.projection.name, position=at, reason=repr(error))
            return False
        connection.execute("RELEASE parked")
        return True

    def _move_checkpoint(self, connection: Any, position: int) -> None:
        moved = connection.execute(
            "UPDATE checkpoints SET position = ? WHERE model = ? AND position = ? AND token = ?",
            (position, self.projection.checkpoint, self.position, self._lease.token),
        )
        if moved.rowcount != 1:
            raise Fenced(f"another projector took over {self.projection.name}")

    def _move_versions(self, connection: Any, companies: dict[str, int]) -> None:
        connection.executemany(
            "INSERT INTO readmodel_versions (model, company, position) VALUES (?, ?, ?)"
            " ON CONFLICT (model, company) DO UPDATE SET position = excluded.position",
            [(self.projection.checkpoint, company, at) for company, at in companies.items()],
        )


@contextmanager
def _transaction(connection: Any) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def stream_filter(prefixes: Iterable[str]) -> tuple[str, ...]:
    """What a subscription includes: streams whose names begin so. Anchored each, for the client only joins them."""
    return tuple(f"^{re.escape(prefix)}.*" for prefix in prefixes)
