"""The SQLite file: one table of events, each kept as the encoded reply that readers receive.

Everything is an event, as in EventStoreDB: a stream's metadata is the last event of `$$<stream>`, a soft
delete is metadata that truncates before the end of time, a tombstone is an event at the highest revision.
Positions are 1, 2, 3… without gaps, in the order of commits; a position serves as commit and prepare position.
"""

import errno
import fcntl
import json
import os
import sqlite3
import threading
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, Any, NamedTuple

from localstore import wal
from localstore.errors import CannotRead, CannotStart

NO_STREAM = -1
END_OF_TIME = 2**63 - 1  # the revision of a tombstone, and the $tb of a deleted stream
CHUNK_BYTES = 2 * 1024 * 1024  # a chunk ends after this many bytes, whatever its row limit
CHECKPOINT_PAGES = 4000  # of write-ahead log, before it is copied into the database
FORMAT = 1

SCHEMA = """
CREATE TABLE IF NOT EXISTS event (
    position INTEGER PRIMARY KEY,
    stream   TEXT NOT NULL,
    revision INTEGER NOT NULL,
    type     TEXT NOT NULL,
    id       BLOB NOT NULL,     -- the event id's 16 bytes
    checksum INTEGER NOT NULL,  -- crc32 of body
    body     BLOB NOT NULL      -- encoded ReadResp, sent to readers as it is
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS event_of_stream ON event (stream, revision);
"""


class Row(NamedTuple):
    """An event as it is stored."""

    position: int
    stream: str
    revision: int
    type: str
    id: bytes
    checksum: int
    body: bytes


# One statement stores many rows: a thread gives up the interpreter at every statement, not at every row.
INSERT_SIZES = (512, 64, 8, 1)
INSERTS = {size: "INSERT INTO event VALUES " + ", ".join(["(?, ?, ?, ?, ?, ?, ?)"] * size) for size in INSERT_SIZES}


@dataclass(frozen=True)
class Retention:
    """What a stream's metadata lets readers see; the age in seconds."""

    max_count: int | None = None
    max_age: int | None = None
    truncate_before: int = 0

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, Any]) -> "Retention":
        """Retention as a stream's metadata states it; what is not a whole number above 0 limits nothing."""
        values = (metadata.get(key) for key in ("$maxCount", "$maxAge", "$tb"))
        count, age, before = (value if type(value) is int and value > 0 else None for value in values)
        return cls(count, age, before or 0)

    @property
    def soft_deleted(self) -> bool:
        """Whether the stream reads as if it did not exist."""
        return self.truncate_before == END_OF_TIME

    def first_revision(self, last: int) -> int:
        """The first revision a reader may see when `last` is the stream's last one."""
        by_count = last - self.max_count + 1 if self.max_count is not None else 0
        return max(by_count, self.truncate_before, 0)


def metadata_stream(stream: str) -> str:
    """Where the stream's metadata is."""
    return "$$" + stream


def is_metadata_stream(stream: str) -> bool:
    """Whether the stream holds another one's metadata; it has none itself."""
    return stream.startswith("$$")


