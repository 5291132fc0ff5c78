"""The one writer: takes every write that waits, decides each in turn, and commits them together.

Nobody is answered before the transaction that holds his events is on disk, and a transaction that fails
leaves nothing behind. Decisions follow EventStoreDB: an append is repeated without effect when its event ids
already stand where it wants them (for ANY and EXISTS: among the last RECENT_IDS events).
"""

import asyncio
import json
import queue
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import structlog

from localstore import metrics, wire
from localstore.errors import CannotWrite, DeadlineExceeded, StoreError, StreamDeleted, WrongVersion
from localstore.storage import (
    END_OF_TIME,
    NO_STREAM,
    NewRow,
    Row,
    Storage,
    check_not_deleted,
    is_metadata_stream,
    metadata_stream,
)
from localstore.wire import ANY, EXISTS, Proposed

MAX_WRITES = 1000  # in one transaction
MAX_BYTES = 8 * 1024 * 1024
RECENT_IDS = 50_000
CACHED_HEADS = 100_000

log = structlog.get_logger("localstore.writer")


class Written(NamedTuple):
    """Where an append ended: the stream's last revision and the last event's position (None: no event)."""

    revision: int
    position: int | None


@dataclass(frozen=True)
class Write:
    """An append, or one of the two ways to delete; `expected` is a revision or one of the special versions."""

    stream: str
    expected: int
    events: Sequence[Proposed]
    deadline: float | None = None  # on time.monotonic()
    tombstone: bool = False
    soft_delete: bool = False


@dataclass(slots=True)
class Head:
    """What a decision needs to know of a stream."""

    revision: int
    soft_deleted: bool


@dataclass
class Batch:
    """The writes of one transaction, with their outcomes in the same order."""

    waiting: list[tuple[Write, "asyncio.Future[Written]"]]
    outcomes: list[Written | StoreError] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


Publish = Callable[[list[Row]], None]


