"""One run's staging database: documents put aside while a file is read, then batches ready to be sent.

It is written without syncing, for a run that is interrupted here begins again from the file; `seal` makes it durable
before anything is sent. Layout:

    parts     what was gathered of a document (several pieces where its rows are far apart)
    batches   messages, ready: the documents' JSON
    staged    every document of the file, for telling which are absent
    errors    what could not be read: line, column, value, reason
    left_out  documents that rows left out belong to
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from services.erp_sync.adapters.files.bodies import Gathered

_SCHEMA = """
CREATE TABLE parts (rank INTEGER, company TEXT, key TEXT, kind TEXT, head BLOB, list_a BLOB, list_b BLOB);
CREATE TABLE batches (batch INTEGER PRIMARY KEY, service TEXT, partition INTEGER, what TEXT,
                      documents INTEGER, lines INTEGER, body BLOB);
CREATE TABLE staged (kind TEXT, company TEXT, key TEXT, line INTEGER, rows INTEGER, refused INTEGER,
                     PRIMARY KEY (kind, company, key)) WITHOUT ROWID;
CREATE TABLE errors (line INTEGER, field TEXT, value TEXT, reason TEXT);
CREATE TABLE left_out (reason TEXT, kind TEXT, key TEXT, PRIMARY KEY (reason, kind, key)) WITHOUT ROWID;
"""


class Problem(NamedTuple):
    """A row of the error file."""

    line: int
    column: str
    value: str
    reason: str


class Batch(NamedTuple):
    """A message to be sent: `body` is the JSON list of its documents, `what` the kinds it counts for."""

    number: int
    service: str
    partition: int
    what: str
    documents: int
    lines: int
    body: bytes


class Staging:
    """The staging database of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA page_size=65536")  # most rows are large
        self.db.execute("PRAGMA journal_mode=OFF")
        self.db.execute("PRAGMA synchronous=OFF")
        self.db.execute("PRAGMA cache_size=-32768")

    @classmethod
    def fresh(cls, path: Path) -> Staging:
        """An empty one; what an interrupted attempt left is removed."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        staging = cls(path)
        staging.db.executescript(_SCHEMA)
        staging.db.execute("BEGIN")
        return staging

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    def seal(self) -> None:
        """Make everything durable: from here on the file is not read again."""
        self.db.execute("COMMIT")
        for path in (self.path, self.path.parent):
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def put_aside(self, rank: int, kind: str, found: Iterable[tuple[tuple[str, str], Gathered]]) -> None:
        """Keep what was gathered of documents of a kind, each under (company, key)."""
        self.db.executemany(
            "INSERT INTO parts VALUES (?, ?, ?, ?, ?, ?, ?)",
            ((rank, company, key, kind, *_packed(gathered)) for (company, key), gathered in found),
        )

    def gathered(self) -> Iterator[tuple[str, str, str, list[Gathered]]]:
        """(kind, company, key, its pieces in order) of every document, in the order they are sent."""
        self.db.execute("CREATE INDEX parts_order ON parts (rank, company, key, kind)")
        rows = self.db.execute(
            "SELECT kind, company, key, head, list_a, list_b FROM parts ORDER BY rank, company, key, kind, rowid"
        )
        current: tuple[str, str, str] | None = None
        pieces: list[Gathered] = []
        for kind, company, key, head, list_a, list_b in rows:
            if (kind, company, key) != current:
                if current is not None:
                    yield (*current, pieces)
                current, pieces = (kind, company, key), []
            pieces.append(_unpacked(head, list_a, list_b))
        if current is not None:
            yield (*current, pieces)

    def forget_parts(self) -> None:
        """The pieces are documents now."""
        self.db.execute("DROP TABLE parts")

    def add_errors(self, problems: Iterable[Problem]) -> None:
        """Keep rows of the error file."""
        self.db.executemany("INSERT INTO errors VALUES (?, ?, ?, ?)", problems)

    def errors(self) -> Iterator[Problem]:
        """The rows of the error file in the file's order, each once."""
        for row in self.db.execute("SELECT DISTINCT * FROM errors ORDER BY line, field"):
            yield Problem(*row)

    def add_batch(self, batch: Batch) -> None:
        """Keep a message."""
        self.db.execute("INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?)", batch)

    def batch(self, number: int) -> Batch:
        """A message by its number."""
        return Batch(*self.db.execute("SELECT * FROM batches WHERE batch = ?", (number,)).fetchone())

    def plan(self) -> list[tuple[int, str, str, int]]:
        """(number, service, what, documents) of every message."""
        return self.db.execute("SELECT batch, service, what, documents FROM batches ORDER BY batch").fetchall()

    def line_of(self, kind: str, company: str, key: str) -> int:
        """The line of the file on which a document begins; 0 when it is not of this file."""
        return self._of("line", kind, company, key)

    def rows_of(self, kind: str, company: str, key: str) -> int:
        """How many rows of the file a document has; 0 when it is not of this file."""
        return self._of("rows", kind, company, key)

    def _of(self, column: str, kind: str, company: str, key: str) -> int:
        found = self.db.execute(
            f"SELECT {column} FROM staged WHERE kind = ? AND company = ? AND key = ?", (kind, company, key)
        ).fetchone()
        return int(found[0]) if found else 0


def _packed(gathered: Gathered) -> tuple[bytes, bytearray, bytearray]:
    head = orjson.dumps(
        (
            gathered.line,
            gathered.first,
            gathered.counts,
            gathered.sizes,
            str(gathered.exact),
            gathered.bad,
            gathered.rows,
        )
    )
    list_a, list_b, *_ = *gathered.lists, bytearray(), bytearray()
    return head, list_a, list_b


def _unpacked(head: bytes, *lists: bytes) -> Gathered:
    line, first, counts, sizes, exact, bad, rows = orjson.loads(head)
    kept = tuple(bytearray(entries) for entries, _ in zip(lists, sizes, strict=False))
    return Gathered(line, first, counts, kept, sizes, Decimal(exact), bad, rows)


def json_list(documents: Iterable[Any]) -> bytes:
    """The JSON list of documents already encoded."""
    return b"[" + b",".join(documents) + b"]"
