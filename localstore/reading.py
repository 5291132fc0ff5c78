"""Reads and catch-up subscriptions: each an async generator of encoded replies.

A reading thread fetches a chunk at a time, so memory is bounded by the chunk and a slow client holds
nothing open. A subscription that has caught up is served from the feed and costs nothing while idle.
"""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from localstore import wire
from localstore.errors import Stopping, StreamDeleted
from localstore.feed import Feed
from localstore.storage import (
    END_OF_TIME,
    NO_STREAM,
    Row,
    Storage,
    check_not_deleted,
    is_metadata_stream,
)

T = TypeVar("T")
FIRST_CHUNK = 64  # most reads are short; long ones grow to CHUNK
CHUNK = 512
READING_THREADS = 4


@dataclass(frozen=True)
class Query:
    """What a client asked to read. `start` is a revision or position; None: the beginning, or the end backwards."""

    stream: str | None  # None: $all
    start: int | None
    from_end: bool
    backwards: bool
    limit: int
    wanted: Callable[[Row], bool] | None
    checkpoint_interval: int
    resolve_links: bool


@dataclass(frozen=True)
class Visible:
    """The revisions of a stream that its metadata lets readers see; events stored before `since` are hidden."""

    first: int
    last: int
    since: int  # 100 ns ticks since 1970, 0: no limit


