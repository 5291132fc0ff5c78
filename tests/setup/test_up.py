"""`portico up` as a person runs it: everything starts, is looked at from elsewhere, and stops without a trace."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local.stop import ours
from portico.processes import chosen
from tests.support.ports import free_port, listening
from tests.support.waiting import wait_until

FOLLOWS = "The logs follow"


class Terminal:
    """Where somebody types `portico …` for one data folder and port."""

    def __init__(self, folder: Path) -> None:
        self.var = folder / "var"
        self.port = free_port()
        self.output = folder / "output"
        self.started: list[subprocess.Popen[bytes]] = []

    def environment(self, **more: str) -> dict[str, str]:
        return {**os.environ, "PORTICO_VAR": str(self.var), "PORTICO_PORT": str(self.port), **more}

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "portico", *arguments]
        return subprocess.run(command, env=self.environment(**more), capture_output=True, text=True)

    def up(self) -> subprocess.Popen[bytes]:
        """Start in the foreground and wait until the logs follow."""
        command = [sys.executable, "-m", "portico", "up", "--no-demo"]
        with self.output.open("wb") as out:
            process = subprocess.Popen(command, env=self.environment(), stdout=out, stderr=out)
        self.started.append(process)
        wait_until(lambda: FOLLOWS in self.said() or process.poll() is not None, 170, self.said)
        assert FOLLOWS in self.said(), self.said()
        return process

    def said(self) -> str:
        return self.output.read_text()

    def status(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.run("status", "--json").stdout)
        return answer

    def pid(self, name: str) -> int:
        return next(int(one["pid"]) for one in self.status()["processes"] if one["name"] == name)


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path_factory.mktemp("up"))
    terminal.up()
    yield terminal
    for process in terminal.started:
        if process.poll() is None:
            process.terminate()
        process.wait(90)
    terminal.run("down")


def test_the_portal_answers_at_the_address_it_prints(terminal: Terminal) -> None:
    address = f"http://localhost:{terminal.port}"
    assert address in terminal.said()
    with urllib.request.urlopen(f"{address}/login", timeout=10) as page:
        assert page.status == 200


def test_every_process_is_ready(terminal: Terminal) -> None:
    processes = terminal.status()["processes"]
    assert [one["name"] for one in processes] == [process.name for process in chosen(True, True, demo=False)]
    assert [one for one in processes if not one["ready"]] == []


def test_positions_of_projectors_and_relays_are_told(terminal: Terminal) -> None:
    parts = {(one["process"], one["part"].split(":")[0]) for one in terminal.status()["parts"]}
    assert {("orders-worker", "projector"), ("orders-worker", "relay")} <= parts


def test_the_doctor_finds_nothing_wrong_with_what_runs(terminal: Terminal) -> None:
    done = terminal.run("doctor")
    checked = [line for line in done.stdout.splitlines() if line.startswith("problem") and ".venv" not in line]
    assert checked == []
    assert f"goes to {terminal.var}/outbox; 0 wait" in done.stdout


def test_looking_at_it_leaves_no_noise_in_the_logs(terminal: Terminal) -> None:
    logs = {file.name: file.read_text() for file in (terminal.var / "log").glob("*.log")}
    assert {"orders-service.log", "epmd.log"} <= logs.keys()
    assert [name for name, text in logs.items() if "Eventlet is deprecated" in text] == []
    assert "partial packet" not in logs["epmd.log"]


def test_what_it_prints_can_be_typed(terminal: Terminal) -> None:
    assert f"PORTICO_VAR={terminal.var} portico --help" in terminal.said()


def test_an_admin_created_again_under_another_name_gets_a_new_link_and_keeps_the_name(terminal: Terminal) -> None:
    first, same, other = (
        terminal.run("admin", "create", "Ada@example.com", *name) for name in ((), (), ("--name", "Ada Byron"))
    )
    assert [done.returncode for done in (first, same, other)] == [0, 0, 0]
    links = {done.stdout.splitlines()[-1].strip() for done in (first, same, other)}
    assert len(links) == 3
    assert all(f"http://localhost:{terminal.port}/invitation/" in link for link in links)
    assert "keeps the name" in other.stderr
    assert "keeps the name" not in same.stderr


def test_staff_of_each_role_are_created_listed_and_switched_off(terminal: Terminal) -> None:
    roles = ("--role", "agent", "--role", "erp_admin")
    created = terminal.run("admin", "create", "Sam@example.com", *roles)
    assert created.returncode == 0, created.stderr
    assert "The support agent and ERP administrator Sam@example.com chooses a password" in created.stdout

    def listed() -> list[str]:
        lines = terminal.run("admin", "list").stdout.splitlines()
        return next((line.split() for line in lines if line.startswith("Sam@example.com")), [])

    wait_until(lambda: " ".join(listed()[1:]) == "invited support agent, ERP administrator", 30, "the list of staff")
    assert terminal.run("admin", "roles", "sam@EXAMPLE.com", "--role", "operator").returncode == 0
    wait_until(lambda: " ".join(listed()[1:]) == "invited operator", 30, "the list of staff")
    assert terminal.run("admin", "switch-off", "sam@EXAMPLE.com").returncode == 0
    wait_until(lambda: listed()[1:3] == ["switched", "off"], 30, "the list of staff")
    again = terminal.run("admin", "create", "Sam@example.com", *roles)
    assert again.returncode == 1
    assert "switch-on" in again.stderr
    assert terminal.run("admin", "switch-on", "Sam@example.com").returncode == 0
    wait_until(lambda: listed()[1:2] == ["invited"], 30, "the list of staff")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("switch-off", "nobody@example.com"), "Nobody of your staff logs in with nobody@example.com."),
        (("switch-off",), "portico admin switch-off EMAIL"),
        (("roles", "sam@example.com"), "portico admin roles sam@example.com --role agent"),
        (("create", "sam@example.com", "--role", "king"), "'king' is not one of"),
    ],
)
def test_what_cannot_be_done_about_staff_is_said(terminal: Terminal, arguments: tuple[str, ...], said: str) -> None:
    done = terminal.run("admin", *arguments)
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_store_that_hangs_is_named_within_seconds_with_what_to_do(terminal: Terminal) -> None:
    store = terminal.pid("store")
    os.kill(store, signal.SIGSTOP)
    try:
        began = time.monotonic()
        report = terminal.status()
        took = time.monotonic() - began
        doctor = terminal.run("doctor").stdout
    finally:
        os.kill(store, signal.SIGCONT)
    silent = [one["name"] for one in report["processes"] if one["reason"] == "does not answer"]
    assert silent == ["store"]
    assert report["store"]["position"] is None
    assert took < 6, "each part was waited for in turn"
    assert f"kill -9 -- -{store} " in doctor
    wait_until(lambda: all(one["ready"] for one in terminal.status()["processes"]), 30, "all ready again")


def test_a_second_up_says_that_it_runs(terminal: Terminal) -> None:
    done = terminal.run("up", "--detach")
    assert done.returncode == 0
    assert f"runs already at http://localhost:{terminal.port}" in done.stdout


def test_another_copy_on_the_same_port_is_refused_and_told_which_to_choose(terminal: Terminal, tmp_path: Path) -> None:
    done = terminal.run("up", "--detach", PORTICO_VAR=str(tmp_path / "other"))
    assert done.returncode == 1
    assert f"Port {terminal.port} is in use" in done.stderr
    assert "PORTICO_PORT=" in done.stderr


def test_a_killed_worker_comes_back_by_itself(terminal: Terminal) -> None:
    killed = terminal.pid("orders-worker")
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: terminal.pid("orders-worker") not in (0, killed), 30, "a new orders-worker")
    wait_until(lambda: all(one["ready"] for one in terminal.status()["processes"]), 60, "all ready again")


def test_an_up_that_was_killed_is_taken_over_and_down_stops_it_all(terminal: Terminal) -> None:
    first = terminal.started[0]
    first.kill()
    first.wait(10)
    assert terminal.status()["running"] is True
    second = terminal.up()
    done = terminal.run("down")
    assert "Everything is stopped" in done.stdout
    assert second.wait(60) == 0
    assert "stopped from elsewhere" in terminal.said()
    assert ours(terminal.var) == []
    assert not listening(terminal.port)


def test_it_starts_again_and_a_closed_terminal_stops_each_process_in_its_time(terminal: Terminal) -> None:
    again = terminal.up()
    stops = terminal.var / "log/supervisor.log"
    stops.write_text("")
    again.send_signal(signal.SIGHUP)
    assert again.wait(90) == 0
    assert ours(terminal.var) == []
    ended = dict(re.findall(r"stopped: (\S+) \((.+)\)", stops.read_text()))
    assert ended.pop("epmd") == "terminated by SIGTERM", "Erlang's, which has no other way"
    assert set(ended) == {one.name for one in chosen(True, True, demo=False)} - {"epmd"}
    assert {name: how for name, how in ended.items() if how != "exit status 0"} == {}, "each by itself, none killed"
