"""Reads and catch-up subscriptions: async generators of encoded replies, many at a time.

A reading thread fetches a chunk at a time, so a read holds no more memory than a chunk and a slow client keeps
nothing open. A subscription that has caught up is served from the feed and costs nothing while idle.
"""

import asyncio
import sqlite3
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import ParamSpec, TypeVar

from localstore import metrics, wire
from localstore.errors import CannotRead, Stopping, StreamDeleted
from localstore.feed import Feed
from localstore.storage import END_OF_TIME, NO_STREAM, Row, Storage, is_metadata_stream, metadata_stream

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

    async def read(self, query: Query) -> AsyncIterator[list[bytes]]:
        """A stream from a revision on, that revision included; $all forwards from a position on, backwards before
        it (as EventStoreDB does)."""
        wanted = query.wanted
        if query.stream is None:
            low, high = 1, END_OF_TIME
            start = query.start if query.start is None or not query.backwards else query.start - 1
        else:
            visible = await self._in_thread(self._visible, query.stream)
            if visible is None:
                yield [wire.not_found(query.stream)]
                return
            low, high, start = visible.first, visible.last, query.start
            wanted = visible.shows if visible.since else None
        if start is not None:
            low, high = (low, min(high, start)) if query.backwards else (max(low, start), high)
        left = 0 if query.from_end else query.limit
        async for rows in self._chunks(query, low, high, min(FIRST_CHUNK, left)):
            passing = rows[:left] if wanted is None else list(islice(filter(wanted, rows), left))
            yield await self._bodies(passing, query)
            left -= len(passing)
            if not left:
                return

    async def subscribe(self, query: Query) -> AsyncIterator[list[bytes]]:
        """Confirmation, what is stored after the start, caught-up, then what is new while the client stays."""
        position, wanted = self._feed.position, query.wanted
        visible: Visible | None = None
        after = -1 if query.start is None else query.start
        if query.stream is not None:
            visible = await self._in_thread(self._visible, query.stream)
            wanted = _of_stream(query.stream, max(after, visible.last if visible else -1))
        elif not query.from_end:
            position = max(after, 0)
        yield [wire.confirmation(str(uuid.uuid4()))]
        if visible and not query.from_end:
            async for rows in self._chunks(query, max(visible.first, after + 1), visible.last, FIRST_CHUNK):
                yield await self._bodies(filter(visible.shows, rows), query)
        with metrics.SUBSCRIPTIONS.track_inprogress():
            async for replies in self._follow(query, position, wanted):
                yield replies

    async def _follow(self, query: Query, position: int, wanted: Wanted | None) -> AsyncIterator[list[bytes]]:
        """Everything wanted after `position`: from the storage until the feed reaches back far enough."""
        live, interval = False, query.checkpoint_interval
        told = position  # up to here the client knows by a checkpoint that everything has been considered
        while not self._feed.closed:
            changed = self._feed.changed  # taken before looking, so that no commit is missed
            rows = self._feed.after(position, CHUNK)
            if rows is None:
                if live:
                    live = False
                    yield [wire.FELL_BEHIND]
                rows = await self._in_thread(self._chunk, None, position + 1, END_OF_TIME, False, CHUNK)
            news = bool(rows)
            while rows:
                some = rows[: told + interval - position] if interval else rows
                rows, position = rows[len(some) :], some[-1].position
                passing = list(filter(wanted, some))
                if query.stream is not None and passing and passing[-1].revision == END_OF_TIME:
                    yield await self._bodies(passing[:-1], query)
                    raise StreamDeleted(query.stream)
                yield await self._bodies(passing, query)
                if interval and position == told + interval:
                    told = position
                    yield [wire.checkpoint(told)]
            if news:
                continue
            if not live:
                live = True
                if interval and position > told:
                    told = position
                    yield [wire.checkpoint(told)]
                yield [wire.CAUGHT_UP]
            await changed.wait()
        raise Stopping("the event store is stopping")

    async def _chunks(self, query: Query, first: int, last: int, size: int) -> AsyncIterator[list[Row]]:
        """The query's events between two revisions (positions for $all), in its order."""
        while first <= last and size:
            rows = await self._in_thread(self._chunk, query.stream, first, last, query.backwards, size)
            if not rows:
                return
            yield rows
            end = rows[-1].position if query.stream is None else rows[-1].revision
            first, last = (first, end - 1) if query.backwards else (end + 1, last)
            size = CHUNK

    def _visible(self, stream: str) -> Visible | None:
        """None when there is no such stream or it is soft deleted; raises StreamDeleted for a tombstone."""
        connection = self._storage.reader()
        metadata = metadata_stream(stream)
        owner = stream[2:] if is_metadata_stream(stream) else stream  # metadata is gone with its stream
        found = self._storage.last_revisions(connection, {stream, owner, metadata})
        last = found[stream]
        if found[owner] == END_OF_TIME:
            raise StreamDeleted(stream)
        if last == NO_STREAM:
            return None
        if owner != stream:
            return Visible(last, last, 0)  # of metadata, the last event only
        last_metadata = self._storage.last_event(connection, metadata) if found[metadata] != NO_STREAM else None
        retention = wire.retention_of(last_metadata)
        if retention.soft_deleted:
            return None
        since = 0 if retention.max_age is None else time.time_ns() // 100 - retention.max_age * 10_000_000
        return Visible(retention.first_revision(last), last, since)

    async def _bodies(self, rows: Iterable[Row], query: Query) -> list[bytes]:
        """The replies for events: as stored, or the targets of links where links are to be resolved."""
        if not query.resolve_links:
            return [row.body for row in rows]
        return [await self._resolved(row) if row.type == "$>" else row.body for row in rows]

    async def _resolved(self, link: Row) -> bytes:
        if (target := wire.link_target(link.body)) is None:
            return link.body
        stream, revision = target
        rows = await self._in_thread(self._chunk, stream, revision, revision, False, 1)
        return wire.resolve(link.body, rows[0].body) if rows else link.body

    def _chunk(self, stream: str | None, first: int, last: int, backwards: bool, enough: int) -> list[Row]:
        return self._storage.chunk(self._storage.reader(), stream, first, last, backwards, enough)

    async def _in_thread(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, function, *args)
        except sqlite3.Error as error:
            raise CannotRead(f"cannot read {self._storage.path}: {error}; restore it from a backup") from error


def _of_stream(stream: str, after: int) -> Wanted:
    """Passes the stream's events after a revision."""
    return lambda row: row.stream == stream and row.revision > after
