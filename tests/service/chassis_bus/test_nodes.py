"""A broker of several nodes, the first of which is away: everything finds another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chassis.config import Settings
from tests.support.ports import free_port
from tests.support.services import RunningService


@pytest.fixture
def cases(settings: Settings, vhost: str, tmp_path: Path) -> Iterator[RunningService]:
    """The service and its client, told of a node where nobody listens and of the real one."""
    head, _, rest = vhost.rpartition("@")
    away = f"{head}@127.0.0.1:{free_port()}/{rest.partition('/')[2]}"
    running = RunningService("cases", replace(settings, amqp_uri=f"{away};{vhost}"), tmp_path)
    running.start()
    yield running
    running.stop()


def test_a_command_is_done_and_shown_through_the_node_that_is_there(cases: RunningService) -> None:
    with cases.listening() as hear:
        answer = cases.send("OpenCase", {"summary": "Help", "detail": "It drips."}, "C1", "somebody")
        assert [event["data"]["case"] for event in hear(1)] == [answer["id"]]
