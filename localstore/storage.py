"""The SQLite file: one table of appends, each event in them kept as the encoded reply that readers receive.

Everything is an event, as in EventStoreDB: a stream's metadata is the last event of `$$<stream>`, a soft
delete is metadata that truncates before the end of time, a tombstone is an event at the highest revision.
Positions are 1, 2, 3… without gaps, in the order of commits; a position serves as commit and prepare position.
"""

import fcntl
import json
import os
import sqlite3
import threading
import zlib
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import IO, NamedTuple, TypeAlias

from localstore import wal
from localstore.errors import CannotRead, CannotStart, StoreError
from localstore.formats import FORMAT, SCHEMA, Told, take_over

NO_STREAM = -1
END_OF_TIME = 2**63 - 1  # the revision of a tombstone, and the $tb of a deleted stream
CHUNK_BYTES = 2 * 1024 * 1024  # a chunk ends after this many bytes, whatever its row limit
CHECKPOINT_PAGES = 4000  # of write-ahead log, before it is copied into the database


class Row(NamedTuple):
    """An event as it is stored; `id` in 32 hexadecimal digits."""

    position: int
    stream: str
    revision: int
    type: str
    id: str
    body: bytes


Described: TypeAlias = tuple[
    str, str, int, int
]  # an event's id, type, size and crc32, as its append's `events` have it
DESCRIBED = (str, str, int, int)

# One statement stores many appends: a thread gives up the interpreter at every statement, not at every one of its rows.
INSERT_SIZES = (64, 8, 1)
INSERTS = {size: "INSERT INTO append VALUES " + ", ".join(["(?, ?, ?, ?, ?)"] * size) for size in INSERT_SIZES}


def metadata_stream(stream: str) -> str:
    """Where the stream's metadata is."""
    return "$$" + stream


def is_metadata_stream(stream: str) -> bool:
    """Whether the stream holds another one's metadata; it has none itself."""
    return stream.startswith("$$")


