"""Fixtures for all tests: one private RabbitMQ node and one event store a session, settings on a folder of the test's.

Both start when the first test asks for them.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from chassis.config import Settings
from chassis.postgres_models import close_readers
from tests.support.portal import Portal, running
from tests.support.postgres import PostgresServer
from tests.support.processes import LocalStore
from tests.support.rabbit import RabbitNode
from tests.support.settings import make_settings

_numbers = itertools.count(1)
ON_THE_PORTAL = ("journeys", "chaos")
"""Folders whose tests share the running portal. They come first, being the longest, and in this order: after the
recovery tests the portal has more in it than the demo company.
"""

OF_THE_WALK = ("tests/gateway/test_hardening.py", "tests/gateway/test_isolation.py")
"""Files that look at the answers of one and the same walk through all pages."""


class _PortalTogether(LoadScopeScheduling):
    """Hands whole files to the processes that run the tests; to one of them all that share the portal, or the walk."""

    def _split_scope(self, nodeid: str) -> str:
        folder, file = nodeid.split("/")[1], nodeid.partition("::")[0]
        if folder in ON_THE_PORTAL:
            return "portal"
        return "walk" if file in OF_THE_WALK else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """How the tests are divided with `-n`."""
    config.option.loadscopereorder = False
    return _PortalTogether(config, log)


def pytest_report_header() -> str:
    """Says which store the contract of `tests/contract/store` is tried on."""
    return f"event store under contract: {os.environ.get('PORTICO_ESDB_URI') or 'localstore'}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The folders of ON_THE_PORTAL in their order, then all others."""
    here = Path(__file__).parent
    order = {here / name: place - len(ON_THE_PORTAL) for place, name in enumerate(ON_THE_PORTAL)}
    items.sort(key=lambda item: min(order.get(folder, 0) for folder in item.path.parents))


@pytest.fixture(scope="session")
def rabbit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitNode]:
    """The session's RabbitMQ node; tests that kill a broker take `mortal_rabbit`."""
    node = RabbitNode(tmp_path_factory.mktemp("rabbitmq"))
    node.start()
    yield node
    node.stop()


@pytest.fixture(scope="session")
def _second_rabbit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitNode]:
    node = RabbitNode(tmp_path_factory.mktemp("second-rabbitmq"))
    yield node
    node.stop()


@pytest.fixture
def mortal_rabbit(_second_rabbit: RabbitNode) -> RabbitNode:
    """A RabbitMQ node that may be killed, and lose everything; it runs when a test begins."""
    _second_rabbit.start()
    return _second_rabbit


@pytest.fixture(scope="session")
def new_vhost(rabbit: RabbitNode) -> Callable[[], str]:
    """Makes a fresh vhost (quorum queues by default) and gives its AMQP URI."""
    return lambda: rabbit.vhost(f"test{next(_numbers)}")


@pytest.fixture(scope="session")
def broker(new_vhost: Callable[[], str]) -> str:
    """The AMQP URI of a vhost shared by the session's tests."""
    return new_vhost()


@pytest.fixture
def vhost(new_vhost: Callable[[], str]) -> str:
    """The AMQP URI of a vhost of this test alone (takes a second)."""
    return new_vhost()


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URI of an event store shared by the session's tests; use stream names of your own."""
    local = LocalStore(tmp_path_factory.mktemp("store") / "localstore")
    local.start()
    yield local.uri
    local.stop()


@pytest.fixture
def own_store(tmp_path: Path) -> Iterator[LocalStore]:
    """An event store of this test alone, empty; it may be killed and started again."""
    local = LocalStore(tmp_path / "localstore")
    local.start()
    yield local
    local.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The session's PostgreSQL instance; a test that kills it starts it again."""
    server = PostgresServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def postgres_uri(postgres: PostgresServer) -> Iterator[str]:
    """The URI of a database of this test alone, empty; what the test's thread keeps open to read it is closed."""
    with postgres.database(f"test{next(_numbers)}") as uri:
        yield uri
        close_readers(uri)


@pytest.fixture
def settings(tmp_path: Path, broker: str, store: str) -> Settings:
    """Settings on the shared broker and store, with a data folder of the test's own."""
    return make_settings(tmp_path / "var", broker, store)


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A whole Portico with the demo company, shared by journeys and recovery tests."""
    with running(tmp_path_factory.mktemp("portal")) as portal:
        yield portal
