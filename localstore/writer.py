"""The one writer: takes every write that waits, decides each in turn, and commits them together.

Nobody is answered before the transaction that holds his events is on disk, and a transaction that fails
leaves nothing behind. Decisions follow EventStoreDB: an append is repeated without effect when its event ids
already stand where it wants them (for ANY and EXISTS: among the last RECENT_IDS events).
"""

import asyncio
import contextlib
import enum
import json
import queue
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple, TypeVar

import structlog

from localstore import metrics, wire
from localstore.errors import CannotWrite, DeadlineExceeded, StoreError, StreamDeleted, WrongVersion
from localstore.feed import Feed
from localstore.storage import (
    END_OF_TIME,
    NO_STREAM,
    Row,
    Storage,
    is_metadata_stream,
    metadata_stream,
)
from localstore.wire import ANY, EXISTS, Proposed

MAX_WRITES = 1000  # in one transaction
MAX_BYTES = 256 * 1024  # more gains nothing: who is answered meanwhile prepares his next append
GATHER_SECONDS, SMALL_BYTES = 0.005, 8 * 1024
"""Where several write at once, a small write waits so long for company: a transaction costs the processor as much as
thirty such writes, so few large ones leave it more time to take and answer calls. Who writes alone does not wait."""
RECENT_IDS = 50_000
CACHED_HEADS = 100_000
NOWHERE = ("", NO_STREAM, 0)
WAKE_SECONDS, LATEST_WAKE_SECONDS = 0.002, 0.015
"""Subscriptions are woken so long after a commit: its writers are answered first, and commits that follow wake once.
While more writes wait, that is put off, until the latest."""

WRITTEN = metrics.APPENDS.labels("written")

K = TypeVar("K")
V = TypeVar("V")
log = structlog.get_logger("localstore.writer")


class Written(NamedTuple):
    """Where an append ended: the stream's last revision and the last event's position (None: no event)."""

    revision: int
    position: int | None


class Kind(enum.Enum):
    """What a write does to its stream."""

    APPEND = enum.auto()
    SOFT_DELETE = enum.auto()
    TOMBSTONE = enum.auto()


class Write(NamedTuple):
    """An append, or one of the two ways to delete; `expected` is a revision or one of the special versions."""

    stream: str
    expected: int
    events: Sequence[Proposed]
    deadline: float | None = None  # on time.monotonic()
    kind: Kind = Kind.APPEND


@dataclass(slots=True)
class Head:
    """What a decision needs to know of a stream."""

    revision: int  # of the last event; NO_STREAM, or END_OF_TIME for a tombstone
    soft_deleted: bool
    has_metadata: bool


@dataclass
class Batch:
    """The writes of one transaction, with their outcomes in the same order."""

    waiting: list[tuple[Write, "asyncio.Future[Written]"]]
    outcomes: list[Written | StoreError] = field(default_factory=list)
    appends: list[list[Row]] = field(default_factory=list)
    inserted: int = 0  # how many of the appends are in the table already


