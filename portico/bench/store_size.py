"""localstore with ten million events: how long it takes to start, and what memory it needs, beside a small store."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from esdbclient import EventStoreDBClient

from localstore import wire
from localstore.storage import Row, Storage
from portico.bench.store import Server, localstore
from portico.bench.store_load import event, load
from portico.bench.table import Row as Figure

EVENTS, FEW = 10_000_000, 100_000
OF_A_STREAM = 10
BATCH = 20_000
SPARE_BYTES = 1_200  # of disk, for an event
AN_HOUR = 3600.0


class _Measured:
    """Seconds until the first answer; MB at the start, and at most after everything was read and more was appended."""

    def __init__(self, folder: Path, port: int, count: int) -> None:
        _fill(folder, count)
        started = time.perf_counter()
        with localstore(folder, port) as server:
            with closing(EventStoreDBClient(server.uri)) as client:
                position = client.get_commit_position()
            self.seconds = time.perf_counter() - started
            if position != count:
                raise RuntimeError(f"the store has {position} events instead of {count}")
            self.at_start = _peak(server)
            if (read := load("through", server.uri, AN_HOUR)) != count:
                raise RuntimeError(f"read {read} events of {count}")
            load("large", server.uri)
            load("single", server.uri)
            self.peak = _peak(server)


def size_rows(folder: Path, port: int) -> list[Figure]:
    """The rows of this module; takes a quarter of an hour and 12 GB of disk."""
    folder.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(folder).free < EVENTS * SPARE_BYTES:
        raise RuntimeError(f"{folder} has less than {EVENTS * SPARE_BYTES / 1e9:.0f} GB free")
    try:
        few, many = (_Measured(folder / str(count), port, count) for count in (FEW, EVENTS))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    of = f"store of {EVENTS:,} events"
    ratio = many.peak / few.peak
    return [
        Figure(
            f"{of}: start, its file not in memory",
            f"{many.seconds:.2f} s",
            f"of {FEW:,} events: {few.seconds:.2f} s",
            goal="< 2 s",
            met=many.seconds < 2,
        ),
        Figure(
            f"{of}: peak memory, all read and more appended",
            f"{many.peak:.0f} MB",
            f"of {FEW:,} events: {few.peak:.0f} MB",
            f"{ratio:.2f}",
            "≤ 1.25",
            ratio <= 1.25,
            note=f"at the start {many.at_start:.0f} MB, of {FEW:,} events {few.at_start:.0f} MB",
        ),
    ]


def _fill(folder: Path, count: int) -> None:
    """Events as the store would store them, without waiting for the disk each time; then nothing of it in memory."""
    with closing(Storage(folder)) as storage:
        storage.writer.execute("PRAGMA synchronous = OFF")
        for first in range(0, count, BATCH):
            storage.writer.execute("BEGIN")
            storage.insert(list(_appends(first, min(first + BATCH, count))))
            storage.writer.execute("COMMIT")
    file = os.open(folder / "events.db", os.O_RDONLY)
    os.fsync(file)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(file)


def _appends(first: int, end: int) -> Iterator[list[Row]]:
    """Of one event each, as most are."""
    for number in range(first, end, OF_A_STREAM):
        stream = f"order-{number:032}"
        for revision in range(OF_A_STREAM):
            new = event()
            proposed = wire.Proposed(new.id.hex, new.type, new.content_type, new.metadata, new.data)
            yield wire.encode(stream, [proposed], revision, number + revision + 1)


def _peak(server: Server) -> float:
    """The most memory a process has had, in MB."""
    status = Path(f"/proc/{server.pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024
