"""Read models: tables named with their version, a checkpoint in the same transaction, a version per company.

Everything here can be deleted and rebuilt from the streams.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Column, MetaData, Table, Text
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from chassis.messages import Recorded

_own = MetaData()
CHECKPOINTS = Table(
    "checkpoints",
    _own,
    Column("model", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("token", Text, nullable=False),
)
VERSIONS = Table(
    "readmodel_versions",
    _own,
    Column("model", Text, primary_key=True),
    Column("company", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
)


class Rows:
    """What a projection writes with: SQL on the transaction that also moves the checkpoint."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.execute: Callable[..., sqlite3.Cursor] = connection.execute
        self.companies: dict[str, int] = {}

    def touch(self, company: str, position: int) -> None:
        """Say that what this company sees of the read model changed at `position`."""
        self.companies[company] = position

    def one(self, sql: str, *values: Any) -> sqlite3.Row | None:
        """The first row of a query by the model on its own tables."""
        found: sqlite3.Row | None = self.execute(sql, values).fetchone()
        return found


_kept = threading.local()


@contextmanager
def reading(path: Path) -> Iterator[Callable[..., sqlite3.Cursor]]:
    """`execute` in one read transaction on a read model's file, for the service that owns it.

    Each thread keeps its connection, and opens another when the file was replaced (rebuilt). Raises FileNotFoundError
    while there is none, sqlite3.OperationalError while a table is not there yet.
    """
    connections: dict[Path, tuple[tuple[int, int], sqlite3.Connection]] = _kept.__dict__.setdefault("by_path", {})
    status = path.stat()
    file = (status.st_dev, status.st_ino)
    kept = connections.get(path)
    if kept is None or kept[0] != file:
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=2, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connections[path] = kept = (file, connection)
    connection = kept[1]
    connection.execute("BEGIN")
    try:
        yield connection.execute
    finally:
        connection.execute("ROLLBACK")


@dataclass(frozen=True)
class Projection:
    """One read model: its tables, and the function that turns each event into rows.

    `project(event, rows)` sees every event of `streams` (prefixes such as "case-"), in order, each exactly once.
    `extra_ddl` holds what the table language cannot say (full-text tables).
    """

    name: str
    version: int
    streams: tuple[str, ...]
    tables: tuple[Table, ...]
    project: Callable[[Recorded, Rows], None]
    extra_ddl: tuple[str, ...] = ()


def connect(path: Path) -> sqlite3.Connection:
    """A connection for the projector: read models are rebuilt after a loss of power, so commits need not be synced."""
    connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False, cached_statements=512)
    connection.row_factory = sqlite3.Row
    # Of a new file: large pages and rare checkpoints save a quarter of a rebuild's time.
    connection.execute("PRAGMA page_size=16384")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA wal_autocheckpoint=4000")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA cache_size=-65536")
    connection.execute("PRAGMA temp_store=MEMORY")
    return connection


def create_tables(connection: sqlite3.Connection, projections: Iterable[Projection]) -> None:
    """Make the tables of these projections where missing, beside those of other versions."""
    extra = [statement for projection in projections for statement in projection.extra_ddl]
    tables = [CHECKPOINTS, VERSIONS, *(table for projection in projections for table in projection.tables)]
    dialect = sqlite.dialect()
    connection.execute("BEGIN IMMEDIATE")
    for table in tables:
        connection.execute(str(CreateTable(table, if_not_exists=True).compile(dialect=dialect)))
        for index in table.indexes:
            connection.execute(str(CreateIndex(index, if_not_exists=True).compile(dialect=dialect)))
    for statement in extra:
        connection.execute(statement)
    connection.execute("COMMIT")


def upsert(table: Table) -> str:
    """`INSERT … ON CONFLICT (primary key) DO UPDATE` of all columns, with positional values in column order."""
    names = [column.name for column in table.columns]
    keys = [column.name for column in table.primary_key]
    rest = ", ".join(f"{name}=excluded.{name}" for name in names if name not in keys)
    marks = ", ".join("?" * len(names))
    action = f"DO UPDATE SET {rest}" if rest else "DO NOTHING"
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks}) ON CONFLICT ({', '.join(keys)}) {action}"