class Storage:
    """The event table in `folder`/events.db. Opening it locks the folder; close() releases it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "events.db"
        self._lock = _lock_folder(folder)
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        try:
            self.writer = self._open_writer()
        except (sqlite3.Error, OSError) as error:
            self._lock.close()
            what_to_do = "end what else uses it, make it writable, or restore it from a backup"
            raise CannotStart(f"cannot open {self.path}: {error}; {what_to_do}") from error

    def _open_writer(self) -> sqlite3.Connection:
        if wal.is_damaged(self.path):
            raise sqlite3.DatabaseError("its write-ahead log is damaged in the middle, with stored events behind")
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # every commit is on disk before it is answered
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        if found not in (0, FORMAT):
            raise sqlite3.DatabaseError(f"it has format {found}, this localstore knows format {FORMAT}")
        if not found:
            connection.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {FORMAT}; COMMIT")
        return connection

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

    def insert(self, rows: Sequence[Row]) -> None:
        """Stores rows in the transaction at hand."""
        done = 0
        while done < len(rows):
            size = next(size for size in INSERT_SIZES if size <= len(rows) - done)
            self.writer.execute(INSERTS[size], list(chain.from_iterable(rows[done : done + size])))
            done += size

    def last_position(self) -> int:
        """The last event's position; 0 when the store is empty."""
        return int(self.writer.execute("SELECT coalesce(max(position), 0) FROM event").fetchone()[0])

    def last_revisions(self, streams: Iterable[str]) -> dict[str, int | None]:
        """The last revision of each stream, None where there is none, in one statement."""
        query = (
            "SELECT json_group_object(value, (SELECT revision FROM event WHERE stream = value"
            " ORDER BY revision DESC LIMIT 1)) FROM json_each(?)"
        )
        (answer,) = self.writer.execute(query, (json.dumps(list(streams)),)).fetchone()
        return dict(json.loads(answer))

    def ids_after(self, stream: str, revision: int, count: int) -> list[tuple[bytes, int, int]]:
        """(event id, revision, position) of up to `count` events of `stream` after `revision`."""
        query = "SELECT id, revision, position FROM event WHERE stream = ? AND revision > ? ORDER BY revision LIMIT ?"
        return self.writer.execute(query, (stream, revision, count)).fetchall()

    def recent_ids(self, count: int) -> list[tuple[bytes, str, int, int]]:
        """(event id, stream, revision, position) of the last `count` events, oldest first."""
        query = "SELECT id, stream, revision, position FROM event WHERE position > ? ORDER BY position"
        return self.writer.execute(query, (self.last_position() - count,)).fetchall()

    # -- for readers

    def last_event(self, connection: sqlite3.Connection, stream: str) -> tuple[int, bytes] | None:
        """(revision, body) of the stream's last event; a tombstone's revision is END_OF_TIME."""
        query = "SELECT revision, body FROM event WHERE stream = ? ORDER BY revision DESC LIMIT 1"
        found: tuple[int, bytes] | None = connection.execute(query, (stream,)).fetchone()
        return found

    def chunk(self, stream: str | None, first: int, last: int, backwards: bool, limit: int) -> list[Row]:
        """Up to `limit` events in the asked order, fewer when they are large: of a stream those with first ≤
        revision ≤ last, of $all (stream None) those with first ≤ position ≤ last."""
        by, of = ("position", "") if stream is None else ("revision", "stream = ? AND ")
        order = "DESC" if backwards else "ASC"
        query = f"SELECT * FROM event WHERE {of}{by} BETWEEN ? AND ? ORDER BY {by} {order} LIMIT ?"
        place = () if stream is None else (stream,)
        cursor = self.reader().execute(query, (*place, first, last, limit))
        rows: list[Row] = []
        size = 0
        for row in map(Row._make, cursor):
            if zlib.crc32(row.body) != row.checksum:
                raise CannotRead(f"event {row.position} of {self.path} is damaged; restore it from a backup")
            rows.append(row)
            size += len(row.body)
            if size >= CHUNK_BYTES:
                break
        cursor.close()  # ends the read transaction, which would hold up the write-ahead log's checkpoint
        return rows


def _lock_folder(folder: Path) -> IO[str]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = open(folder / "lock", "a+", encoding="ascii")  # noqa: SIM115 — held until close()
    except OSError as error:
        raise CannotStart(f"cannot write in {folder}: {error.strerror}; make it writable or name another") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.seek(0)
        owner = lock.read().strip() or "unknown"
        lock.close()
        if error.errno != errno.EWOULDBLOCK:
            raise CannotStart(f"cannot lock {folder}: {error.strerror}; choose a local disk") from error
        raise CannotStart(f"{folder} is in use by another localstore (process {owner}); stop it first") from error
    lock.seek(0)
    lock.truncate()
    lock.write(str(os.getpid()))
    lock.flush()
    return lock
