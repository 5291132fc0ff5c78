"""`portico status`: processes, broker, store, and how far each service's parts are."""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from deploy.local.stack import Stack
    from portico.processes import Process

ANSWER_SECONDS = 1.2
"""In which each part has to answer; all are asked at the same time, so that one that hangs holds up nobody."""


def status(
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """What runs, with positions and lag. Exit code 1 when something that should run does not."""
    from chassis.config import Settings
    from deploy.local import stack, supervisor

    var = Settings.from_env().var
    running = stack.load(var) if supervisor.alive(var) else None
    report: dict[str, Any] = gather(running) if running else {"var": str(var), "running": False, "processes": []}
    if as_json:
        print(json.dumps(report, indent=1, default=str))
    else:
        _print(report)
    if not running or any(not one["ready"] for one in report["processes"]):
        raise typer.Exit(1)


def gather(stack: Stack) -> dict[str, Any]:
    """What `--json` prints: {"processes": […], "broker": …, "store": {"position"}, "parts": […], …}."""
    from deploy.local import supervisor

    known = supervisor.processes(stack.var)
    until = time.monotonic() + ANSWER_SECONDS
    with ThreadPoolExecutor(len(stack.processes) + 2) as pool:
        asked_store = pool.submit(store_position, stack.settings.esdb_uri, ANSWER_SECONDS)
        asked_broker = pool.submit(_broker, stack)
        asked = [pool.submit(_process, stack, one, known, asked_broker, until) for one in stack.processes]
        processes, broker, position = [one.result() for one in asked], asked_broker.result(), asked_store.result()
    parts = [
        {"process": one["name"], "part": part, **figures}
        for one in processes
        for part, figures in one.pop("parts").items()
        if len(figures) > 1 or "position" in figures
    ]
    return {
        "var": str(stack.var),
        "running": True,
        "address": stack.address,
        "broker": broker,
        "store": {"uri": stack.settings.esdb_uri, "position": position},
        "processes": processes,
        "parts": parts,
    }


def _process(
    stack: Stack, process: Process, known: dict[str, dict[str, Any]], broker: Future[dict[str, Any]], until: float
) -> dict[str, Any]:
    from deploy.local.start import SILENT, get, unready
    from portico.processes import BROKER

    info = known.get(process.name, {"statename": "STOPPED", "pid": 0, "start": 0, "now": 0})
    running = info["statename"] == "RUNNING"
    if not running:
        reason = info["statename"].lower()
    elif process is BROKER:
        reason = SILENT if broker.result()["problem"] else ""
    else:
        reason = unready(stack, process, ANSWER_SECONDS)
    parts: dict[str, Any] = {}
    if running and process.admin_key and reason != SILENT:
        try:
            left = max(until - time.monotonic(), 0.1)
            parts = json.loads(get(stack.ports[process.admin_key], "/status", left)[1])["parts"]
        except (OSError, ValueError, KeyError):
            parts = {}
    return {
        "name": process.name,
        "state": info["statename"].lower(),
        "ready": not reason,
        "reason": reason,
        "pid": info["pid"],
        "uptime_seconds": int(time.time() - info["start"]) if running else 0,
        "memory_bytes": _memory(info["pid"]) if info["pid"] else 0,
        "admin_port": stack.ports.get(process.admin_key) if process.admin_key else None,
        "parts": parts,
    }


def _memory(pid: int) -> int:
    """Bytes resident in a process and what it started (gunicorn's workers, Erlang's machine)."""
    import psutil

    total = 0
    try:
        parent = psutil.Process(pid)
        for one in (parent, *parent.children(recursive=True)):
            total += int(one.memory_info().rss)
    except psutil.Error:
        pass
    return total


def _broker(stack: Stack) -> dict[str, Any]:
    from deploy.local import broker
    from deploy.local.problem import Problem

    found: dict[str, Any] = {"address": broker.address(stack.settings.amqp_uri), "private": stack.node is not None}
    try:
        return {**found, "version": broker.check(stack.settings.amqp_uri, ANSWER_SECONDS), "problem": ""}
    except Problem as problem:
        return {**found, "version": None, "problem": problem.what}


def store_position(uri: str, seconds: float = 5.0) -> int | None:
    """The position of the store's last event; None when it does not answer in that time."""
    from esdbclient import EventStoreDBClient

    client = None
    try:
        client = EventStoreDBClient(uri)
        return int(client.get_commit_position(timeout=seconds / 2))  # the client tries twice
    except Exception:  # whatever the client of a store that is away raises, the answer is "unknown"
        return None
    finally:
        if client is not None:
            client.close()


def _print(report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, width=None if sys.stdout.isatty() else 400)
    if not report["running"]:
        from portico.running import not_running

        console.print(str(not_running(Path(report["var"]))), markup=False, soft_wrap=True)
        return
    broker, store = report["broker"], report["store"]
    private = ", private" if broker["private"] else ""
    state = f"[red]{broker['problem']}[/]" if broker["problem"] else f"RabbitMQ {broker['version']}{private}"
    console.print(f"Portico    [bold]{report['address']}[/]   data in {report['var']}")
    console.print(f"broker     {broker['address']}  {state}")
    console.print(f"store      position {store['position'] if store['position'] is not None else 'unknown'}\n")
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for heading in ("process", "state", "pid", "up", "memory"):
        table.add_column(heading, justify="left" if heading in ("process", "state") else "right")
    for one in report["processes"]:
        told = "[green]ready[/]" if one["ready"] else f"[red]{one['state']}: {one['reason']}[/]"
        memory = f"{one['memory_bytes'] / 1e6:.0f} MB"
        table.add_row(one["name"], told, str(one["pid"] or ""), _ago(one["uptime_seconds"]), memory)
    console.print(table)
    if report["parts"]:
        console.print(_parts_table(report["parts"]))


_TOLD_ELSEWHERE = {"process", "part", "position", "model", "version"}


def _parts_table(parts: list[dict[str, Any]]) -> Any:
    from rich.table import Table

    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0), title=" ", title_justify="left")
    for heading in ("process", "part", "position", "lag", "also"):
        # What a narrow terminal has no room for is the last column, in several lines: names stay whole.
        right, last = heading in ("position", "lag"), heading == "also"
        table.add_column(heading, justify="right" if right else "left", no_wrap=not last, overflow="fold")
    for one in parts:
        told = {k: v for k, v in one.items() if k not in _TOLD_ELSEWHERE and "lag" not in k and v not in ("", 0)}
        lag = ", ".join(f"{v} {k.removeprefix('lag_')}" for k, v in one.items() if "lag" in k)
        words = [f"standing by {told.pop('standing_by')}"] if "standing_by" in told else []
        words += [f"{k}={v}" for k, v in told.items()]
        also = f"[red]{one['failure']}[/]" if one.get("failure") else " ".join(words)
        table.add_row(one["process"], one["part"], str(one.get("position", "")), lag, also)
    return table


def _ago(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    return f"{hours} h {rest // 60:02} min" if hours else f"{rest // 60} min {rest % 60:02} s"
