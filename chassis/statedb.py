"""State databases: what cannot be rebuilt (secrets, checkpoints, indexes). SQLite files, migrated by Alembic.

Every state database has the chassis's own tables (`chassis/migrations/versions`) and its service's
(`services/<name>/migrations`), each with a version table of its own.
"""

from __future__ import annotations

import fcntl
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parent.parent
_SCRIPTS = _ROOT / "chassis" / "migrations"
_BUSY_SECONDS = 30
READER_SECONDS = 5
"""How long the emptying of a write-ahead log waits for whoever reads; shorter than a command may take."""


def connect(path: Path) -> sqlite3.Connection:
    """A connection whose commits are durable. Used by one thread at a time; rows are `sqlite3.Row`."""
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All of it or nothing, with the write lock taken at the start."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


class StateDb:
    """One process's access to a state database: a connection a thread, opened on first use."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()

    def connection(self) -> sqlite3.Connection:
        """This thread's connection."""
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = self._local.connection = connect(self.path)
        return found

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """The rows of a query."""
        return self.connection().execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> sqlite3.Row | None:
        """The first row of a query, or None."""
        found: sqlite3.Row | None = self.connection().execute(sql, values).fetchone()
        return found

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction on this thread's connection."""
        with transaction(self.connection()) as connection:
            yield connection

    def empty_log(self) -> bool:
        """Leave nothing in the write-ahead log of what the database had before; False while somebody still reads that.

        Blocks for READER_SECONDS at most.
        """
        connection = self.connection()
        connection.execute(f"PRAGMA busy_timeout={READER_SECONDS * 1000}")
        try:
            busy, _pages, _copied = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            connection.execute(f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000}")
        return not busy


def migrate(path: Path, owner: str) -> None:
    """Bring a state database to this release's schema; `owner` is a service's name or `gateway`.

    Cheap when nothing is to be done (Alembic is not even imported); concurrent callers wait for each other.
    """
    own = _ROOT / ("gateway" if owner == "gateway" else f"services/{owner}") / "migrations"
    scripts = [(_SCRIPTS / "versions", "chassis_version"), (own, f"{owner}_version")]
    with open(path.with_suffix(".migrate.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for folder, version_table in scripts:
            revisions = sorted(file.stem[:4] for file in folder.glob("[0-9]*.py"))
            if revisions and _current(path, version_table) != revisions[-1]:
                _upgrade(path, folder, version_table)


def _current(path: Path, version_table: str) -> str | None:
    with closing(connect(path)) as connection:
        try:
            row = connection.execute(f"SELECT version_num FROM {version_table}").fetchone()
        except sqlite3.OperationalError:
            return None
        return row[0] if row else None


def _upgrade(path: Path, folder: Path, version_table: str) -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.set_main_option("version_locations", str(folder))
    config.set_main_option("path_separator", "newline")
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes.update(connection=connection, version_table=version_table)
        command.upgrade(config, "head")
    engine.dispose()