class Storage:
    """The event table in `folder`/events.db. Opening it locks the folder; close() releases it.

    A file of an older format is taken over first, which takes minutes for millions of events: `told` hears how far it
    is, and may end it by raising a StoreError.
    """

    def __init__(self, folder: Path, told: Told = lambda done, last: None) -> None:
        self.folder = folder
        self.path = folder / "events.db"
        self._lock = _lock_folder(folder)
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        try:
            self.writer = self._open_writer(told)
        except StoreError:
            self._lock.close()
            raise
        except (sqlite3.Error, OSError) as error:
            self._lock.close()
            what_to_do = "end what else uses it, make it writable, or restore it from a backup"
            raise CannotStart(f"cannot open {self.path}: {error}; {what_to_do}") from error

    def _open_writer(self, told: Told) -> sqlite3.Connection:
        if wal.is_damaged(self.path):
            raise sqlite3.DatabaseError("its write-ahead log is damaged in the middle, with stored events behind")
        connection = self._connected()
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        if found > FORMAT:
            raise sqlite3.DatabaseError(f"it has format {found}, this localstore knows format {FORMAT}")
        if found == 1:
            connection.close()
            take_over(self.path, told)
            connection = self._connected()
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # every commit is on disk before it is answered
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        if not found:
            connection.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {FORMAT}; COMMIT")
        return connection

    def _connected(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)

    def reader(self) -> sqlite3.Connection:
        """This thread's read-only connection."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            uri = f"{self.path.absolute().as_uri()}?mode=ro"
            connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
            self._local.connection = connection
            self._readers.append(connection)
        return connection

    def close(self) -> None:
        """Closes all connections and releases the folder."""
        for connection in (*self._readers, self.writer):
            connection.close()
        self._lock.close()

    # -- for the one writer thread

    def insert(self, appends: Sequence[Sequence[Row]]) -> None:
        """Stores appends in the transaction at hand; the rows of one follow each other in one stream."""
        stored = [_stored(rows) for rows in appends]
        done = 0
        while done < len(stored):
            size = next(size for size in INSERT_SIZES if size <= len(stored) - done)
            self.writer.execute(INSERTS[size], list(chain.from_iterable(stored[done : done + size])))
            done += size

    def last_position(self) -> int:
        """The last event's position; 0 when the store is empty."""
        return int(self.writer.execute("SELECT coalesce(max(position), 0) FROM append").fetchone()[0])

    def ids(self, stream: str | None, first: int) -> Generator[tuple[str, str, int, int], None, None]:
        """(event id, stream, revision, position), in order, of a stream from the revision `first` on, or of all
        (stream None) from that position on; some that stand before may come too. Raises CannotRead."""
        by, of, place = ("position", "", ()) if stream is None else ("revision", "stream = ? AND ", (stream,))
        query = f"SELECT position, stream, revision, events FROM append WHERE {of}{by} >= ? ORDER BY {by}"
        with closing(self.writer.execute(query, (*place, first))) as cursor:
            for position, name, revision, events in cursor:
                found = self._described(position, events)
                for back, (event_id, *_) in enumerate(found, 1 - len(found)):
                    yield event_id, name, revision + back, position + back

    # -- for readers, and on its own connection for the writer too

    def last_revisions(self, connection: sqlite3.Connection, streams: Iterable[str]) -> dict[str, int]:
        """The last revision of each stream, NO_STREAM where there is none, in one statement."""
        query = (
            "SELECT json_group_object(value, coalesce((SELECT max(revision) FROM append WHERE stream = value),"
            f" {NO_STREAM})) FROM json_each(?)"
        )
        (answer,) = connection.execute(query, (json.dumps(list(streams)),)).fetchone()
        return dict(json.loads(answer))

    def last_event(self, connection: sqlite3.Connection, stream: str) -> Row | None:
        """The stream's last event; a tombstone's revision is END_OF_TIME."""
        found = self.chunk(connection, stream, 0, END_OF_TIME, True, 1)
        return found[0] if found else None

    def chunk(
        self, connection: sqlite3.Connection, stream: str | None, first: int, last: int, backwards: bool, enough: int
    ) -> list[Row]:
        """Events in the asked order, whole appends until they are `enough` or large: of a stream those with first ≤
        revision ≤ last, of $all (stream None) those with first ≤ position ≤ last. Raises CannotRead."""
        by, of, place = ("position", "", ()) if stream is None else ("revision", "stream = ? AND ", (stream,))
        query = (  # the append that `last` is in may end behind it
            f"SELECT * FROM append WHERE {of}{by} >= ? AND {by} <="
            f" coalesce((SELECT {by} FROM append WHERE {of}{by} >= ? ORDER BY {by} LIMIT 1), ?)"
            f" ORDER BY {by} {'DESC' if backwards else 'ASC'}"
        )
        cursor = connection.execute(query, (*place, first, *place, last, last))
        found: list[Row] = []
        size = 0
        for append in cursor:
            rows = self._rows(*append)
            begin = rows[0].position if stream is None else rows[0].revision
            rows = rows[max(0, first - begin) : max(0, last - begin + 1)]
            found += reversed(rows) if backwards else rows
            size += len(append[-1])
            if len(found) >= enough or size >= CHUNK_BYTES:
                break
        cursor.close()  # ends the read transaction, which would hold up the write-ahead log's checkpoint
        return found

    def _rows(self, position: int, stream: str, revision: int, events: str, body: bytes) -> list[Row]:
        """The events of an append; raises CannotRead."""
        rows: list[Row] = []
        at = 0
        described = self._described(position, events)
        for back, (event_id, kind, size, checksum) in enumerate(described, 1 - len(described)):
            own = body[at : at + size]
            if zlib.crc32(own) != checksum:
                raise self._damaged(position + back)
            rows.append(Row(position + back, stream, revision + back, kind, event_id, own))
            at += size
        return rows

    def _described(self, position: int, events: str) -> list[Described]:
        try:
            return described_events(events)
        except ValueError as error:
            raise self._damaged(position) from error

    def _damaged(self, position: int) -> CannotRead:
        return CannotRead(f"event {position} of {self.path} is damaged; restore it from a backup")


def described_events(events: str) -> list[Described]:
    """What stands in an append's `events`; raises ValueError when it is damaged."""
    found: list[Described] = json.loads(events)
    try:
        if found and all((type(i), type(k), type(s), type(c)) == DESCRIBED for i, k, s, c in found):
            return found
    except TypeError:
        pass
    raise ValueError(f"an append's events are described by {events[:100]}")


def _stored(rows: Sequence[Row]) -> tuple[int, str, int, str, bytes]:
    """The columns of an append."""
    last = rows[-1]
    events = json.dumps([(row.id, row.type, len(row.body), zlib.crc32(row.body)) for row in rows])
    return last.position, last.stream, last.revision, events, b"".join([row.body for row in rows])


def _lock_folder(folder: Path) -> IO[str]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = open(folder / "lock", "a+", encoding="ascii")  # noqa: SIM115 — held until close()
    except OSError as error:
        raise CannotStart(f"cannot write in {folder}: {error.strerror}; make it writable or name another") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.seek(0)
        owner = lock.read().strip() or "unknown"
        lock.close()
        raise CannotStart(f"{folder} is in use by another localstore (process {owner}); stop it first") from error
    except OSError as error:
        lock.close()
        raise CannotStart(f"cannot lock {folder}: {error.strerror}; choose a local disk") from error
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock
