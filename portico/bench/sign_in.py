"""Log-ins while other requests go on: how many a core does, and what they cost whoever asks identity something else."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psutil

from portico.bench.bed import PASSWORD, Bed
from portico.bench.table import Row, milliseconds, percentile

ROUNDS = 4
"""How often it is asked without log-ins and with them, in turn: one p99 of five hundred requests says little."""
SECONDS = 8.0
"""How long each half of a round takes."""
PEOPLE = 4
"""Who log in at once, each again as soon as they are in."""
APART = 0.01
EMAIL = "bench-sign-in@customer.example"


def sign_in_rows(bed: Bed) -> list[Row]:
    """The row of this module; needs a company, whichever."""
    bed.contact(_company(bed), EMAIL, ["open_cases"])
    _sign_in(bed)
    process = _identity(bed)
    alone, meanwhile, done, cores, took = list[float](), list[float](), 0, 0.0, 0.0
    for _ in range(ROUNDS):
        alone += _others(bed)
        before, at = _used(process), time.perf_counter()
        with _signing_in(bed) as into:
            meanwhile += _others(bed)
        done, cores, took = done + len(into), cores + _used(process) - before, took + time.perf_counter() - at
    quiet, busy = percentile(alone, 0.99), percentile(meanwhile, 0.99)
    said = f"p99 of another RPC of identity without them {milliseconds(quiet)}, with {milliseconds(busy)}"
    others = f"p50 of the other RPC {milliseconds(percentile(alone, 0.5))}, {milliseconds(percentile(meanwhile, 0.5))}"
    note = f"{done} log-ins by {PEOPLE} people in {took:.1f} s; {others}"
    figure = f"{done / cores:.1f} a second of a core"
    ratio = busy / quiet
    return [Row("log-ins, argon2 in a process of its own", figure, said, f"{ratio:.2f}", "≤ 2", ratio <= 2, note)]


def _others(bed: Bed) -> list[float]:
    """How long something that asks nothing dear of identity takes, for SECONDS."""
    waits, until = [], time.perf_counter() + SECONDS
    while (started := time.perf_counter()) < until:
        bed.rpc.call("identity", "reset", {"token": "none"})
        waits.append(time.perf_counter() - started)
        time.sleep(APART)
    return waits


def _sign_in(bed: Bed) -> None:
    answer = bed.rpc.call("identity", "sign_in", {"email": EMAIL, "password": PASSWORD})
    if answer["status"] != "done":
        raise RuntimeError(f"the bench's contact is not let in: {answer}")


@contextmanager
def _signing_in(bed: Bed) -> Iterator[list[int]]:
    """People log in for as long as it lasts; a number for each log-in done."""
    stop, done = threading.Event(), list[int]()

    def person(number: int) -> None:
        while not stop.is_set():
            _sign_in(bed)
            done.append(number)

    with ThreadPoolExecutor(PEOPLE) as threads:
        people = [threads.submit(person, number) for number in range(PEOPLE)]
        try:
            yield done
        finally:
            stop.set()
    for one in people:
        one.result()


def _used(process: psutil.Process) -> float:
    """Seconds of cores, with those of the process that hashes."""
    return float(sum(sum(one.cpu_times()[:2]) for one in (process, *process.children())))


def _identity(bed: Bed) -> psutil.Process:
    status = json.loads(bed.portico("status", "--json"))
    return psutil.Process(next(one["pid"] for one in status["processes"] if one["name"] == "identity-service"))


def _company(bed: Bed) -> str:
    from deploy.local.demo_data.customers import MAIN

    return str(MAIN)