class Writer:
    """Owns the storage's writing connection and the thread that uses it."""

    def __init__(self, storage: Storage, loop: asyncio.AbstractEventLoop, feed: Feed) -> None:
        self._storage = storage
        self._loop = loop
        self._feed = feed
        self._queue: queue.SimpleQueue[tuple[Write, asyncio.Future[Written]] | None] = queue.SimpleQueue()
        self._heads: dict[str, Head] = {}
        self._recent: dict[str, tuple[str, int, int]] = {}
        self._position = 0
        self._several = False  # whether the last transaction had more than one write
        self._stale = False  # after a failed commit, what is cached may not be what is stored
        self._waking: asyncio.TimerHandle | None = None
        self._load()
        feed.position = self._position
        self._thread = threading.Thread(target=self._run, name="writer")
        self._thread.start()

    @property
    def position(self) -> int:
        """The last position that readers see."""
        return self._feed.position

    def write(self, write: Write) -> "asyncio.Future[Written]":
        """Done once the events are durable, or failed with the StoreError that refused them."""
        future: asyncio.Future[Written] = self._loop.create_future()
        self._queue.put((write, future))
        return future

    def close(self) -> None:
        """Commits what waits, then ends the thread."""
        self._queue.put(None)
        self._thread.join()

    # -- the writer thread

    def _load(self) -> None:
        self._heads.clear()
        self._position = self._storage.last_position()
        recent = self._storage.ids(None, self._position - RECENT_IDS)
        self._recent = {event_id: (stream, revision, at) for event_id, stream, revision, at in recent}
        self._stale = False
        metrics.LAST_POSITION.set(self._position)

    def _run(self) -> None:
        while batch := self._next_batch():
            self._commit(batch)
            self._loop.call_soon_threadsafe(self._deliver, batch)

    def _next_batch(self) -> Batch | None:
        """Waits for a write and takes all that wait behind it; None: the end."""
        first = self._queue.get()
        if first is None:
            return None
        batch, size = Batch([first]), _size(first[0])
        if self._several and size < SMALL_BYTES:
            time.sleep(GATHER_SECONDS)
        with contextlib.suppress(queue.Empty):
            while len(batch.waiting) < MAX_WRITES and size < MAX_BYTES:
                following = self._queue.get_nowait()
                if following is None:
                    self._queue.put(None)  # for the next turn
                    break
                batch.waiting.append(following)
                size += _size(following[0])
        self._several = len(batch.waiting) > 1
        return batch

    def _deliver(self, batch: Batch) -> None:
        """On the event loop: shows the new events to readers, answers the writers, has the subscriptions woken."""
        for rows in batch.appends:
            self._feed.add(rows)
        for (_, future), outcome in zip(batch.waiting, batch.outcomes, strict=True):
            if isinstance(outcome, StoreError):
                metrics.APPENDS.labels(type(outcome).__name__).inc()
            if future.done():
                continue  # the client went away
            if isinstance(outcome, StoreError):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)
        if batch.appends and self._waking is None:
            self._waking = self._loop.call_later(WAKE_SECONDS, self._wake, self._loop.time() + LATEST_WAKE_SECONDS)

    def _wake(self, latest: float) -> None:
        if self._queue.qsize() and self._loop.time() < latest:
            self._waking = self._loop.call_later(WAKE_SECONDS, self._wake, latest)
            return
        self._waking = None
        self._feed.wake()

    def _commit(self, batch: Batch) -> None:
        started = time.perf_counter()
        connection = self._storage.writer
        try:
            if self._stale:
                self._load()
            connection.execute("BEGIN IMMEDIATE")
            self._find_heads({write.stream for write, _ in batch.waiting})
            for write, _ in batch.waiting:
                try:
                    batch.outcomes.append(self._decide(write, batch))
                except StoreError as refusal:
                    batch.outcomes.append(refusal)
            self._insert(batch)
            connection.execute("COMMIT")
        except Exception as error:  # whatever it was, nothing of this batch may be acknowledged
            self._roll_back(batch, error)
            return
        self._trim()
        metrics.COMMIT_SECONDS.observe(time.perf_counter() - started)
        metrics.EVENTS.inc(sum(map(len, batch.appends)))
        WRITTEN.inc(sum(isinstance(outcome, Written) for outcome in batch.outcomes))
        metrics.LAST_POSITION.set(self._position)

    def _roll_back(self, batch: Batch, error: Exception) -> None:
        log.error("commit failed", error=str(error), writes=len(batch.waiting), exc_info=error)
        refusal = CannotWrite(f"the store cannot write in {self._storage.folder}: {error}; nothing was stored")
        batch.outcomes = [refusal] * len(batch.waiting)
        batch.appends = []
        self._stale = True
        with contextlib.suppress(sqlite3.Error):  # then the next BEGIN fails too, and refuses in turn
            if self._storage.writer.in_transaction:
                self._storage.writer.execute("ROLLBACK")

    def _decide(self, write: Write, batch: Batch) -> Written:
        """Does one write in the open transaction; raises the StoreError that refuses it."""
        if write.deadline is not None and time.monotonic() > write.deadline:
            raise DeadlineExceeded("the append's deadline passed before its turn")
        head = self._head(write.stream)
        repeated = self._check(write, head, batch)
        if repeated is not None:
            return repeated
        if write.kind is Kind.TOMBSTONE:
            grave = Proposed(uuid.uuid4().hex, "$streamDeleted", "application/octet-stream", b"", b"")
            return self._append(write.stream, [grave], batch, END_OF_TIME)
        if write.kind is Kind.SOFT_DELETE:
            return self._truncate(write.stream, END_OF_TIME, batch)
        if head.soft_deleted and write.events:  # the stream begins anew behind what was deleted
            self._truncate(write.stream, head.revision + 1, batch)
        return self._append(write.stream, write.events, batch, head.revision + 1)

    def _check(self, write: Write, head: Head, batch: Batch) -> Written | None:
        """None: go on. Otherwise the answer the same append got before; raises when it must be refused."""
        expected, current = write.expected, head.revision
        if current == END_OF_TIME or (expected == EXISTS and head.soft_deleted):
            raise StreamDeleted(write.stream)
        if current == NO_STREAM and (write.kind is Kind.SOFT_DELETE or (expected == EXISTS and not head.has_metadata)):
            raise WrongVersion(write.stream, expected, current)
        if expected in (ANY, EXISTS):
            return self._repeated_recently(write, current)
        if expected < current:
            self._insert(batch)
            return self._repeated_at(write, head)
        if expected > current:
            raise WrongVersion(write.stream, expected, current)
        return None

    def _repeated_recently(self, write: Write, current: int) -> Written | None:
        places = [self._recent.get(event.id, NOWHERE) for event in write.events]
        known = [stream == write.stream for stream, _, _ in places]
        if not known or not known[0]:
            return None
        if not all(known):
            raise WrongVersion(write.stream, write.expected, current)
        _, revision, position = places[-1]
        return Written(revision, position)

    def _repeated_at(self, write: Write, head: Head) -> Written | None:
        first = write.expected + 1
        with contextlib.closing(self._storage.ids(write.stream, first)) as found:
            # Taken to a list: a query left open in what a refusal's traceback keeps would hold up the log's checkpoint.
            stored = list(islice((one for one in found if one[2] >= first), len(write.events)))
        same = [found for event, found in zip(write.events, stored, strict=False) if event.id == found[0]]
        if write.events and len(same) == len(write.events):
            _, _, revision, position = same[-1]
            return Written(revision, position)
        if write.expected == NO_STREAM and head.soft_deleted:
            return None
        raise WrongVersion(write.stream, write.expected, head.revision)

    def _append(self, stream: str, events: Sequence[Proposed], batch: Batch, revision: int) -> Written:
        if not events:
            return Written(revision - 1, None)
        rows = wire.encode(stream, events, revision, self._position + 1)
        batch.appends.append(rows)
        self._recent.update((row.id, (stream, row.revision, row.position)) for row in rows)
        _, _, last, *_ = rows[-1]
        self._position += len(rows)
        self._head(stream).revision = last
        if is_metadata_stream(stream):
            self._insert(batch)
            self._heads.pop(stream[2:], None)  # its retention may have changed
        return Written(last, self._position)

    def _insert(self, batch: Batch) -> None:
        self._storage.insert(batch.appends[batch.inserted :])
        batch.inserted = len(batch.appends)

    def _truncate(self, stream: str, revision: int, batch: Batch) -> Written:
        """Writes the stream's metadata again, with $tb at `revision`."""
        name = metadata_stream(stream)
        found = self._storage.last_event(self._storage.writer, name)
        data = json.dumps(wire.metadata_of(found) | {"$tb": revision}).encode()
        event = Proposed(uuid.uuid4().hex, "$metadata", "application/json", b"", data)
        return self._append(name, [event], batch, self._head(name).revision + 1)

    def _head(self, stream: str) -> Head:
        if stream not in self._heads:
            self._find_heads({stream})
        return self._heads[stream]

    def _find_heads(self, streams: Iterable[str]) -> None:
        """Caches what is not known yet of these streams."""
        missing = [name for name in streams if name not in self._heads]
        if not missing:
            return
        connection = self._storage.writer
        found = self._storage.last_revisions(connection, {*missing, *map(metadata_stream, missing)})
        for stream in missing:
            name = metadata_stream(stream)
            has_metadata = found[name] != NO_STREAM
            retention = wire.retention_of(self._storage.last_event(connection, name) if has_metadata else None)
            self._heads[stream] = Head(found[stream], retention.soft_deleted, has_metadata)

    def _trim(self) -> None:
        """Forgets the oldest of what is cached, between transactions."""
        _drop_oldest(self._recent, RECENT_IDS)
        _drop_oldest(self._heads, CACHED_HEADS)


def _drop_oldest(cache: dict[K, V], limit: int) -> None:
    for key in list(islice(cache, max(0, len(cache) - limit))):
        del cache[key]


def _size(write: Write) -> int:
    return sum(len(event.data) + len(event.metadata) for event in write.events)
