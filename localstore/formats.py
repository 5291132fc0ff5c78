"""The file's tables, and how a file of the format before is taken over.

The events of an older file are copied into a new one beside it, which takes its place at the end. Until then the older
one stays as it was: whatever ends the process, the next start begins anew.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeAlias

from localstore.errors import CannotStart

FORMAT = 2
SCHEMA = """
CREATE TABLE append (
    position INTEGER PRIMARY KEY,  -- of its last event
    stream   TEXT NOT NULL,
    revision INTEGER NOT NULL,     -- of its last event
    events   TEXT NOT NULL,        -- JSON: id, type, size and crc32 of each event
    body     BLOB NOT NULL         -- the encoded ReadResp of each event, one after the other
) STRICT;
CREATE UNIQUE INDEX append_of_stream ON append (stream, revision);
"""
FORMAT_1 = """
SELECT position, stream, revision,
    json_array(json_array(lower(hex(id)), type, length(body), checksum)) AS events, body FROM event
"""  # each event was a row

BATCH = 1000
"""Events that are taken over between two words of how far it is."""
Told: TypeAlias = Callable[[int, int], None]
"""Is given the events taken over and those there are; what it raises ends the takeover."""


def take_over(path: Path, told: Told) -> None:
    """Replace a file of format 1 by one of FORMAT, which takes as much disk again. Raises CannotStart, or as `told`."""
    new = path.with_name(path.name + ".new")
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as old:
            old.execute("PRAGMA journal_mode = DELETE")  # a log left beside the new file would be taken for its own
        new.unlink(missing_ok=True)
        new.touch(0o600)
        _copy(path, new, told)
        shutil.copymode(path, new)
        sync(new)
        sync(path.parent)  # first the log is gone for good, then the old file
        new.rename(path)
        sync(path.parent)
    except (sqlite3.Error, OSError) as error:
        what_to_do = "have as much disk free as it takes, end what else uses it, or restore it from a backup"
        raise CannotStart(f"cannot take over {path} of an older release: {error}; {what_to_do}") from error
    finally:
        new.unlink(missing_ok=True)


def _copy(path: Path, new: Path, told: Told) -> None:
    with closing(sqlite3.connect(new, isolation_level=None, uri=True)) as connection:
        # Neither log nor syncing: it counts when it is whole, and is synced then.
        connection.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {SCHEMA}")
        connection.execute("PRAGMA cache_size = -65536")  # KiB; the index of streams is not filled in its order
        connection.execute("ATTACH ? AS old", [f"{path.absolute().as_uri()}?mode=ro"])
        (last,) = connection.execute("SELECT coalesce(max(position), 0) FROM event").fetchone()
        for done in range(0, last, BATCH):
            told(done, last)
            some = f"INSERT INTO append {FORMAT_1} WHERE position > ? AND position <= ? ORDER BY position"
            connection.execute(some, (done, done + BATCH))
        connection.execute(f"PRAGMA user_version = {FORMAT}")
        told(last, last)


def sync(path: Path) -> None:
    """Have a file's content, or a folder's entries, on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