class Reading:
    """Answers queries from the storage and the feed."""

    def __init__(self, storage: Storage, feed: Feed) -> None:
        self._storage = storage
        self._feed = feed
        self._threads = ThreadPoolExecutor(READING_THREADS, thread_name_prefix="reader")

    def close(self) -> None:
        self._threads.shutdown()

    async def _in_thread(self, function: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)

    # -- reads that end

    async def read_all(self, query: Query) -> AsyncIterator[bytes]:
        """Events of $all from a position: forwards with it, backwards before it, as EventStoreDB does."""
        if query.backwards:
            first, last = 1, END_OF_TIME if query.start is None else query.start - 1
        else:
            first, last = (self._feed.position + 1 if query.from_end else query.start or 1), END_OF_TIME
        left, size = query.limit, FIRST_CHUNK
        while left > 0:
            ask = size if query.wanted else min(size, left)
            rows = await self._in_thread(self._storage.all_chunk, first, last, query.backwards, ask)
            for row in rows:
                if left > 0 and (query.wanted is None or query.wanted(row)):
                    left -= 1
                    yield await self._body(row, query)
            if not rows:
                return
            first, last = (first, rows[-1].position - 1) if query.backwards else (rows[-1].position + 1, last)
            size = CHUNK

    async def read_stream(self, stream: str, query: Query) -> AsyncIterator[bytes]:
        """Events of one stream from a revision on, that revision included."""
        left, size = query.limit, FIRST_CHUNK
        visible, rows = await self._in_thread(self._open_stream, stream, query, min(size, left))
        if visible is None:
            yield wire.not_found(stream)
            return
        while rows:
            for row in rows:
                if not visible.since or wire.created_of(row.body) >= visible.since:
                    left -= 1
                    yield await self._body(row, query)
            at = rows[-1].revision
            first, last = (visible.first, at - 1) if query.backwards else (at + 1, visible.last)
            size = min(CHUNK, left)
            rows = await self._in_thread(self._storage.stream_chunk, stream, first, last, query.backwards, size)

    def _open_stream(self, stream: str, query: Query, limit: int) -> tuple[Visible | None, list[Row]]:
        """What is visible of the stream and the first chunk of it, in one visit to a reading thread."""
        visible = self._visible(stream)
        if visible is None:
            return None, []
        first, last = visible.first, visible.last
        if query.backwards:
            last = last if query.start is None else min(last, query.start)
        else:
            first = last + 1 if query.from_end else max(first, query.start or 0)
        return visible, self._storage.stream_chunk(stream, first, last, query.backwards, limit)

    def _visible(self, stream: str) -> Visible | None:
        """None when there is no such stream, or it is deleted; raises StreamDeleted for a tombstone."""
        connection = self._storage.reader()
        last = self._storage.last_revision(connection, stream)
        check_not_deleted(stream, last)
        if last == NO_STREAM:
            return None
        if is_metadata_stream(stream):
            return Visible(last, last, 0)  # a metadata stream keeps its last event only
        retention = wire.retention_of(self._storage.metadata_body(connection, stream))
        if retention.soft_deleted:
            return None
        since = 0 if retention.max_age is None else (time.time_ns() // 100) - retention.max_age * 10_000_000
        return Visible(retention.first_revision(last), last, since)

    # -- subscriptions

    async def subscribe(self, query: Query) -> AsyncIterator[bytes]:
        """Confirmation, what is stored after the start, caught-up, then what is new for as long as the client stays."""
        if query.stream is None:
            position = self._feed.position if query.from_end else query.start or 0
            wanted, interval = query.wanted, query.checkpoint_interval
        else:
            position, first = await self._enter_stream(query.stream, query)
            wanted, interval = _of_stream(query.stream, first), 0
        yield wire.confirmation(str(uuid.uuid4()))
        if query.stream is not None and not query.from_end:
            async for reply in self._stored(query.stream, position, first, query):
                yield reply
        async for reply in self._follow(position, wanted, interval, query):
            yield reply

    async def _enter_stream(self, stream: str, query: Query) -> tuple[int, int]:
        """The position up to which the stream is read from the storage, and the first revision to send."""
        position = self._feed.position
        visible = await self._in_thread(self._visible, stream)
        if query.from_end or visible is None:
            return position, 0
        return position, visible.first if query.start is None else max(visible.first, query.start + 1)

    async def _stored(self, stream: str, position: int, first: int, query: Query) -> AsyncIterator[bytes]:
        """The stream's events from revision `first` that stand at or before `position`."""
        while True:
            rows = await self._in_thread(self._storage.stream_chunk, stream, first, END_OF_TIME, False, CHUNK)
            for row in rows:
                if row.position > position:
                    return
                yield await self._body(row, query)
            if not rows:
                return
            first = rows[-1].revision + 1

    async def _follow(
        self, position: int, wanted: Callable[[Row], bool] | None, interval: int, query: Query
    ) -> AsyncIterator[bytes]:
        """Everything wanted after `position`, first from the storage, then from the feed."""
        considered, live = 0, False
        while True:
            changed = self._feed.changed  # before looking, so that no commit is missed
            rows = self._feed.after(position, CHUNK)
            if rows is None:
                if live:
                    live = False
                    yield wire.FELL_BEHIND
                rows = await self._in_thread(self._storage.all_chunk, position + 1, END_OF_TIME, False, CHUNK)
            for row in rows:
                if wanted is None or wanted(row):
                    yield await self._body(row, query)
                considered += 1
                if interval and considered >= interval:
                    considered = 0
                    yield wire.checkpoint(row.position)
            if self._feed.closed:
                raise Stopping("the event store is stopping")
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

    async def _body(self, row: Row, query: Query) -> bytes:
        if not query.resolve_links or row.type != "$>":
            return row.body
        target = wire.link_target(row.body)
        if target is None:
            return row.body
        stream, revision = target
        rows = await self._in_thread(self._storage.stream_chunk, stream, revision, revision, False, 1)
        return wire.resolve(row.body, rows[0].body if rows else None)


def _of_stream(stream: str, first: int) -> Callable[[Row], bool]:
    """Passes the stream's events from revision `first` on; raises StreamDeleted when it is tombstoned."""

    def wanted(row: Row) -> bool:
        if row.stream != stream:
            return False
        if row.revision == END_OF_TIME:
            raise StreamDeleted(stream)
        return row.revision >= first

    return wanted
