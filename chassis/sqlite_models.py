"""Read models in a SQLite file: one a service, the leases of its projectors in another beside it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from chassis.lease import LEASES, Holder
from chassis.readmodel import OWN_TABLES, Execute, NotThere, Projection, Unreadable, mark_new

_kept = threading.local()


_one_at_a_time = threading.Lock()


def _write_ahead(connection: sqlite3.Connection) -> None:
    """SQLite does not wait its timeout for this one; the projectors of a new installation all come at once."""
    with _one_at_a_time:
        connection.execute("PRAGMA journal_mode=WAL")


class SqliteDatabase:
    """The file at `path`. A projector keeps it locked for the length of its transaction, and only one can."""

    passing: tuple[type[Exception], ...] = (sqlite3.OperationalError,)

    def __init__(self, path: Path) -> None:
        self.path = path

    def connect(self, token: str = "") -> sqlite3.Connection:
        """A connection for the projector: read models are rebuilt after a loss of power, so nothing is synced."""
        connection = _open(self.path, timeout=30)
        # Of a new file: large pages and rare checkpoints save a quarter of a rebuild's time.
        connection.execute("PRAGMA page_size=16384")
        _write_ahead(connection)
        connection.execute("PRAGMA wal_autocheckpoint=4000")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA cache_size=-65536")
        connection.execute("PRAGMA temp_store=MEMORY")
        return connection

    def connect_leases(self) -> sqlite3.Connection:
        """A connection to the file of leases: those of the read models themselves are locked while a batch runs."""
        connection = _open(self.path.with_suffix(".leases"), timeout=2)
        _write_ahead(connection)
        connection.execute("PRAGMA wal_autocheckpoint=100")
        connection.execute("PRAGMA synchronous=NORMAL")  # it must be whole after a loss of power
        _create(connection, [LEASES])
        return connection

    def create_tables(self, connection: sqlite3.Connection, projections: Iterable[Projection]) -> None:
        """Make the tables of these projections where missing, beside those of other versions; see mark_new."""
        made = tuple(projections)
        connection.execute("BEGIN IMMEDIATE")
        try:
            _create(connection, [*OWN_TABLES, *(table for one in made for table in one.tables)])
            mark_new(connection.execute, made)
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise

    def wait_for_locks(self, connection: sqlite3.Connection, seconds: int) -> None:
        """How long a statement waits for what another connection has locked."""
        connection.execute(f"PRAGMA busy_timeout={seconds * 1000}")

    def is_locked(self, error: Exception) -> bool:
        """Whether this is the error of a statement that waited so long."""
        return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY

    def end(self, holder: Holder, token: str) -> bool:
        """Kill the process: what is stopped in the middle of a transaction keeps the file locked until it ends."""
        return holder.kill()

    def has_table(self, execute: Execute, name: str) -> bool:
        """Whether this transaction sees a table of that name."""
        found = execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (name,)).fetchone()
        return found is not None

    @contextmanager
    def reading(self) -> Iterator[Callable[..., sqlite3.Cursor]]:
        """`execute` in one read transaction on the file, for the service that owns it. Raises Unreadable.

        Each thread keeps its connection, and opens another when the file was replaced (rebuilt).
        """
        try:
            connection = self._reader()
            connection.execute("BEGIN")
            try:
                yield connection.execute
            finally:
                connection.execute("ROLLBACK")
        except FileNotFoundError as error:
            raise NotThere(f"there is no {self.path.name} yet") from error
        except sqlite3.OperationalError as error:
            raise (NotThere if "no such table" in str(error) else Unreadable)(str(error)) from error

    def _reader(self) -> sqlite3.Connection:
        connections: dict[Path, tuple[tuple[int, int], sqlite3.Connection]] = _kept.__dict__.setdefault("by_path", {})
        status = self.path.stat()
        file = (status.st_dev, status.st_ino)
        kept = connections.get(self.path)
        if kept is None or kept[0] != file:
            uri = f"{self.path.as_uri()}?mode=ro"
            connection = sqlite3.connect(uri, uri=True, timeout=2, isolation_level=None)
            connection.row_factory = sqlite3.Row
            connections[self.path] = kept = (file, connection)
        return kept[1]


def _open(path: Path, timeout: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=timeout, isolation_level=None, check_same_thread=False, cached_statements=512
    )
    connection.row_factory = sqlite3.Row
    return connection


def _create(connection: sqlite3.Connection, tables: Iterable[Table]) -> None:
    dialect = sqlite.dialect()
    for table in tables:
        connection.execute(str(CreateTable(table, if_not_exists=True).compile(dialect=dialect)))
        for index in table.indexes:
            connection.execute(str(CreateIndex(index, if_not_exists=True).compile(dialect=dialect)))
        for statement in table.info.get("sqlite", ()):
            connection.execute(statement)
