"""The gateway as a process: gunicorn in it, everything it writes below the data folder, a clean stop."""

from __future__ import annotations

import http.client
import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.ground import Ground
from tests.support.ports import free_port, listening
from tests.support.processes import Process
from tests.support.waiting import wait_until


class Server:
    """The running gateway over a ground's databases."""

    def __init__(self, ground: Ground, folder: Path) -> None:
        self.ground = ground
        self.port, self.probe = free_port(), free_port()
        self.home = folder / "home"
        self.home.mkdir()
        environment = {
            "HOME": str(self.home),
            "XDG_RUNTIME_DIR": str(self.home),
            "TMPDIR": str(self.home),
            "PORTICO_VAR": str(ground.settings.var),
            "PORTICO_PORT": str(self.port),
            "PORTICO_ADMIN_PORT": str(self.probe),
            "PORTICO_AMQP_URI": "amqp://nobody:none@127.0.0.1:1/",
            "PORTICO_LOG_FORMAT": "json",
        }
        self.process = Process(["-m", "gateway.run"], folder / "gateway.log", environment)

    def get(self, path: str, port: int = 0, **headers: str) -> tuple[int, str]:
        """Status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=20)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text


@pytest.fixture
def server(ground: Ground, tmp_path: Path) -> Iterator[Server]:
    ground.all_models()
    made = Server(ground, tmp_path)
    made.process.start(lambda: listening(made.port) and listening(made.probe), 30)
    yield made
    made.process.stop()


def test_it_serves_pages_and_tells_how_it_is(server: Server) -> None:
    cookie = server.ground.signed_in().get_cookie("portico_session")
    assert cookie is not None
    status, page = server.get("/", Cookie=f"portico_session={cookie.value}")
    assert status == 200
    assert "Welcome, Ann Archer" in page
    assert server.get("/healthz", server.probe) == (200, "ok\n")
    assert server.get("/readyz", server.probe) == (200, "serving\n")
    assert (
        'portico_http_seconds_count{method="GET",rule="/",status="200"} 1.0' in server.get("/metrics", server.probe)[1]
    )


def test_all_workers_count_into_the_same_metrics(server: Server) -> None:
    threads = [threading.Thread(target=server.get, args=("/login",)) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counted = 'portico_http_seconds_count{method="GET",rule="/login",status="200"} 40.0'
    assert counted in server.get("/metrics", server.probe)[1]


def test_request_lines_name_the_template_of_the_path_and_nobody(server: Server) -> None:
    server.get("/support/very-secret-number?email=ann@a.example")
    server.process.stop()
    lines = [json.loads(line) for line in server.process.log.read_text().splitlines() if line.startswith("{")]
    requests = [line for line in lines if line["event"] == "request"]
    assert {(line["method"], line["rule"]) for line in requests} == {("GET", "/support/<number>")}
    assert all(line["correlation"] and line["ms"] >= 0 and line["process"] == "gateway" for line in requests)
    assert "very-secret-number" not in server.process.log.read_text()
    assert "ann@a.example" not in server.process.log.read_text()


def test_nothing_is_written_outside_the_data_folder(server: Server) -> None:
    server.get("/login")
    server.process.stop()
    assert list(server.home.iterdir()) == []


def test_it_stops_cleanly(server: Server) -> None:
    server.get("/login")
    assert server.process.stop() == 0
    assert not listening(server.port)
    assert "Traceback" not in server.process.log.read_text()


def test_a_request_under_way_is_answered_before_it_stops(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.putrequest("POST", "/login")
    form = b"email=ann@a.example&password=x"
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Length": len(form),
        "Expect": "100-continue",
    }
    for name, value in headers.items():
        connection.putheader(name, str(value))
    connection.endheaders(form[:5])
    assert connection.sock.recv(25).startswith(b"HTTP/1.1 100 Continue"), "a worker has begun with it"
    os.kill(server.process.pid, signal.SIGTERM)
    wait_until(lambda: "Handling signal: term" in server.process.tail(), 10, server.process.tail)
    connection.send(form[5:])
    assert connection.getresponse().status == 400, "without its token the form is refused: by a page, not a lost line"
    connection.close()
    assert server.process.wait(10) == 0
