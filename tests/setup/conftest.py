"""What tests of the commands share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.portal import Portal, running


@pytest.fixture(scope="package")
def own_portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A Portico with the demo company for these tests alone: they stop parts of it and break its read models."""
    with running(tmp_path_factory.mktemp("o")) as portal:
        yield portal
