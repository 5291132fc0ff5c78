"""Read-only access to the services' published tables: each service's read.db attached under the service's name."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections import namedtuple
from collections.abc import Mapping
from typing import Any

from chassis.config import SERVICES, Settings
from chassis.errors import Unavailable
from chassis.messages import ALL_COMPANIES

_LOOK_AGAIN = 1.0
_NOT_THERE = ("no such table", "no such column", "unknown database", "unable to open database")


class NotReady(Unavailable):
    """A read model this page needs has not been built yet."""


class Reads:
    """One connection a thread, shared by all pages of a process. Nothing is opened before the first read.

    Everything read between two calls of `end` is one transaction: rows and checkpoints fit together.
    """

    def __init__(self, settings: Settings) -> None:
        self._paths = {service: settings.read_db(service) for service in SERVICES}
        self._local = threading.local()
        self._rows: dict[tuple[str, ...], Any] = {}

    def rows(self, sql: str, values: Mapping[str, Any]) -> list[Any]:
        """The rows as named tuples; raises NotReady when a table is not there (yet)."""
        connection = self._begin()
        try:
            cursor = connection.execute(sql, values)
            return list(map(self._row_class(cursor)._make, cursor))
        except sqlite3.OperationalError as error:
            if not str(error).startswith(_NOT_THERE):
                raise
            self._local.checked = 0.0
            raise NotReady("This part of the portal is being prepared; it will be here shortly.") from error

    def end(self) -> None:
        """Finish this thread's read transaction; the next read sees what was committed since."""
        connection = getattr(self._local, "connection", None)
        if connection is not None and connection.in_transaction:
            connection.execute("COMMIT")

    def close(self) -> None:
        """Close this thread's connection."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def versions(self, company: str) -> dict[str, int]:
        """`service.model` → position of the last change this company can see, over all services. One statement.

        For `ALL_COMPANIES` it is how far each model has come.
        """
        connection = self._begin()
        if company == ALL_COMPANIES:
            sql = self._local.positions_sql
            return dict(connection.execute(sql).fetchall()) if sql else {}
        sql = self._local.versions_sql
        return dict(connection.execute(sql, (company,)).fetchall()) if sql else {}

    def has_reached(self, model: str, position: int) -> bool:
        """Whether a read model (`service.model_v1`, as its checkpoint is named) shows the store up to `position`."""
        service, _, checkpoint = model.partition(".")
        connection = self._begin()
        if service not in self._local.attached:
            return False
        try:
            row = connection.execute(
                f"SELECT position FROM {service}.checkpoints WHERE model = ?", (checkpoint,)
            ).fetchone()
        except sqlite3.OperationalError:
            return False
        return row is not None and row[0] >= position

    def _row_class(self, cursor: sqlite3.Cursor) -> Any:
        names = tuple(column[0] for column in cursor.description)
        found = self._rows.get(names)
        if found is None:
            found = self._rows[names] = namedtuple("Row", names, rename=True)  # type: ignore[misc]
        return found

    def _begin(self) -> sqlite3.Connection:
        local = self._local
        connection: sqlite3.Connection | None = getattr(local, "connection", None)
        if connection is not None and connection.in_transaction:
            return connection
        now = time.monotonic()
        if connection is None or now - local.checked > _LOOK_AGAIN:
            connection = self._opened(connection)
            local.checked = now
        connection.execute("BEGIN")
        return connection

    def _opened(self, connection: sqlite3.Connection | None) -> sqlite3.Connection:
        """The connection as it is when the files are still the same ones, else a new one over those there are now."""
        files = {service: identity for service, path in self._paths.items() if (identity := _file_identity(path))}
        if connection is not None and files == self._local.files and self._local.complete:
            return connection
        if connection is not None:
            connection.close()
        # SQLite's own cache of prepared statements is this thread's, so a hot statement is compiled once.
        connection = sqlite3.connect("file::memory:", uri=True, isolation_level=None, cached_statements=512)
        connection.execute("PRAGMA query_only=ON")
        connection.execute("PRAGMA busy_timeout=1000")
        attached = []
        for service in files:
            uri = f"file:{self._paths[service]}?mode=ro"
            connection.execute(f"ATTACH DATABASE ? AS {service}", (uri,))
            attached.append(service)
        versioned = [service for service in attached if _has_versions(connection, service)]
        self._local.complete = len(versioned) == len(attached)
        self._local.versions_sql = " UNION ALL ".join(map(_versions_of, versioned))
        self._local.positions_sql = " UNION ALL ".join(map(_positions_of, versioned))
        self._local.attached = frozenset(attached)
        self._local.files = files
        self._local.connection = connection
        return connection


def _file_identity(path: Any) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    # A projector that has made its file but no table yet leaves it empty.
    return (found.st_dev, found.st_ino) if found.st_size else None


# A checkpoint's name is the model's with its version behind: `orders_v1`.
_MODEL = "substr(model, 1, length(rtrim(model, '0123456789')) - 2)"


def _positions_of(service: str) -> str:
    return f"SELECT '{service}.' || {_MODEL}, MAX(position) FROM {service}.checkpoints GROUP BY 1"


def _versions_of(service: str) -> str:
    # The table's key begins with the model: naming the models makes this a handful of look-ups, not a scan.
    models = f"SELECT {_MODEL} FROM {service}.checkpoints"
    return (
        f"SELECT '{service}.' || model, MAX(position) FROM {service}.readmodel_versions"
        f" WHERE model IN ({models}) AND company IN (?1, '*') GROUP BY model"
    )


def _has_versions(connection: sqlite3.Connection, service: str) -> bool:
    try:
        connection.execute(f"SELECT 1 FROM {service}.readmodel_versions LIMIT 1")
    except sqlite3.OperationalError:
        return False
    return True
