"""The office with its two customers, running for the tests of a module."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.service.identity.office import COMPANIES, FJORD, FJORD_DOCUMENTS, NORDLICHT, Office
from tests.support.services import RunningService


@pytest.fixture(scope="module")
def office(start_service: Callable[[str], RunningService]) -> Iterator[Office]:
    """The running service with Nordlicht and Fjord in it."""
    made = Office(start_service("identity"))
    made.record(NORDLICHT, COMPANIES)
    made.record(FJORD, FJORD_DOCUMENTS)
    yield made
    made.close()
