"""Copies of a store, taken while it is written and put back, and the proof that a store's file is whole."""

import os
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from localstore.errors import CannotStart
from localstore.formats import FORMAT, FORMAT_1, sync
from localstore.storage import END_OF_TIME, Storage, described_events

MOST_FAULTS = 20
NAME = "events.db"


class Damaged(Exception):
    """A store's file that is not whole; the message says what is wrong with it."""


@dataclass(frozen=True)
class Found:
    """What a store's file holds. `position` is the last event's; `faults` has at most MOST_FAULTS sentences."""

    events: int
    streams: int
    position: int
    faults: tuple[str, ...]


def verify(path: Path) -> Found:
    """Walk every event of a store's file, which may be in use. Memory stays flat, but takes a moment per million."""
    faults: list[str] = []
    events = streams = position = 0
    try:
        with closing(_reading(path)) as connection:
            connection.execute("BEGIN")  # one state of the store, whatever is appended meanwhile
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version not in (1, FORMAT):
                return Found(0, 0, 0, (f"it has format {version}; this release knows format {FORMAT}",))
            if version == 1:
                connection.execute(f"CREATE TEMP VIEW append AS {FORMAT_1}")
            faults += islice(chain(_walk_events(connection), _walk_streams(connection)), MOST_FAULTS)
            events, position, streams = connection.execute(
                "SELECT coalesce(sum(json_array_length(events)), 0), coalesce(max(position), 0), count(DISTINCT stream)"
                " FROM append"
            ).fetchone()
    except (sqlite3.DatabaseError, ValueError) as error:
        faults.append(f"it cannot be read: {error}")
    return Found(events, streams, position, tuple(faults))


def _walk_events(connection: sqlite3.Connection) -> Iterator[str]:
    """Positions are 1, 2, 3…, and every event has the checksum it was stored with."""
    expected = 1
    for position, events, body in connection.execute("SELECT position, events, body FROM append ORDER BY position"):
        described = described_events(events)
        first, at = position - len(described) + 1, 0
        if first > expected:
            yield f"the events {expected} to {first - 1} are missing"
        if first < expected:
            yield f"the events {first} to {expected - 1} are there twice"
        for number, (_, _, size, checksum) in enumerate(described, first):
            if zlib.crc32(body[at : at + size]) != checksum:
                yield f"event {number} does not have the checksum it was stored with"
            at += size
        expected = position + 1


def _walk_streams(connection: sqlite3.Connection) -> Iterator[str]:
    """Each stream's revisions are 0, 1, 2… in the order of positions; a tombstone alone stands at the end of time."""
    stream, expected, before = "", 0, 0
    rows = connection.execute(
        "SELECT stream, revision, json_array_length(events), position FROM append ORDER BY stream, revision"
    )
    for name, revision, count, position in rows:
        if name != stream:
            stream, expected, before = name, 0, 0
        if revision - count + 1 not in (expected, END_OF_TIME):
            yield f"stream {name} goes on with revision {revision - count + 1} instead of {expected}"
        if position <= before:
            yield f"revision {revision} of stream {name} stands before the one it follows"
        expected, before = revision + 1, position


def backup(source: Path, target: Path) -> Found:
    """Copy a store's file, in use or not, to a new file; gives what the copy holds. Raises Damaged, OSError.

    The copy is the store at one moment: all that was acknowledged before it began, no half of anything.
    """
    copy_database(source, target)
    found = verify(target)
    if found.faults:
        target.unlink()
        raise Damaged("; ".join(found.faults))
    return found


def restore(copy: Path, folder: Path) -> Found:
    """Put a copy into an empty folder, where a store can then be started. Raises Damaged, CannotStart, OSError."""
    found = verify(copy)
    if found.faults:
        raise Damaged("; ".join(found.faults))
    if (folder / NAME).exists():
        raise CannotStart(f"{folder} has a store already; move it away first")
    folder.mkdir(parents=True, exist_ok=True)
    copy_database(copy, folder / NAME)
    with closing(Storage(folder)):  # opens as a store opens it
        return found


def copy_database(source: Path, target: Path) -> None:
    """Copy one SQLite file, in use or not, to a file that is there whole and durable or not at all."""
    part = target.with_name(target.name + ".part")
    with suppress(FileNotFoundError):
        part.unlink()
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with closing(_reading(source)) as reading, closing(sqlite3.connect(part)) as writing:
        reading.backup(writing)  # in one step: a read transaction, which holds up no writer
        writing.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
    sync(part)
    part.rename(target)
    sync(target.parent)


def _reading(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise FileNotFoundError(f"there is no {path}")
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=30)
