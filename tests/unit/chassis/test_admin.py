"""How a process tells how it is."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from chassis import admin, metrics


class Process:
    """Something whose readiness changes."""

    ready = True

    def __init__(self) -> None:
        def ready() -> tuple[bool, str]:
            return self.ready, "serving" if self.ready else "the store is away"

        served = admin.serve(-1, "orders-worker", ready, lambda: {"relay": {"position": 7}})
        assert served is not None
        self.admin = served

    def get(self, path: str) -> tuple[int, str, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin.port}{path}") as reply:
                return reply.status, reply.headers["Content-Type"], reply.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers["Content-Type"], error.read().decode()


@pytest.fixture
def process() -> Iterator[Process]:
    made = Process()
    yield made
    made.admin.close()


def test_a_running_process_is_healthy(process: Process) -> None:
    assert process.get("/healthz")[::2] == (200, "ok\n")


def test_readiness_says_why_not(process: Process) -> None:
    assert process.get("/readyz")[::2] == (200, "serving\n")
    process.ready = False
    assert process.get("/readyz")[::2] == (503, "the store is away\n")


def test_status_names_the_process_and_its_parts(process: Process) -> None:
    code, kind, body = process.get("/status")
    assert (code, kind) == (200, "application/json")
    assert json.loads(body) == {"name": "orders-worker", "parts": {"relay": {"position": 7}}}


def test_metrics_are_prometheus_text(process: Process) -> None:
    metrics.RELAYED.labels("test-admin").inc(3)
    code, kind, body = process.get("/metrics")
    assert code == 200
    assert kind.startswith("text/plain")
    assert 'portico_relayed_events_total{service="test-admin"} 3.0' in body


def test_other_paths_are_not_found(process: Process) -> None:
    assert process.get("/secret")[0] == 404


@pytest.mark.parametrize("port", [0, None])
def test_without_a_port_nothing_listens(port: int | None) -> None:
    assert admin.serve(port, "x", lambda: (True, ""), dict) is None
    assert admin.serve_green(port, "x", lambda: (True, ""), dict) is None
