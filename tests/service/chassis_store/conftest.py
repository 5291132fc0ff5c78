"""A bench for the tests of the projector, on either kind of database; a stream for those of the repository."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.chassis_store.bench import Bench
from tests.support.settings import make_settings

_names = itertools.count(1)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    """Where the read models are."""
    return str(request.param)


@pytest.fixture
def bench(engine: str, request: pytest.FixtureRequest, store: str, tmp_path: Path) -> Iterator[Bench]:
    """A fresh one."""
    read_uri = request.getfixturevalue("postgres_uri") if engine == "postgresql" else ""
    bench = Bench(make_settings(tmp_path / "var", esdb_uri=store, read_uri=read_uri))
    yield bench
    bench.client.close()


@pytest.fixture
def key() -> str:
    """A stream of this test's own."""
    return f"repository{next(_names)}"
