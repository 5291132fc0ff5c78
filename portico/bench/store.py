"""localstore's figures, against a server that stores nothing and sends replies encoded before."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from deploy.local.ports import answers
from portico.bench.bed import wait_for
from portico.bench.store_load import LARGE, WRITERS, load
from portico.bench.table import Row, milliseconds, percentile

ROUNDS = 5
_GOALS = (
    ("single", f"{WRITERS} concurrent appends of one event", 0.7),
    ("large", f"appends of {LARGE} events", 0.45),
    ("read", "read_all", 0.9),
)


def store_rows(folder: Path, port: int) -> list[Row]:
    """Rates of both servers in turn, round after round, and their medians; `port` and the one after it are used."""
    try:
        with localstore(folder, port) as store, serving(["-m", "portico.bench.null_store"], port + 1) as null:
            load("large", store.uri)  # fills what is read
            rows = [_row(what, name, goal, store.uri, null.uri) for what, name, goal in _GOALS]
            return [*rows, _live(store.uri)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _row(what: str, name: str, goal: float, store: str, null: str) -> Row:
    rounds = [(load(what, null), load(what, store)) for _ in range(ROUNDS)]
    limit, rate = (median(rates) for rates in zip(*rounds, strict=True))
    ratio = median(own / most for most, own in rounds)
    said = f"a server that stores nothing: {limit:,.0f} events/s"
    return Row(f"store: {name}", f"{rate:,.0f} events/s", said, f"{ratio:.2f}", f"≥ {goal}", ratio >= goal)


def _live(uri: str) -> Row:
    waits = load("live", uri)
    p99 = percentile(waits, 0.99)
    note = f"p50 {milliseconds(percentile(waits, 0.5))} of {len(waits)} events"
    what = "store: append's answer to live subscriber, p99"
    return Row(what, milliseconds(p99), goal="≤ 20 ms", met=p99 <= 0.02, note=note)


class Server:
    """A running event store."""

    def __init__(self, pid: int, port: int) -> None:
        self.pid = pid
        self.uri = f"esdb://127.0.0.1:{port}?Tls=false"


@contextmanager
def localstore(folder: Path, port: int) -> Iterator[Server]:
    """A localstore on the folder."""
    with serving(["-m", "localstore", "--folder", str(folder), "--port"], port) as server:
        yield server


@contextmanager
def serving(arguments: list[str], port: int) -> Iterator[Server]:
    """A Python process that listens on the port, which is its last argument."""
    process = subprocess.Popen([sys.executable, *arguments, str(port)], stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: answers(port) or process.poll() is not None, 30, f"{arguments[1]} on port {port}")
        if process.poll() is not None:
            raise RuntimeError(f"{arguments[1]} did not start on port {port}")
        yield Server(process.pid, port)
    finally:
        process.terminate()
        process.wait(30)
