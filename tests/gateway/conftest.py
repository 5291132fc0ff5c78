"""A gateway a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.ground import Ground


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    """The gateway of two customers' companies and their supplier's staff."""
    made = Ground(tmp_path / "var")
    yield made
    made.close()
