"""Read-only access to the services' published tables, as `service.table`.

From files: each service's read.db is attached under the service's name. From PostgreSQL: `gateway/postgres_reads.py`.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections import namedtuple
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from chassis.config import SERVICES, Settings
from chassis.documents import search_key
from chassis.errors import Unavailable
from chassis.messages import ALL_COMPANIES
from gateway.models import CHECKPOINTS, MODELS
from gateway.queries import tables_in
from gateway.stamps import FileStamp

_LOOK_AGAIN = 1.0
_MEMO_ENTRIES = 4096
T = TypeVar("T")
NOT_READY = "This part of the portal is being prepared; it will be here shortly."
_NOT_THERE = ("no such table", "no such column", "unknown database", "unable to open database")


class NotReady(Unavailable):
    """A read model this page needs has not been built yet."""


@dataclass(frozen=True, slots=True)
class Building:
    """The models (`service.checkpoint`) and tables (`service.table`) that have not caught up since they were made.

    What is in such a table is not all there is, so nobody gets to see it.
    """

    models: frozenset[str]
    tables: frozenset[str]

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str]]) -> Building:
        """From rows of model and table."""
        found = tuple(rows)
        return cls(frozenset(model for model, _ in found), frozenset(table for _, table in found))

    def refuse(self, sql: str) -> None:
        """Raise NotReady when the statement reads one of these tables."""
        if self.tables and not self.tables.isdisjoint(tables_in(sql)):
            raise NotReady(NOT_READY)

    def versions(self, known: Iterable[tuple[str, int]]) -> dict[str, int]:
        """Versions by model, where what is being built has none: -1."""
        return {**dict(known), **dict.fromkeys(self.models & MODELS, -1)}

    def unbuilt(self, positions: Iterable[tuple[str, int]]) -> dict[str, int | None]:
        """The models that have not caught up, with how far they are; None of those that nobody has begun."""
        known = dict(positions)
        return {model: known.get(model) for model in sorted(MODELS) if model in self.models or model not in known}


class Reads(Protocol):
    """One connection a thread, shared by all pages of a process. Nothing is opened before the first read.

    Everything read between two calls of `end` is one transaction: rows and checkpoints fit together.
    """

    def rows(self, sql: str, values: Mapping[str, Any]) -> list[Any]:
        """The rows as named tuples; raises NotReady when a table is not there (yet), or is still being built."""

    def each(self, sql: str, values: Mapping[str, Any]) -> Iterator[Any]:
        """As `rows`, a few in memory at a time; for lists of any length."""

    def end(self) -> None:
        """Finish this thread's read transaction; the next read sees what was committed since."""

    def close(self) -> None:
        """Close this thread's connection."""

    def versions(self, company: str) -> dict[str, int]:
        """The models of gateway.models → position of the last change this company can see, over all services.

        For `ALL_COMPANIES` it is how far each model has come. Of what is being built it is -1.
        """

    def unbuilt(self) -> dict[str, int | None]:
        """The models this gateway reads that have not caught up since their tables were made: how far each is.

        None of those that nobody has begun.
        """

    def memo(self, key: Hashable, services: tuple[str, ...], make: Callable[[], T]) -> T:
        """What `make` reads from these services, kept for all threads until something in them changes.

        Fits what this thread reads in its transaction, if it has one open: neither older nor newer.
        """

    def has_reached(self, model: str, position: int) -> bool:
        """Whether a read model (`service.model_v1`, as its checkpoint is named) shows the store up to `position`."""

    def there(self) -> list[str]:
        """The services that have read models."""


def open_reads(settings: Settings) -> Reads:
    """The read models where these settings have them."""
    if settings.read_only_uri:
        from gateway.postgres_reads import PostgresReads  # takes time to load, and few have it

        return PostgresReads(settings.read_only_uri)
    return FileReads(settings)


