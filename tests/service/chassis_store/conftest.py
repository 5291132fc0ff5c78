"""A bench for the tests of the projector."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.chassis_store.bench import Bench
from tests.support.settings import make_settings


@pytest.fixture
def bench(store: str, tmp_path: Path) -> Iterator[Bench]:
    """A fresh one."""
    bench = Bench(make_settings(tmp_path / "var", esdb_uri=store))
    yield bench
    bench.client.close()
