"""Read models in PostgreSQL: each service its own schema in one database, written by one role.

The statements are those for SQLite, with `?` for values. Text is compared by its bytes, as SQLite does, whatever the
database's own rules are.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import lru_cache
from typing import Any

import psycopg
from psycopg.adapt import Loader
from psycopg.rows import no_result
from psycopg.types.numeric import Int8Dumper
from sqlalchemy import Table, Text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateIndex, CreateTable, ExecutableDDLElement

from chassis.lease import LEASES, Holder
from chassis.readmodel import OWN_TABLES, Execute, NotThere, Projection, Unreadable, mark_new

READERS = "portico_readers"
"""Members of this role may read all read models; who keeps them grants it that where it exists."""
NOT_THERE = (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn, psycopg.errors.InvalidSchemaName)
CONNECT: Any = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,  # a host that has gone is noticed by who was just sending, too; milliseconds
}
_ONE_AT_A_TIME = 7_701_601_371
"""The advisory lock of who makes tables: two at once would trip over each other's names."""
_VALUE = re.compile(r"'(?:[^']|'')*'|\?|%")
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_kept = threading.local()


class PostgresDatabase:
    """The schema of one service. A projector locks the rows it writes, and its checkpoint, until it commits."""

    passing: tuple[type[Exception], ...] = (psycopg.OperationalError,)

    def __init__(self, uri: str, schema: str) -> None:
        self._uri = uri
        self._schema = schema

    def connect(self, token: str = "") -> Connection:
        """A connection for the projector: read models are rebuilt after a loss of power, so nothing is synced."""
        connection = Connection(self._open(f"portico {token}"))
        connection.execute("SET synchronous_commit = off")
        return connection

    def connect_leases(self) -> Connection:
        """A connection to the table of leases."""
        connection = Connection(self._open("portico leases"))
        self._create(connection, [LEASES])
        return connection

    def create_tables(self, connection: Connection, projections: Iterable[Projection]) -> None:
        """Make the tables of these projections where missing, beside those of other versions; see mark_new."""
        made = tuple(projections)
        self._create(connection, [*OWN_TABLES, *(table for one in made for table in one.tables)], made)

    def wait_for_locks(self, connection: Connection, seconds: int) -> None:
        """How long a statement waits for what another connection has locked."""
        connection.execute(f"SET lock_timeout = '{seconds}s'")

    def is_locked(self, error: Exception) -> bool:
        """Whether this is the error of a statement that waited so long."""
        return isinstance(error, psycopg.errors.LockNotAvailable)

    def end(self, holder: Holder, token: str) -> bool:
        """End the session that the replaced projector writes in; the process itself is left alone."""
        with closing(Connection(self._open("portico"))) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = ?",
                (f"portico {token}",),
            )
        return True

    def has_table(self, execute: Execute, name: str) -> bool:
        """Whether this transaction sees a table of that name."""
        return bool(execute("SELECT to_regclass(?) IS NOT NULL", (name,)).fetchone()[0])

    @contextmanager
    def reading(self) -> Iterator[Execute]:
        """`execute` in one read transaction, for the service that owns the read models. Raises Unreadable.

        Each thread keeps its connection, and opens another when that one broke.
        """
        try:
            connection = self._reader()
            try:
                yield connection.execute
            finally:
                connection.execute("ROLLBACK")
        except NOT_THERE as error:
            raise NotThere(str(error)) from error
        except psycopg.OperationalError as error:
            raise Unreadable(str(error)) from error

    def _reader(self) -> Connection:
        connections: dict[tuple[str, str], Connection] = _kept.__dict__.setdefault("by_schema", {})
        begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        kept = connections.pop((self._uri, self._schema), None)
        if kept is not None:
            try:
                kept.execute(begin)
            except psycopg.OperationalError:  # it broke since
                kept.close()
                kept = None
        if kept is None:
            kept = Connection(self._open("portico"))
            kept.execute(begin)
        connections[self._uri, self._schema] = kept
        return kept

    def _open(self, name: str) -> psycopg.Connection[Any]:
        connection = psycopg.connect(self._uri, autocommit=True, row_factory=_rows, application_name=name, **CONNECT)
        connection.prepared_max = 1000
        connection.adapters.register_dumper(int, Int8Dumper)  # one plan a statement, however large its numbers
        connection.execute(f"SET search_path = {self._schema}".encode())
        return connection

    def _create(self, connection: Connection, tables: Iterable[Table], new: Iterable[Projection] = ()) -> None:
        connection.execute("BEGIN")
        try:
            connection.execute("SELECT pg_advisory_xact_lock(?)", (_ONE_AT_A_TIME,))
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {self._schema}")
            readers = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = ?", (READERS,)).fetchone() is not None
            if readers:
                connection.execute(f"GRANT USAGE ON SCHEMA {self._schema} TO {READERS}")
            for table in tables:
                # By name: to make an index "if not exists" would wait for whoever writes to the table.
                if connection.execute("SELECT to_regclass(?) IS NULL AS missing", (table.name,)).fetchall()[0][
                    "missing"
                ]:
                    connection.execute(_ddl(CreateTable(table)))
                    for index in table.indexes:
                        connection.execute(_ddl(CreateIndex(index)))
                    for statement in table.info.get("postgresql", ()):
                        connection.execute(statement)
                if readers:
                    connection.execute(f"GRANT SELECT ON {table.name} TO {READERS}")
            mark_new(connection.execute, new)
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise


