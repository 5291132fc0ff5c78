"""Every projection on either kind of database: what it makes of all events ever written is the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from chassis import rooms
from chassis.config import SERVICES
from chassis.messages import Recorded
from chassis.postgres_models import PostgresDatabase
from chassis.readmodel import Database, Projection, Rows
from chassis.sqlite_models import SqliteDatabase
from chassis.statedb import migrate
from services.identity.projections import people
from services.identity.vault import open_vault
from tests.contract.test_golden_events import examples
from tests.support.given import NOW
from tests.support.settings import environment, make_settings


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A vault for identity's projection, which finds it by the environment."""
    settings = make_settings(tmp_path / "var")
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    migrate(settings.state_db("identity"), "identity")
    open_vault(settings)
    people._vault.cache_clear()
    yield
    people._vault.cache_clear()


def recorded(service: str) -> tuple[list[Recorded], list[Recorded]]:
    """Each event ever written, and all of them once more, for what changes rows that are there; then in reverse."""
    codec = rooms.load(service).codec
    told = [
        (name, codec.upcast(name, int(version), dict(data)))
        for name, versions in examples(service).items()
        for version, data in versions.items()
    ]
    made = [
        Recorded(UUID(int=number), name, "any-stream", number, number, data, {"channel": "portal"}, NOW)
        for number, (name, data) in enumerate([*told, *told, *reversed(told)], 1)
    ]
    return made[: 2 * len(told)], made[2 * len(told) :]


def taken(database: Database, projection: Projection, events: list[Recorded]) -> list[Recorded]:
    """Those of the events that are the projection's; they are in its tables then."""
    found = []
    with closing(database.connect()) as connection:
        database.create_tables(connection, [projection])
        connection.execute("BEGIN IMMEDIATE")
        rows = Rows(connection)
        for event in events:
            connection.execute("SAVEPOINT one")
            try:
                projection.project(event, rows)
                found.append(event)
            except KeyError:  # another model's
                connection.execute("ROLLBACK TO one")
            connection.execute("RELEASE one")
        connection.execute("COMMIT")
    return found


def tables(database: Database, projection: Projection) -> dict[str, list[Any]]:
    """What is in the projection's tables: rows in any order."""
    with database.reading() as execute:
        return {
            table.name: sorted([list(row) for row in execute(f"SELECT * FROM {table.name}")], key=repr)
            for table in projection.tables
        }


@pytest.mark.usefixtures("keys")
def test_every_projection_makes_the_same_of_its_events_in_postgresql_as_in_sqlite(
    tmp_path: Path, postgres_uri: str
) -> None:
    for service in SERVICES:
        for projection in rooms.load(service).projections:
            file = SqliteDatabase(tmp_path / f"{service}.{projection.name}.db")
            schema = PostgresDatabase(postgres_uri, service)
            filled = False  # after one of the two: what removes rows may come last
            for events in recorded(service):
                own = taken(file, projection, events)
                assert own, f"{service}.{projection.name} has seen nothing"
                assert taken(schema, projection, events) == own
                expected = tables(file, projection)
                assert tables(schema, projection) == expected
                filled = filled or any(expected.values())
            assert filled, f"{service}.{projection.name} is empty"