class Writer:
    """Owns the storage's writing connection and the thread that uses it."""

    def __init__(self, storage: Storage, loop: asyncio.AbstractEventLoop, publish: Publish) -> None:
        self._storage = storage
        self._loop = loop
        self._publish = publish
        self._queue: queue.SimpleQueue[tuple[Write, asyncio.Future[Written]] | None] = queue.SimpleQueue()
        self._heads: dict[str, Head] = {}
        self._recent: dict[bytes, tuple[str, int, int]] = {}
        self._position = 0
        self._stale = False  # after a failed commit, what is cached may not be what is stored
        self._load()
        self._thread = threading.Thread(target=self._run, name="writer")
        self._thread.start()

    @property
    def position(self) -> int:
        """The last committed position."""
        return self._position

    async def write(self, write: Write) -> Written:
        """Returns once the events are durable; raises the StoreError that refused them."""
        future: asyncio.Future[Written] = self._loop.create_future()
        self._queue.put((write, future))
        return await future

    def stop(self) -> None:
        """Commits what waits, then ends the thread."""
        self._queue.put(None)
        self._thread.join()

    # -- the writer thread

    def _load(self) -> None:
        self._heads.clear()
        self._position = self._storage.last_position(self._storage.writer)
        recent = self._storage.recent_ids(RECENT_IDS)
        self._recent = {event_id: (stream, revision, at) for event_id, stream, revision, at in recent}
        self._stale = False
        metrics.LAST_POSITION.set(self._position)

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            batch = Batch([first])
            size = _size(first[0])
            stopping = False
            while len(batch.waiting) < MAX_WRITES and size < MAX_BYTES:
                try:
                    following = self._queue.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    stopping = True
                    break
                batch.waiting.append(following)
                size += _size(following[0])
            self._commit(batch)
            self._loop.call_soon_threadsafe(self._deliver, batch)
            if stopping:
                return

    def _deliver(self, batch: Batch) -> None:
        """On the event loop: shows the new events to subscribers and answers the writers."""
        if batch.rows:
            self._publish(batch.rows)
        for (_, future), outcome in zip(batch.waiting, batch.outcomes, strict=True):
            if future.done():  # the client went away
                continue
            if isinstance(outcome, StoreError):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

    def _commit(self, batch: Batch) -> None:
        started = time.perf_counter()
        connection = self._storage.writer
        try:
            if self._stale:
                self._load()
            connection.execute("BEGIN IMMEDIATE")
            for write, _ in batch.waiting:
                batch.outcomes.append(self._decide(write, batch.rows))
            connection.execute("COMMIT")
        except Exception as error:  # whatever it was, nothing of this batch may be acknowledged
            self._roll_back(batch, error)
            return
        self._trim()
        metrics.COMMIT_SECONDS.observe(time.perf_counter() - started)
        metrics.EVENTS.inc(len(batch.rows))
        metrics.LAST_POSITION.set(self._position)

    def _roll_back(self, batch: Batch, error: Exception) -> None:
        log.error("commit failed", error=str(error), writes=len(batch.waiting), exc_info=not _is_disk(error))
        refusal = CannotWrite(f"the store cannot write in {self._storage.folder}: {error}; nothing was stored")
        batch.outcomes = [refusal] * len(batch.waiting)
        batch.rows = []
        self._stale = True
        if self._storage.writer.in_transaction:
            self._storage.writer.execute("ROLLBACK")

    def _decide(self, write: Write, rows: list[Row]) -> Written | StoreError:
        if write.deadline is not None and time.monotonic() > write.deadline:
            return DeadlineExceeded("the append's deadline passed before its turn")
        try:
            head = self._head(write.stream)
            repeated = self._check(write, head)
        except (WrongVersion, StreamDeleted) as refusal:
            return refusal
        if repeated is not None:
            return repeated
        if write.tombstone:
            grave = Proposed(uuid.uuid4(), "$streamDeleted", "application/octet-stream", b"", b"")
            return self._append(write.stream, [grave], rows, END_OF_TIME)
        if write.soft_delete:
            return self._set_truncation(write.stream, END_OF_TIME, rows)
        if head.soft_deleted and write.events:  # writing again to a deleted stream shows what is new only
            self._set_truncation(write.stream, head.revision + 1, rows)
        return self._append(write.stream, write.events, rows, head.revision + 1)

    def _check(self, write: Write, head: Head) -> Written | None:
        """None: go on. Otherwise the answer the same append got before; raises when it must be refused."""
        check_not_deleted(write.stream, head.revision)
        expected, current = write.expected, head.revision
        conflict = WrongVersion(write.stream, expected, current)
        if expected == EXISTS:
            if head.soft_deleted:
                raise StreamDeleted(write.stream)
            if current == NO_STREAM and self._head(metadata_stream(write.stream)).revision == NO_STREAM:
                raise conflict
        if expected in (ANY, EXISTS):
            return self._repeated_recently(write, conflict)
        if expected > current:
            raise conflict
        if expected < current:
            return self._repeated_at(write, head, conflict)
        return None

    def _repeated_recently(self, write: Write, conflict: WrongVersion) -> Written | None:
        found = [self._recent.get(event.id.bytes) for event in write.events]
        known = [place for place in found if place is not None and place[0] == write.stream]
        if not found or found[0] is None or found[0][0] != write.stream:
            return None
        if len(known) < len(found):
            raise conflict
        return Written(known[-1][1], known[-1][2])

    def _repeated_at(self, write: Write, head: Head, conflict: WrongVersion) -> Written | None:
        stored = self._storage.ids_after(write.stream, write.expected, len(write.events))
        same = [event.id.bytes for event in write.events] == [event_id for event_id, _, _ in stored]
        if same and stored:
            return Written(stored[-1][1], stored[-1][2])
        if write.expected == NO_STREAM and head.soft_deleted:
            return None
        raise conflict

    def _append(self, stream: str, events: Sequence[Proposed], rows: list[Row], revision: int) -> Written:
        if not events:
            return Written(revision - 1, None)
        created = str(time.time_ns() // 100)
        new = []
        for number, event in enumerate(events):
            self._position += 1
            at = revision + number
            body = wire.encode_event(stream, at, self._position, created, event)
            new.append(NewRow(self._position, stream, at, event.type, event.id.bytes, body))
            rows.append(Row(self._position, stream, at, event.type, body))
            self._recent[event.id.bytes] = (stream, at, self._position)
        self._storage.insert(new)
        last = new[-1].revision
        self._head(stream).revision = last
        if is_metadata_stream(stream):
            self._heads.pop(stream[2:], None)  # its retention may have changed
        return Written(last, self._position)

    def _set_truncation(self, stream: str, revision: int, rows: list[Row]) -> Written:
        """Writes the stream's metadata again with $tb at `revision`."""
        connection = self._storage.writer
        body = self._storage.metadata_body(connection, stream)
        known = wire.metadata_of(body)
        data = json.dumps(known | {"$tb": revision}).encode()
        event = Proposed(uuid.uuid4(), "$metadata", "application/json", b"", data)
        head = self._head(metadata_stream(stream))
        return self._append(metadata_stream(stream), [event], rows, head.revision + 1)

    def _head(self, stream: str) -> Head:
        head = self._heads.get(stream)
        if head is None:
            connection = self._storage.writer
            soft_deleted = not is_metadata_stream(stream) and (
                wire.retention_of(self._storage.metadata_body(connection, stream)).soft_deleted
            )
            head = Head(self._storage.last_revision(connection, stream), soft_deleted)
            self._heads[stream] = head
        return head

    def _trim(self) -> None:
        """Forgets the oldest of what is cached, between transactions."""
        for cache, limit in ((self._recent, RECENT_IDS), (self._heads, CACHED_HEADS)):
            surplus = len(cache) - limit  # type: ignore[arg-type]
            for key in [key for key, _ in zip(cache, range(surplus), strict=False)]:  # type: ignore[call-overload]
                del cache[key]  # type: ignore[attr-defined]


def _size(write: Write) -> int:
    return sum(len(event.data) + len(event.metadata) for event in write.events)


def _is_disk(error: Exception) -> bool:
    return isinstance(error, sqlite3.OperationalError)