def close_readers(uri: str) -> None:
    """Close the connections that this thread keeps to read from this database."""
    kept: dict[tuple[str, str], Connection] = _kept.__dict__.get("by_schema", {})
    for key in [key for key in kept if key[0] == uri]:
        kept.pop(key).close()


def problem(uri: str, writes: bool) -> str:
    """Why the database cannot be used, to write read models or to read them; empty when it can."""
    try:
        with psycopg.connect(uri, autocommit=True, **CONNECT) as connection:
            asked = connection.execute("SELECT has_database_privilege(current_database(), 'CREATE'), current_user")
            may, role = asked.fetchone() or (False, "?")
    except psycopg.OperationalError as error:
        return str(error).strip().splitlines()[0]
    return f"role {role} may not make schemas there" if writes and not may else ""


class Connection:
    """A psycopg connection as a projection sees it: statements as for SQLite, rows with names and an order.

    Between BEGIN IMMEDIATE and its end statements go out without a wait for each answer, unless somebody looks at it:
    an error may show only at `settle`, or at the next answer that is looked at.
    """

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._pipeline: psycopg.Pipeline | None = None
        self._leave = ExitStack()

    def execute(self, sql: str, values: Any = ()) -> Any:
        """What one statement answers: `fetchone`, `fetchall`, `rowcount`, or the rows one after the other."""
        if sql == "COMMIT":
            self._end_pipeline()
        elif sql.startswith("ROLLBACK"):
            with suppress(psycopg.Error):  # it is for the error that has been told
                self.settle() if sql.startswith("ROLLBACK TO") else self._end_pipeline()
        cursor = self._sent(sql, values)
        if sql == "BEGIN IMMEDIATE":
            self._pipeline = self._leave.enter_context(self._connection.pipeline())
        return cursor if self._pipeline is None else _Answer(cursor, self._pipeline)

    def settle(self) -> None:
        """Wait for the answers to all statements. Raises the error of the first that failed."""
        if self._pipeline is not None:
            self._pipeline.sync()

    def _end_pipeline(self) -> None:
        self._pipeline = None
        self._leave.close()

    def _sent(self, sql: str, values: Any) -> psycopg.Cursor[Any]:
        try:
            return self._connection.execute(_translated(sql), values)
        except psycopg.DataError:
            stripped = [without_nul(value) for value in values]
            if stripped == list(values):
                raise
            return self._connection.execute(_translated(sql), stripped)

    def executemany(self, sql: str, rows: Iterable[Any]) -> None:
        """The statement for each row of values."""
        self._connection.cursor().executemany(_translated(sql), rows)

    def close(self) -> None:
        """Close it; what is not committed is lost."""
        with suppress(psycopg.Error):
            self._connection.close()


class _Answer:
    """The answer to a statement that may still be on its way."""

    def __init__(self, cursor: psycopg.Cursor[Any], pipeline: psycopg.Pipeline) -> None:
        self._cursor = cursor
        self._pipeline = pipeline
        self.fetchone = cursor.fetchone
        self.fetchall = cursor.fetchall

    def __iter__(self) -> Iterator[Any]:
        return iter(self._cursor)

    @property
    def rowcount(self) -> int:
        """How many rows the statement wrote."""
        self._pipeline.sync()
        return self._cursor.rowcount


class Row(tuple[Any, ...]):
    """A row that is asked by name or by place, like SQLite's."""

    __slots__ = ()
    _places: dict[str, int] = {}

    def __getitem__(self, key: Any) -> Any:
        return tuple.__getitem__(self, self._places[key] if isinstance(key, str) else key)

    def keys(self) -> list[str]:
        """The names, so that `dict(row)` is what it looks like."""
        return list(self._places)


class WholeNumber(Loader):
    """A sum of whole numbers, which PostgreSQL gives as a decimal, as the int it is."""

    def load(self, data: Any) -> int:
        """Raises ValueError for what is not whole: no table here has such numbers."""
        return int(bytes(data))


psycopg.adapters.register_loader("numeric", WholeNumber)


@compiles(Text, "postgresql")
def _text(element: Text, compiler: Any, **kw: Any) -> str:
    return 'TEXT COLLATE "C"'


def _ddl(statement: ExecutableDDLElement) -> str:
    return str(statement.compile(dialect=_DIALECT))


def without_nul(value: Any) -> Any:
    """The value without the character U+0000, which PostgreSQL's texts cannot have."""
    return value.replace("\0", "") if isinstance(value, str) else value


@lru_cache(1024)
def _row_class(names: tuple[str, ...]) -> type[Row]:
    places = {name: place for place, name in enumerate(names)}
    return type("Row", (Row,), {"__slots__": (), "_places": places})


def _rows(cursor: psycopg.Cursor[Any]) -> Callable[[Any], Any]:
    if cursor.description is None:
        return no_result
    return _row_class(tuple(column.name for column in cursor.description))


@lru_cache(4096)
def _translated(sql: str) -> bytes:
    if sql == "BEGIN IMMEDIATE":
        return b"BEGIN"
    return _VALUE.sub(lambda found: {"?": "%s", "%": "%%"}.get(found[0], found[0].replace("%", "%%")), sql).encode()
