"""Reads and catch-up subscriptions: async generators of encoded replies.

A reading thread fetches a chunk at a time, so a read holds no more memory than a chunk and a slow client keeps
nothing open. A subscription that has caught up is served from the feed and costs nothing while idle.
"""

import asyncio
import sqlite3
import time
import uuid
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from localstore import wire
from localstore.errors import CannotRead, Stopping, StreamDeleted
from localstore.feed import Feed
from localstore.storage import END_OF_TIME, Row, Storage, is_metadata_stream, metadata_stream

P = ParamSpec("P")
T = TypeVar("T")
Wanted = Callable[[Row], bool]
FIRST_CHUNK = 32  # events; most reads are short, long ones go on with CHUNK
CHUNK = 512
READING_THREADS = 4


@dataclass(frozen=True)
class Query:
    """What a client asked to read."""

    stream: str | None  # None: $all
    start: int | None  # revision or position; None: the beginning, or the end when reading backwards
    from_end: bool  # only what comes after now
    backwards: bool
    limit: int
    resolve_links: bool
    wanted: Wanted | None = None
    checkpoint_interval: int = 0  # events considered between checkpoints; 0: none are sent


@dataclass(frozen=True)
class Visible:
    """The revisions of a stream that its metadata lets readers see, and since when (100 ns ticks; 0: always)."""

    first: int
    last: int
    since: int

    def shows(self, row: Row) -> bool:
        """Whether the event is young enough."""
        return not self.since or wire.created(row.body) >= self.since


class Reading:
    """Answers queries from the storage and the feed."""

    def __init__(self, storage: Storage, feed: Feed) -> None:
        self._storage = storage
        self._feed = feed
        self._threads = ThreadPoolExecutor(READING_THREADS, thread_name_prefix="reader")

    def close(self) -> None:
        """Waits for the chunks being read."""
        self._threads.shutdown()

    async def read(self, query: Query) -> AsyncIterator[bytes]:
        """A stream from a revision on, that revision included; $all forwards from a position on, backwards before
        it (as EventStoreDB does)."""
        wanted = query.wanted
        if query.stream is None:
            low, high = 1, END_OF_TIME
            start = query.start if query.start is None or not query.backwards else query.start - 1
        else:
            visible = await self._in_thread(self._visible, query.stream)
            if visible is None:
                yield wire.not_found(query.stream)
                return
            low, high, start = visible.first, visible.last, query.start
            wanted = visible.shows if visible.since else None
        if start is not None:
            low, high = (low, min(high, start)) if query.backwards else (max(low, start), high)
        left = 0 if query.from_end else query.limit
        async for rows in self._chunks(query, low, high, min(FIRST_CHUNK, left)):
            for row in rows:
                if wanted is None or wanted(row):
                    yield await self._body(row, query)
                    left -= 1
                    if not left:
                        return

    async def subscribe(self, query: Query) -> AsyncIterator[bytes]:
        """Confirmation, what is stored after the start, caught-up, then what is new while the client stays."""
        position, wanted = self._feed.position, query.wanted
        visible: Visible | None = None
        after = -1 if query.start is None else query.start
        if query.stream is not None:
            visible = await self._in_thread(self._visible, query.stream)
            wanted = _of_stream(query.stream, max(after, visible.last if visible else -1))
        elif not query.from_end:
            position = max(after, 0)
        yield wire.confirmation(str(uuid.uuid4()))
        if visible and not query.from_end:
            async for rows in self._chunks(query, max(visible.first, after + 1), visible.last, FIRST_CHUNK):
                for row in filter(visible.shows, rows):
                    yield await self._body(row, query)
        async for reply in self._follow(query, position, wanted):
            yield reply

    async def _follow(self, query: Query, position: int, wanted: Wanted | None) -> AsyncIterator[bytes]:
        """Everything wanted after `position`: from the storage until the feed reaches back far enough."""
        considered, live, interval = 0, False, query.checkpoint_interval
        while not self._feed.closed:
            changed = self._feed.changed  # taken before looking, so that no commit is missed
            rows = self._feed.after(position, CHUNK)
            if rows is None:
                if live:
                    live = False
                    yield wire.FELL_BEHIND
                rows = await self._in_thread(self._storage.chunk, None, position + 1, END_OF_TIME, False, CHUNK)
            for row in rows:
                if wanted is None or wanted(row):
                    yield await self._body(row, query)
                considered += 1
                if considered == interval:
                    considered = 0
                    yield wire.checkpoint(row.position)
            if rows:
                position = rows[-1].position
                continue
            if not live:
                live = True
                if interval and considered:
                    considered = 0
                    yield wire.checkpoint(position)
                yield wire.CAUGHT_UP
            await changed.wait()
        raise Stopping("the event store is stopping")

    async def _chunks(self, query: Query, first: int, last: int, size: int) -> AsyncIterator[list[Row]]:
        """The query's events between two revisions (positions for $all), in its order."""
        while first <= last and size:
            rows = await self._in_thread(self._storage.chunk, query.stream, first, last, query.backwards, size)
            if not rows:
                return
            yield rows
            end = rows[-1].position if query.stream is None else rows[-1].revision
            first, last = (first, end - 1) if query.backwards else (end + 1, last)
            size = CHUNK

    def _visible(self, stream: str) -> Visible | None:
        """None when there is no such stream or it is soft deleted; raises StreamDeleted for a tombstone."""
        connection = self._storage.reader()
        found = self._storage.last_event(connection, stream)
        if found is None:
            return None
        last, _ = found
        if last == END_OF_TIME:
            raise StreamDeleted(stream)
        if is_metadata_stream(stream):
            return Visible(last, last, 0)  # a metadata stream keeps its last event only
        metadata = self._storage.last_event(connection, metadata_stream(stream))
        retention = wire.retention_of(metadata[1] if metadata else None)
        if retention.soft_deleted:
            return None
        since = 0 if retention.max_age is None else time.time_ns() // 100 - retention.max_age * 10_000_000
        return Visible(retention.first_revision(last), last, since)

    async def _body(self, row: Row, query: Query) -> bytes:
        """The reply for an event: as stored, or the target of a link where links are to be resolved."""
        target = wire.link_target(row.body) if query.resolve_links and row.type == "$>" else None
        if target is None:
            return row.body
        stream, revision = target
        rows = await self._in_thread(self._storage.chunk, stream, revision, revision, False, 1)
        return wire.resolve(row.body, rows[0].body) if rows else row.body

    async def _in_thread(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, function, *args)
        except sqlite3.Error as error:
            raise CannotRead(f"cannot read {self._storage.path}: {error}; restore it from a backup") from error


def _of_stream(stream: str, after: int) -> Wanted:
    """Passes the stream's events after a revision; raises StreamDeleted when it is tombstoned."""

    def wanted(row: Row) -> bool:
        if row.stream != stream:
            return False
        if row.revision == END_OF_TIME:
            raise StreamDeleted(stream)
        return row.revision > after

    return wanted
