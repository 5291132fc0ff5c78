"""Read models: tables named with their version, a checkpoint in the same transaction, a version per company.

Everything here can be deleted and rebuilt from the streams. Where they are kept is a Database: a SQLite file a service
(`chassis/sqlite_models.py`), or a schema a service in PostgreSQL (`chassis/postgres_models.py`). Statements are the
same for both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import BigInteger, Column, MetaData, Table, Text

from chassis.messages import Recorded

if TYPE_CHECKING:
    from chassis.config import Settings
    from chassis.lease import Holder

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
BUILDING = Table(
    "readmodel_building",
    _own,
    Column("model", Text, primary_key=True),
    Column("table_name", Text, primary_key=True),
)
"""The tables of models (named as their checkpoints) that have not caught up since they were made: not all is there."""
OWN_TABLES = (CHECKPOINTS, VERSIONS, BUILDING)

Execute = Callable[..., Any]
"""Runs SQL with its values and gives a cursor whose rows have names and an order."""


class Unreadable(Exception):
    """A read model cannot be read at the moment."""


class NotThere(Unreadable):
    """The database, or a table in it, has not been made yet."""


class Rows:
    """What a projection writes with: SQL on the transaction that also moves the checkpoint."""

    def __init__(self, connection: Any) -> None:
        self.execute: Execute = connection.execute
        self._settle: Callable[[], None] | None = getattr(connection, "settle", None)
        self.companies: dict[str, int] = {}

    def settle(self) -> None:
        """Have every error of a statement so far be raised now: PostgreSQL's answers are not waited for one by one."""
        if self._settle is not None:
            self._settle()

    def touch(self, company: str, position: int) -> None:
        """Say that what this company sees of the read model changed at `position`."""
        self.companies[company] = position

    def one(self, sql: str, *values: Any) -> Any:
        """The first row of a query by the model on its own tables, None without any."""
        return self.execute(sql, values).fetchone()


@dataclass(frozen=True)
class Projection:
    """One read model: its tables, and the function that turns each event into rows.

    `project(event, rows)` sees every event of `streams` (prefixes such as "case-"), in order, each exactly once.
    """

    name: str
    version: int
    streams: tuple[str, ...]
    tables: tuple[Table, ...]
    project: Callable[[Recorded, Rows], None]

    @property
    def checkpoint(self) -> str:
        """The name of its checkpoint, and of the lease of who keeps it."""
        return f"{self.name}_v{self.version}"


class Database(Protocol):
    """Where one service's read models are. Connections are the driver's: `execute`, `executemany`, `close`.

    `passing` are the driver's errors that no event is to blame for: a full disk, a server that is away.
    """

    passing: tuple[type[Exception], ...]

    def connect(self, token: str = "") -> Any:
        """A connection for the projector that writes under this token."""

    def connect_leases(self) -> Any:
        """A connection to the table of leases, which a projector's transaction does not lock."""

    def create_tables(self, connection: Any, projections: Iterable[Projection]) -> None:
        """Make the tables of these projections where missing, beside those of other versions; see mark_new."""

    def wait_for_locks(self, connection: Any, seconds: int) -> None:
        """How long a statement waits for what another connection has locked."""

    def is_locked(self, error: Exception) -> bool:
        """Whether this is the error of a statement that waited so long."""

    def end(self, holder: Holder, token: str) -> bool:
        """End what a replaced projector has open and so keeps locked; whether that could be done."""

    def has_table(self, execute: Execute, name: str) -> bool:
        """Whether this transaction sees a table of that name."""

    def reading(self) -> AbstractContextManager[Execute]:
        """`execute` in one read transaction, for the service that owns the read models. Raises Unreadable."""


def mark_new(execute: Execute, projections: Iterable[Projection]) -> None:
    """Say of the tables of models without a checkpoint that they are being built: in the transaction that makes them.

    What was made before there was this mark counts as built.
    """
    for one in projections:
        for table in one.tables:
            execute(
                f"INSERT INTO {BUILDING.name} (model, table_name) SELECT ?, ?"
                " WHERE NOT EXISTS (SELECT 1 FROM checkpoints WHERE model = ?) ON CONFLICT DO NOTHING",
                (one.checkpoint, table.name, one.checkpoint),
            )


def is_building(own: Database, execute: Execute, checkpoint: str) -> bool:
    """Whether this model has not caught up since its tables were made. Without the table of marks all is built."""
    if not own.has_table(execute, BUILDING.name):  # a database of the release before, whose workers go on
        return False
    row = execute(f"SELECT 1 FROM {BUILDING.name} WHERE model = ? LIMIT 1", (checkpoint,)).fetchone()
    return row is not None


def database(settings: Settings, service: str) -> Database:
    """Where this service's read models are: where PORTICO_READ_URI says, else in its data folder."""
    if settings.read_uri:
        from chassis.postgres_models import PostgresDatabase  # takes time to load, and few have it

        return PostgresDatabase(settings.read_uri, service)
    from chassis.sqlite_models import SqliteDatabase

    return SqliteDatabase(settings.read_db(service))


def upsert(table: Table) -> str:
    """`INSERT … ON CONFLICT (primary key) DO UPDATE` of all columns, with positional values in column order."""
    names = [column.name for column in table.columns]
    keys = [column.name for column in table.primary_key]
    rest = ", ".join(f"{name}=excluded.{name}" for name in names if name not in keys)
    marks = ", ".join("?" * len(names))
    action = f"DO UPDATE SET {rest}" if rest else "DO NOTHING"
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks}) ON CONFLICT ({', '.join(keys)}) {action}"
