"""A second worker of a service beside the supervised one, as docs/operating.md has an operator start it."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

from chassis.rooms import load
from tests.support.portal import Portal
from tests.support.ports import free_port
from tests.support.processes import Process
from tests.support.settings import environment
from tests.support.waiting import wait_until


def test_a_second_worker_stands_by_and_takes_over_from_one_that_was_killed(own_portal: Portal, tmp_path: Path) -> None:
    port = free_port()
    env = {**environment(own_portal.settings), "PORTICO_ADMIN_PORT": str(port)}
    second = Process(["-m", "portico", "worker", "orders"], tmp_path / "second.log", env)

    def parts() -> dict[str, Any]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/status", timeout=2) as answer:
                said: dict[str, Any] = json.loads(answer.read())["parts"]
        except OSError:
            return {}
        return {name: part for name, part in said.items() if name.startswith("projector:")}

    second.start()
    try:
        wait_until(lambda: _all(parts(), "standing_by"), 30, second.tail)
        own_portal.kill("orders-worker")
        wait_until(lambda: _all(parts(), "position"), 30, second.tail)
        by = f"standing by for process {second.pid}"
        parted = len(load("orders").projections) + 1  # its read models and the relay
        wait_until(lambda: _status(own_portal).count(by) == parted, 30, lambda: _status(own_portal))
        assert not own_portal.unready()
    finally:
        second.stop()
    wait_until(lambda: "standing by" not in _status(own_portal), 30, "the supervised one works again")


def _all(parts: dict[str, Any], what: str) -> bool:
    return bool(parts) and all(what in part for part in parts.values())


def _status(portal: Portal) -> str:
    return portal.run("status", check=False).stdout
