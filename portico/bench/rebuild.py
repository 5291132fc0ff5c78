"""Import of a whole file, and the rebuild of the read models it fills."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from esdbclient import EventStoreDBClient

from chassis.projector import Projector
from chassis.rooms import load
from chassis.sqlite_models import SqliteDatabase
from portico.bench.bed import Bed, Memory
from portico.bench.table import Row

STREAMS = ("documents-.*",)


def import_rows(bed: Bed, file: Path) -> list[Row]:
    """Import the real file; documents and lines a second, peak memory of each process."""
    with Memory(bed) as memory:
        started = time.monotonic()
        summary = json.loads(bed.portico("import", str(file), "--profile", "online-retail", "--json"))
        seconds = time.monotonic() - started
    documents, lines = summary["documents"]["in"], summary["lines"]["in"]
    worst = sorted(memory.peaks.items(), key=lambda pair: -pair[1])
    ours = [(name, peak) for name, peak in worst if name not in ("broker", "epmd")]
    rate = documents / seconds
    return [
        Row(
            "import of the real file, typed to pages",
            f"{rate:,.0f} documents/s, {lines / seconds:,.0f} lines/s",
            f"{documents:,} documents, {lines:,} lines in {seconds:.1f} s",
            goal="≥ 1,000 documents/s",
            met=rate >= 1000,
        ),
        Row(
            "import: peak memory of a process",
            f"{ours[0][1]:.0f} MB ({ours[0][0]})",
            goal="< 300 MB",
            met=ours[0][1] < 300,
            note=", ".join(f"{name} {peak:.0f} MB" for name, peak in worst),
        ),
    ]


def rebuild_rows(bed: Bed) -> list[Row]:
    """Rebuild payments' documents with their lines, against a bare read of the same events."""
    bare = float(_alone("bare", bed.settings.esdb_uri))
    built = json.loads(_alone("rebuild", bed.settings.esdb_uri))
    rate, limit = built["events"] / built["seconds"], built["events"] / bare
    return [
        Row(
            "rebuild of invoices with lines",
            f"{rate:,.0f} events/s",
            f"bare read of the same events: {limit:,.0f} events/s",
            f"{rate / limit:.2f}",
            "≥ 0.4",
            rate / limit >= 0.4,
        )
    ]


def _alone(what: str, uri: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "portico.bench.rebuild", what, uri], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return done.stdout


def _bare(uri: str) -> tuple[int, float, int]:
    """Events, seconds and last position of a read that does nothing with what it reads."""
    client = EventStoreDBClient(uri)
    started = time.perf_counter()
    count = position = 0
    for event in client.read_all(filter_include=STREAMS, filter_by_stream_name=True):
        count += 1
        position = event.commit_position or 0
    seconds = time.perf_counter() - started
    client.close()
    return count, seconds, position


def _rebuild(uri: str) -> dict[str, float]:
    rooms = load("payments")
    projection = next(one for one in rooms.projections if one.name == "documents")
    count, _seconds, last = _bare(uri)
    with tempfile.TemporaryDirectory() as folder:
        projector = Projector("payments", projection, rooms.codec, SqliteDatabase(Path(folder) / "read.db"), uri)
        stop = threading.Event()
        started = time.perf_counter()
        thread = threading.Thread(target=projector.run, args=(stop,))
        thread.start()
        while projector.position < last and thread.is_alive():
            time.sleep(0.01)
        seconds = time.perf_counter() - started
        stop.set()
        thread.join()
    return {"events": count, "seconds": seconds}


if __name__ == "__main__":
    if sys.argv[1] == "bare":
        print(_bare(sys.argv[2])[1])
    else:
        print(json.dumps(_rebuild(sys.argv[2])))