class RowClasses:
    """A named tuple for each list of columns, made once."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, ...], Any] = {}

    def of(self, names: tuple[str, ...]) -> Any:
        """The class of rows with these columns."""
        found = self._found.get(names)
        if found is None:
            found = self._found[names] = namedtuple("Row", names, rename=True)  # type: ignore[misc]
        return found


class FileReads:
    """Reads from the services' SQLite files."""

    def __init__(self, settings: Settings) -> None:
        self._paths = {service: settings.read_db(service) for service in SERVICES}
        self._local = threading.local()
        self._rows = RowClasses()
        self._stamps = {service: FileStamp(path) for service, path in self._paths.items()}
        self._memo: dict[Hashable, tuple[list[bytes | None], Any]] = {}

    def rows(self, sql: str, values: Mapping[str, Any]) -> list[Any]:
        """As Reads says."""
        connection = self._begin()
        try:
            self._building().refuse(sql)
            cursor = connection.execute(sql, values)
            return list(map(self._rows.of(tuple(column[0] for column in cursor.description))._make, cursor))
        except sqlite3.OperationalError as error:
            if not str(error).startswith(_NOT_THERE):
                raise
            self._local.checked = 0.0
            raise NotReady(NOT_READY) from error

    def each(self, sql: str, values: Mapping[str, Any]) -> Iterator[Any]:
        """As Reads says."""
        connection = self._begin()
        self._building().refuse(sql)
        cursor = connection.execute(sql, values)
        make = self._rows.of(tuple(column[0] for column in cursor.description))._make
        yield from map(make, cursor)

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
        """As Reads says."""
        return self.memo(("versions", company), SERVICES, lambda: self._versions(company))

    def _versions(self, company: str) -> dict[str, int]:
        self._begin()
        sql = self._local.positions_sql if company == ALL_COMPANIES else self._local.versions_sql
        return self._building().versions(self._all(sql, {"company": company}))

    def unbuilt(self) -> dict[str, int | None]:
        """As Reads says."""
        self._begin()
        return self._building().unbuilt(self._all(self._local.positions_sql, {}))

    def _building(self) -> Building:
        found: Building | None = self._local.building
        if found is None:
            found = self._local.building = self.memo(("building",), SERVICES, self._read_building)
        return found

    def _read_building(self) -> Building:
        return Building.of(self._all(self._local.building_sql, {}))

    def _all(self, sql: str, values: Mapping[str, Any]) -> list[tuple[Any, Any]]:
        return self._begin().execute(sql, values).fetchall() if sql else []

    def memo(self, key: Hashable, services: tuple[str, ...], make: Callable[[], T]) -> T:
        """What `make` reads from these services, kept for all threads until somebody commits to one of their files.

        Fits what this thread reads in its transaction, if it has one open: neither older nor newer.
        """
        began: dict[str, bytes | None] | None = self._local.began if self._in_transaction() else None
        stamp = [began[one] for one in services] if began is not None else self._stamp(services)
        kept = self._memo.get(key)
        if kept is not None and kept[0] == stamp:
            value: T = kept[1]
            return value
        self._begin()
        stamp = [self._local.began[one] for one in services]
        made = make()
        if None not in stamp and stamp == self._stamp(services):
            if len(self._memo) >= _MEMO_ENTRIES:
                self._memo.clear()
            self._memo[key] = (stamp, made)
        return made

    def _stamp(self, services: Iterable[str]) -> list[bytes | None]:
        return [self._stamps[service].read() for service in services]

    def _in_transaction(self) -> bool:
        connection = getattr(self._local, "connection", None)
        return connection is not None and connection.in_transaction

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

    def there(self) -> list[str]:
        """The services that have read models."""
        return [service for service, path in self._paths.items() if path.exists()]

    def _begin(self) -> sqlite3.Connection:
        local = self._local
        connection: sqlite3.Connection | None = getattr(local, "connection", None)
        if connection is not None and connection.in_transaction:
            return connection
        now = time.monotonic()
        # Before all that is read: what is then seen is of these stamps or newer, never older.
        began = dict(zip(SERVICES, self._stamp(SERVICES), strict=True))
        if connection is None or not local.complete or now - local.checked > _LOOK_AGAIN:
            connection = self._opened(connection)
            local.checked = now
        local.began, local.building = began, None
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
        connection.create_function("SEARCH_KEY", 1, search_key, deterministic=True)
        attached = []
        for service in files:
            uri = f"file:{self._paths[service]}?mode=ro"
            connection.execute(f"ATTACH DATABASE ? AS {service}", (uri,))
            attached.append(service)
        marked = [service for service in attached if _has(connection, f"{service}.readmodel_building")]
        begun = [service for service in attached if _has(connection, f"{service}.checkpoints")]
        self._local.complete = len(marked) == len(attached)
        self._local.building_sql = union(building_of, marked)
        self._local.versions_sql = union(versions_of, begun)
        self._local.positions_sql = union(positions_of, begun)
        self._local.attached = tuple(attached)
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


def positions_of(service: str) -> str:
    """SQL: how far each read model of the service has come."""
    return f"SELECT '{service}.' || model, position FROM {service}.checkpoints WHERE model IN ({_names(service)})"


def versions_of(service: str) -> str:
    """SQL: where what `:company` sees of each read model of the service changed last.

    A worker of the release before names its versions otherwise, and keeps a model while one of this release keeps
    another: of a model that has no version at all under its name, every commit is a change.
    """
    # The table's key begins with the model: naming the models makes this a handful of look-ups, not a scan.
    return (
        f"SELECT '{service}.' || model, MAX(position) FROM {service}.readmodel_versions"
        f" WHERE model IN ({_names(service)}) AND company IN (:company, '*') GROUP BY model"
        f" UNION ALL {positions_of(service)}"
        f" AND NOT EXISTS (SELECT 1 FROM {service}.readmodel_versions v WHERE v.model = checkpoints.model)"
    )


def building_of(service: str) -> str:
    """SQL: the models of the service that are being built, and their tables."""
    return f"SELECT '{service}.' || model, '{service}.' || table_name FROM {service}.readmodel_building"


def union(of: Callable[[str], str], services: list[str], also: Callable[[str], str] = str, others: Any = ()) -> str:
    """One statement for several services; empty for none."""
    return " UNION ALL ".join([*map(of, services), *map(also, others)])


def _names(service: str) -> str:
    return ", ".join(f"'{checkpoint}'" for checkpoint in CHECKPOINTS[service])


def _has(connection: sqlite3.Connection, table: str) -> bool:
    try:
        connection.execute(f"SELECT 1 FROM {table} LIMIT 1")
    except sqlite3.OperationalError:
        return False
    return True
