"""One read model fed with events directly: what its tables say after them."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

from chassis.codec import Codec, loads
from chassis.documents import DocumentTables
from chassis.messages import Event, Recorded
from chassis.readmodel import Projection, Rows
from chassis.sqlite_models import SqliteDatabase
from tests.support.given import NOW


class ReadModel:
    """A read model in a database of its own; `company` → last position of what was touched is in `companies`."""

    def __init__(self, folder: Path, projection: Projection, codec: Codec) -> None:
        self._projection = projection
        self._codec = codec
        self.path = folder / f"{projection.name}.db"
        self.companies: dict[str, int] = {}
        self.position = 0
        self._database = SqliteDatabase(self.path)
        with closing(self._database.connect()) as connection:
            self._database.create_tables(connection, [projection])

    def see(self, *events: Event, stream: str = "any-stream", channel: str = "") -> None:
        """Project the events, stored as the codec stores them, in one transaction."""
        meta = {"channel": channel} if channel else {}
        with closing(self._database.connect()) as connection:
            connection.execute("BEGIN")
            rows = Rows(connection)
            for event in events:
                self.position += 1
                name, data, _version = self._codec.encode(event)
                recorded = Recorded(UUID(int=self.position), name, stream, 0, self.position, loads(data), meta, NOW)
                self._projection.project(recorded, rows)
            connection.execute("COMMIT")
            self.companies |= rows.companies

    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """The rows of a query."""
        with self._database.reading() as execute:
            return [dict(row) for row in execute(sql, values)]

    def timeline(self, table: DocumentTables, key: str) -> list[tuple[Any, ...]]:
        """What happened to a document, newest first: event, actor, channel and the changes."""
        found = self.rows(
            f"SELECT * FROM {table.timeline.name} WHERE {table.key} = ? ORDER BY position DESC",
            key,
        )
        assert {row["at"] for row in found} <= {NOW.isoformat()}
        return [
            (row["event"], row["actor"], row["channel"], loads(row["changes"]) if row["changes"] else [])
            for row in found
        ]


def recount(model: ReadModel, tables: DocumentTables, digits: int) -> Counter[tuple[Any, ...]]:
    """The totals as the documents themselves add up to, by day (10 digits of the date) or month (7)."""
    sums: Counter[tuple[Any, ...]] = Counter()
    for row in model.rows(f"SELECT * FROM {tables.documents.name}"):
        group = (row["company"], row["kind"], row["date"][:digits], row["branch"], row["status"], row["currency"])
        for name, value in (("count", 1), ("total_minor", row["total_minor"]), ("open_minor", row["open_minor"])):
            sums[(*group, name)] += value
    return Counter({key: value for key, value in sums.items() if value})


def kept(model: ReadModel, table: str) -> Counter[tuple[Any, ...]]:
    """The totals as they were kept."""
    sums: Counter[tuple[Any, ...]] = Counter()
    for row in model.rows(f"SELECT * FROM {table}"):
        *group, count, total, still_open = row.values()
        assert count > 0, "an empty group is taken out"
        for name, value in (("count", count), ("total_minor", total), ("open_minor", still_open)):
            sums[(*group, name)] += value
    return Counter({key: value for key, value in sums.items() if value})
