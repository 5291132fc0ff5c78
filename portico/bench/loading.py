"""How long a stream takes to load: one of 10,000 events, with the snapshots beside it that commands leave, and one of
100."""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path
from statistics import median
from uuid import UUID

from esdbclient import NewEvent, StreamState

from chassis.codec import dumps
from chassis.repository import SNAPSHOT_EVERY, Repository
from portico.bench.store import localstore
from portico.bench.table import Row, milliseconds
from services.cases.events import CaseOpened, CustomerReplied
from services.cases.handlers import CASE

SHORT, LONG = 100, 10_000
ROUNDS = 41
MOST = 1.5


def loading_rows(folder: Path, port: int) -> list[Row]:
    """Medians of both in turn, and of the long one without its snapshot."""
    try:
        with localstore(folder, port) as store:
            short, long, bare = asyncio.run(_measured(store.uri))
            first = median(asyncio.run(_first(store.uri)) for _ in range(5))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    said = f"one of {SHORT}: {milliseconds(short)}"
    note = (
        f"{SNAPSHOT_EVERY - 1} events came after its last snapshot; the first time in a process {milliseconds(first)},"
        f" without snapshots {milliseconds(bare)}"
    )
    what = f"repository: load a stream of {LONG:,} events"
    return [Row(what, milliseconds(long), said, f"{long / short:.1f}", f"≤ {MOST:g}", long / short <= MOST, note)]


async def _measured(uri: str) -> tuple[float, float, float]:
    repository = Repository(uri, "bench")
    try:
        await _fill(repository, "short", 0, SHORT)
        for key in ("long", "bare"):
            await _fill(repository, key, 0, LONG - SNAPSHOT_EVERY + 1)
        await repository.snapshot(CASE, "long")
        for key in ("long", "bare"):
            await _fill(repository, key, LONG - SNAPSHOT_EVERY + 1, LONG)
        both = [(await _seconds(repository, "short"), await _seconds(repository, "long")) for _ in range(ROUNDS)]
        bare = [await _seconds(repository, "bare") for _ in range(3)]
    finally:
        await repository.close()
    short, long = (median(times) for times in zip(*both, strict=True))
    return short, long, median(bare)


async def _first(uri: str) -> float:
    """What it takes a process that has not loaded it before, and has to find out that it is long."""
    repository = Repository(uri, "bench")
    try:
        await repository.load(CASE, "short")  # connected
        return await _seconds(repository, "long")
    finally:
        await repository.close()


async def _seconds(repository: Repository, key: str) -> float:
    began = time.perf_counter()
    await repository.load(CASE, key)
    return time.perf_counter() - began


async def _fill(repository: Repository, key: str, start: int, end: int) -> None:
    """The events of these numbers, as that many commands would have made them."""
    client = await repository.client()
    for first in range(start, end, 500):
        events = [_event(key, number) for number in range(first, min(first + 500, end))]
        await client.append_to_stream(CASE.stream(key), current_version=StreamState.ANY, events=events)


def _event(key: str, number: int) -> NewEvent:
    opened = CaseOpened(key, "C1", "K-1", "Scanner", "It drips.", "", "", False)
    event = CustomerReplied(key, "C1", "K-1", "It still does.") if number else opened
    meta = {"schema": 1, "command": str(UUID(int=number)), "hash": "0" * 64}
    return NewEvent(type=type(event).__name__, data=dumps(event), metadata=dumps(meta))
