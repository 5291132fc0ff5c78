"""A gateway a test, over files; for what reads most, over PostgreSQL too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from chassis.postgres_models import READERS
from gateway import access
from tests.gateway.ground import Ground
from tests.gateway.isolation.walk import Walk
from tests.gateway.isolation.world import World
from tests.support.postgres import PostgresServer

ON_BOTH = {
    "test_balance",
    "test_building",
    "test_documents",
    "test_exports",
    "test_favourites",
    "test_fragments",
    "test_models",
    "test_queries_run",
    "test_reads",
    "test_releases",
    "test_search",
    "test_search_of_staff",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Both kinds of database for the modules of ON_BOTH."""
    named = any("engine" in mark.args for mark in metafunc.definition.iter_markers("parametrize"))
    if "engine" in metafunc.fixturenames and not named:
        both = metafunc.module.__name__.rpartition(".")[2] in ON_BOTH
        metafunc.parametrize("engine", ["sqlite", "postgresql"] if both else ["sqlite"])


@pytest.fixture(scope="session")
def web_user(postgres: PostgresServer) -> str:
    """A role of PostgreSQL that may read what services publish, and nothing else."""
    with closing(psycopg.connect(postgres.uri("postgres"), autocommit=True)) as connection:
        connection.execute(f"CREATE ROLE {READERS}".encode())
        connection.execute(f"CREATE ROLE web LOGIN IN ROLE {READERS}".encode())
    return "web"


@pytest.fixture
def read_env(engine: str, request: pytest.FixtureRequest) -> dict[str, str]:
    """The settings of where read models are."""
    if engine == "sqlite":
        return {}
    web_user = request.getfixturevalue("web_user")
    uri = str(request.getfixturevalue("postgres_uri"))
    return {"PORTICO_READ_URI": uri, "PORTICO_READ_ONLY_URI": uri.replace("portico@", f"{web_user}@")}


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two companies with all that Portico can know of them, in services within this process."""
    made = World(tmp_path_factory.mktemp("world"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def walk(world: World) -> Walk:
    """Everybody there is, with a browser each, before that world."""
    with world.services.at_home():
        return Walk(world)


@pytest.fixture(autouse=True)
def _at_home(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tests of that world send commands; between them, the process is as other tests have it."""
    if "world" not in request.fixturenames:
        yield
        return
    world: World = request.getfixturevalue("world")
    with world.services.at_home():
        yield


@pytest.fixture
def ground(tmp_path: Path, read_env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    """The gateway of two customers' companies and their supplier's staff."""
    # Nothing feeds its read models while a page waits for what was sent: a second of each would go by.
    monkeypatch.setattr(access, "_WAIT_SECONDS", 0.0)
    made = Ground(tmp_path / "var", read_env)
    yield made
    made.close()
