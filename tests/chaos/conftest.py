"""Fixtures of the recovery tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.ground import Ground, opened, wait_ready
from tests.support.portal import Portal


@pytest.fixture(scope="session")
def ground(portal: Portal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Shared by all recovery tests: what one of them damages the next one sees."""
    with opened(portal, tmp_path_factory.mktemp("chaos")) as ground:
        yield ground


@pytest.fixture
def shop(ground: Ground) -> Iterator[Ground]:
    """The ground, before and afterwards with every process ready and no point armed."""
    wait_ready(ground.portal)
    yield ground
    for flag in ground.portal.points.iterdir():
        flag.unlink(missing_ok=True)
    wait_ready(ground.portal)
