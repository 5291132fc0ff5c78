"""Services as they run in production, one broker vhost, one event store and one data folder a test module."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator

import pytest

from tests.support.processes import LocalStore
from tests.support.services import RunningService
from tests.support.settings import make_settings

_LOGS = pytest.StashKey[list[RunningService]]()


@pytest.fixture(scope="module")
def start_service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, new_vhost: Callable[[], str]
) -> Iterator[Callable[[str], RunningService]]:
    """`start_service("cases")`: that service's two processes, stopped when the module's tests are done.

    Called again with another name, that service joins on the same broker and store.
    """
    folder = tmp_path_factory.mktemp("services")
    store = LocalStore(folder / "localstore")
    store.start()
    settings = make_settings(folder / "var", new_vhost(), store.uri)
    running: list[RunningService] = []
    request.node.stash[_LOGS] = running

    def start(name: str) -> RunningService:
        service = RunningService(name, settings, folder / "log")
        running.append(service)
        service.start()
        return service

    yield start
    for service in running:
        service.stop()
    store.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the end of the services' logs with a failed test."""
    report = yield
    module = item.getparent(pytest.Module)
    if report.failed and module is not None:
        for service in module.stash.get(_LOGS, []):
            for process in (service.service, service.worker):
                report.sections.append((process.log.name, process.tail()))
    return report
