"""Starts what is not running yet and waits until each part says that it is ready."""

from __future__ import annotations

import http.client
import os
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import psutil

from deploy.local import broker, ports, supervisor
from deploy.local.logs import last_told
from deploy.local.problem import Problem
from deploy.local.stack import Stack
from portico.processes import BROKER, EPMD, Process

PATIENCE = 120.0
"""Seconds in which no part becomes ready or says anything new (how far a read model is), after which it is given up."""
SILENT = "does not answer"
DEATHS = 4
"""How often a process may die while starting before that is given up."""

Show = Callable[[int, int, list[str]], None]
Note = Callable[[str], None]


class Stopped(Exception):
    """Somebody ran `portico down` meanwhile."""


def start(stack: Stack, show: Show, note: Note) -> None:
    """Start every process of the stack that is not running and wait for all. Raises Problem, or Stopped.

    `show(ready, of, names waited for)` is called several times a second, `note` with what went wrong on the way.
    """
    var = stack.var
    if not supervisor.alive(var):
        if stack.node is not None:
            stack.node.prepare()
        (var / "run/supervisor.conf").write_text(supervisor.configuration(var, stack.programs()))
        stack.save()
        supervisor.spawn(var, {**os.environ, **stack.environment()})
    if stack.node is not None:
        supervisor.start(var, EPMD.group, EPMD.name)
        _wait_for_epmd(stack)
    wait(stack, show, note)


def wait(stack: Stack, show: Show, note: Note) -> None:
    """Start what is left, and wait until every process is ready.

    Raises Problem when one keeps dying or nothing moves any more.
    """
    waiting = {process.name: process for process in stack.processes}
    watch, order = _Watch(stack, note), _Order(stack)
    moved, told = time.monotonic(), set[tuple[str, str]]()
    while waiting:
        known = supervisor.processes(stack.var)
        if not known:
            raise Stopped
        watch.look(known)
        order.start_more(known, BROKER.name in waiting)
        reasons = {}
        for name, process in list(waiting.items()):
            running = known[name]["statename"] in ("RUNNING", "STARTING")
            reasons[name] = unready(stack, process) if running else "not running"
            if (name, reasons[name]) not in told:
                told.add((name, reasons[name]))
                moved = time.monotonic()
            if not reasons[name]:
                del waiting[name]
        show(len(stack.processes) - len(waiting), len(stack.processes), list(waiting))
        if waiting and time.monotonic() - moved > PATIENCE:
            name = next(iter(waiting))
            said = "\n".join(f"  {one}: {reasons[one]}" for one in waiting)
            raise Problem(f"Not ready after {PATIENCE:.0f} s of waiting:\n{said}\n{_log_of(stack, name)}")
        time.sleep(0.2 if waiting else 0)


def unready(stack: Stack, process: Process, seconds: float = 2.0) -> str:
    """Why a process is not ready, or "" when it is; SILENT when it says nothing in that time."""
    if process is EPMD:
        return "" if broker.epmd_answers(stack.ports["epmd"], seconds) else SILENT
    if process is BROKER:
        return _broker_unready(stack)
    try:
        status, body = get(stack.ports[str(process.admin_key)], "/readyz", seconds)
    except OSError:
        return SILENT
    return "" if status == 200 else body.decode(errors="replace").strip() or f"answers {status}"


def get(port: int, path: str, timeout: float = 2.0) -> tuple[int, bytes]:
    """Status and body of a GET on the loopback interface. Raises OSError."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except http.client.HTTPException as error:
        raise OSError(str(error)) from error
    finally:
        connection.close()


def _broker_unready(stack: Stack) -> str:
    node = stack.node
    assert node is not None
    if not ports.answers(node.ports["broker"]):
        return SILENT
    if not node.provisioned:
        node.provision()
    try:
        broker.check(node.uri)
    except Problem as problem:
        node.provision()
        return problem.what
    return ""


class _Order:
    """Starts processes one after the other, so that the broker has a core to itself for as long as it starts.

    It takes longest, on one core, and all wait for it; the others load their libraries beside it, as many at a time
    as there are other cores. A process that has used no processor time since the last look has loaded what it needs.
    """

    def __init__(self, stack: Stack) -> None:
        self._var = stack.var
        self._left = list(stack.processes)
        self._used: dict[str, float] = {}
        self._cores = max(1, len(os.sched_getaffinity(0)) - 1)

    def start_more(self, known: dict[str, dict[str, Any]], broker_starts: bool) -> None:
        """Start those whose turn it is; all that are left once the broker serves."""
        loading = sum(self._works(name, known[name]["pid"]) for name in list(self._used))
        while self._left and (loading < self._cores or not broker_starts):
            process = self._left.pop(0)
            supervisor.start(self._var, process.group, process.name)
            if process not in (EPMD, BROKER):
                self._used[process.name] = -1.0
                loading += 1

    def _works(self, name: str, pid: int) -> bool:
        try:
            used = sum(psutil.Process(pid).cpu_times()[:2])
        except psutil.Error:
            used = 0.0
        before, self._used[name] = self._used[name], used
        return used - before > 0.02


class _Watch:
    """Counts deaths while starting: tells each, and gives up on a process that keeps dying."""

    def __init__(self, stack: Stack, note: Note) -> None:
        self._stack = stack
        self._note = note
        self._started: dict[str, Any] = {}
        self._deaths: Counter[str] = Counter()

    def look(self, known: dict[str, dict[str, Any]]) -> None:
        """Compare with the last look. Raises Problem."""
        for name, info in known.items():
            before = self._started.setdefault(name, info["start"])
            died = info["statename"] in ("FATAL", "UNKNOWN") or (before and info["start"] != before)
            self._started[name] = info["start"]
            if not died:
                continue
            self._deaths[name] += 1
            if self._deaths[name] >= DEATHS or info["statename"] in ("FATAL", "UNKNOWN"):
                raise Problem(f"{name} does not start: it ended each time.\n{_log_of(self._stack, name)}")
            if self._deaths[name] == 1:
                log = supervisor.log_file(self._stack.var, name)
                self._note(f"{name} ended while starting and is started again; its log is {log}.")


def _log_of(stack: Stack, name: str) -> str:
    return f"The last lines of {supervisor.log_file(stack.var, name)}:\n{last_told(stack.var, name)}"


def _wait_for_epmd(stack: Stack) -> None:
    deadline = time.monotonic() + 10
    while not broker.epmd_answers(stack.ports["epmd"]):
        if time.monotonic() > deadline:
            raise Problem(f"{EPMD.name} does not start.\n{_log_of(stack, EPMD.name)}")
        time.sleep(0.02)
