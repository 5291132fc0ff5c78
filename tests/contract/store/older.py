"""Files as older releases wrote them."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from esdbclient import NewEvent

from localstore.wire import Proposed, encode

FORMAT_1 = """
PRAGMA journal_mode = WAL;
CREATE TABLE event (
    position INTEGER PRIMARY KEY, stream TEXT NOT NULL, revision INTEGER NOT NULL, type TEXT NOT NULL,
    id BLOB NOT NULL, checksum INTEGER NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX event_of_stream ON event (stream, revision);
PRAGMA user_version = 1;
"""


def write_format_1(path: Path, new: Sequence[NewEvent]) -> None:
    """A file of format 1 with these events in the stream order-1."""
    proposed = [Proposed(one.id.hex, one.type, one.content_type, one.metadata, one.data) for one in new]
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(FORMAT_1)
        for row in encode("order-1", proposed, 0, 1):
            stored = (*row[:4], bytes.fromhex(row.id), zlib.crc32(row.body), row.body)
            connection.execute("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?)", stored)
        connection.commit()
