"""The SQLite file: one table of events, each kept as the encoded reply a reader receives.

Everything is an event, as in EventStoreDB: a stream's metadata is the last event of `$$<stream>`, a soft
delete is metadata that truncates before the end of time, a tombstone is an event at the highest revision.
Positions are 1, 2, 3… without gaps, in the order of commits; a position serves as commit and prepare position.
"""

import errno
import fcntl
import os
import sqlite3
import threading
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple

from localstore.errors import CannotStart, StreamDeleted

NO_STREAM = -1
END_OF_TIME = 2**63 - 1  # the revision of a tombstone, and the $tb of a deleted stream
CHUNK_BYTES = 2 * 1024 * 1024  # a chunk ends after this many bytes, whatever its row limit
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
    """An event as readers need it: its place, what filters look at, and the encoded reply."""

    position: int
    stream: str
    revision: int
    type: str
    body: bytes


class NewRow(NamedTuple):
    """An event about to be stored, in the table's column order (the checksum is computed here)."""

    position: int
    stream: str
    revision: int
    type: str
    id: bytes
    body: bytes


@dataclass(frozen=True)
class Retention:
    """What a stream's metadata lets readers see; ages in seconds."""

    max_count: int | None = None
    max_age: int | None = None
    truncate_before: int = 0

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, Any]) -> "Retention":
        """Retention as a stream's metadata states it; what is not a whole number limits nothing."""
        count, age, before = (
            value if isinstance(value := metadata.get(key), int) else None for key in ("$maxCount", "$maxAge", "$tb")
        )
        return cls(count, age, before or 0)

    @property
    def soft_deleted(self) -> bool:
        return self.truncate_before == END_OF_TIME

    def first_revision(self, last: int) -> int:
        """The first revision a reader may see when `last` is the stream's last one."""
        by_count = last - self.max_count + 1 if self.max_count is not None else 0
        return max(by_count, self.truncate_before, 0)


def metadata_stream(stream: str) -> str:
    return "$$" + stream


def is_metadata_stream(stream: str) -> bool:
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
        except sqlite3.Error as error:
            self._lock.close()
            raise CannotStart(f"cannot open {self.path}: {error}; restore it from a backup") from error

    def _open_writer(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # every commit is on disk before it is answered
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        if found not in (0, FORMAT):
            connection.close()
            raise CannotStart(f"{self.path} has format {found}, this localstore reads format {FORMAT}")
        connection.executescript(SCHEMA)
        connection.execute(f"PRAGMA user_version = {FORMAT}")
        return connection

    def reader(self) -> sqlite3.Connection:
        """This thread's read-only connection."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(
                f"file:{self.path}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
            )
            self._local.connection = connection
            self._readers.append(connection)
        return connection

    def close(self) -> None:
        for connection in self._readers:
            connection.close()
        self.writer.close()
        self._lock.close()

    # -- writing: called by the one writer thread, inside its transaction

    def insert(self, rows: Iterable[NewRow]) -> None:
        self.writer.executemany(
            "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(*row[:5], zlib.crc32(row.body), row.body) for row in rows],
        )

    def ids_after(self, stream: str, revision: int, count: int) -> list[tuple[bytes, int, int]]:
        """(event id, revision, position) of up to `count` events of `stream` after `revision`."""
        return self.writer.execute(
            "SELECT id, revision, position FROM event WHERE stream = ? AND revision > ? ORDER BY revision LIMIT ?",
            (stream, revision, count),
        ).fetchall()

    def recent_ids(self, count: int) -> list[tuple[bytes, str, int, int]]:
        """(event id, stream, revision, position) of the last `count` events, oldest first."""
        return self.writer.execute(
            "SELECT id, stream, revision, position FROM event"
            " WHERE position > (SELECT max(position) FROM event) - ? ORDER BY position",
            (count,),
        ).fetchall()

    # -- reading: any connection

    def last_position(self, connection: sqlite3.Connection) -> int:
        """The last event's position; 0 when the store is empty."""
        return int(connection.execute("SELECT coalesce(max(position), 0) FROM event").fetchone()[0])

    def last_revision(self, connection: sqlite3.Connection, stream: str) -> int:
        """The stream's last revision: NO_STREAM when it has none, END_OF_TIME when tombstoned."""
        query = "SELECT revision FROM event WHERE stream = ? ORDER BY revision DESC LIMIT 1"
        found = connection.execute(query, (stream,)).fetchone()
        return NO_STREAM if found is None else int(found[0])

    def metadata_body(self, connection: sqlite3.Connection, stream: str) -> bytes | None:
        """The encoded last metadata event of `stream`."""
        query = "SELECT body FROM event WHERE stream = ? ORDER BY revision DESC LIMIT 1"
        found = connection.execute(query, (metadata_stream(stream),)).fetchone()
        return None if found is None else bytes(found[0])

    def stream_chunk(self, stream: str, first: int, last: int, backwards: bool, limit: int) -> list[Row]:
        """Up to `limit` events with first ≤ revision ≤ last, in the asked order; fewer when they are large."""
        query = (
            "SELECT position, stream, revision, type, body FROM event WHERE stream = ? AND revision BETWEEN ? AND ?"
            f" ORDER BY revision {'DESC' if backwards else 'ASC'} LIMIT ?"
        )
        return _take(self.reader().execute(query, (stream, first, last, limit)))

    def all_chunk(self, first: int, last: int, backwards: bool, limit: int) -> list[Row]:
        """Up to `limit` events with first ≤ position ≤ last, in the asked order; fewer when they are large."""
        query = (
            "SELECT position, stream, revision, type, body FROM event WHERE position BETWEEN ? AND ?"
            f" ORDER BY position {'DESC' if backwards else 'ASC'} LIMIT ?"
        )
        return _take(self.reader().execute(query, (first, last, limit)))


def check_not_deleted(stream: str, last: int) -> None:
    if last == END_OF_TIME:
        raise StreamDeleted(stream)


def _take(cursor: sqlite3.Cursor) -> list[Row]:
    rows: list[Row] = []
    size = 0
    for found in cursor:
        row = Row._make(found)
        rows.append(row)
        size += len(row.body)
        if size >= CHUNK_BYTES:
            break
    cursor.close()  # ends the read transaction, so that the write-ahead log can be checkpointed
    return rows


def _lock_folder(folder: Path) -> IO[str]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = open(folder / "lock", "a+", encoding="ascii")  # noqa: SIM115  (held until close)
    except OSError as error:
        raise CannotStart(f"cannot write in {folder}: {error.strerror}; choose another folder") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.seek(0)
        owner = lock.read().strip() or "unknown"
        lock.close()
        if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
            raise CannotStart(f"cannot lock {folder}: {error.strerror}") from error
        raise CannotStart(f"{folder} is in use by another localstore (process {owner}); stop it first") from error
    lock.seek(0)
    lock.truncate()
    lock.write(str(os.getpid()))
    lock.flush()
    return lock
