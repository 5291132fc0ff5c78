"""esdbclient loading an event store, from a process of its own.

Run as `python -m portico.bench.store_load WHAT URI`; WHAT is a key of LOADS. Prints one JSON value.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from typing import Any
from uuid import UUID

import grpc
from esdbclient import AsyncEventStoreDBClient, EventStoreDBClient, NewEvent, StreamState
from esdbclient.protos.Grpc import streams_pb2

SECONDS = 3.0
WRITERS, LARGE_WRITERS = 64, 4
LARGE = 500  # events of a large append
READ = 30_000  # events
LIVE = 300  # events
_DATA = b'{"lines": "' + b"y" * 400 + b'"}'
_METADATA = b'{"correlation": "' + b"c" * 100 + b'"}'
DEADLINE = 30  # seconds for an append, so that one that grpc lost ends the measurement
PATIENCE = 120  # seconds
LIVE_TYPE = "BenchLive"


def event(kind: str = "OrderPlaced") -> NewEvent:
    """A new event of the size of an order's."""
    return NewEvent(type=kind, data=_DATA, metadata=_METADATA)


def load(what: str, uri: str, patience: float = PATIENCE) -> Any:
    """Load the store from another process, for `patience` seconds at most; what that found."""
    command = [sys.executable, "-m", "portico.bench.store_load", what, uri]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=patience)
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"{what} at {uri} did not end in {patience:.0f} s: a call has got no answer") from None
    if done.returncode:
        raise RuntimeError(f"{what} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)


async def _appends(uri: str, writers: int, size: int) -> float:
    """Events a second, of appends of `size` events to new streams."""
    client = AsyncEventStoreDBClient(uri)
    await client.connect()
    started = time.perf_counter()
    written = 0

    async def write() -> None:
        nonlocal written
        while time.perf_counter() - started < SECONDS:
            new = [event() for _ in range(size)]
            stream = f"order-{uuid.uuid4().hex}"
            await client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=new, timeout=DEADLINE)
            written += size

    await asyncio.gather(*[write() for _ in range(writers)])
    rate = written / (time.perf_counter() - started)
    await client.close()
    return rate


def _read(uri: str) -> float:
    """Events a second of $all."""
    with closing(EventStoreDBClient(uri)) as client:
        started = time.perf_counter()
        count = sum(1 for _ in client.read_all(limit=READ))
        if count < READ:
            raise RuntimeError(f"the store has {count} events only")
        return count / (time.perf_counter() - started)


def _through(uri: str) -> int:
    """The events of $all, counted and not decoded."""
    with closing(EventStoreDBClient(uri)) as client:
        request = client.streams._construct_read_request()
    with closing(grpc.insecure_channel(uri.removeprefix("esdb://").partition("?")[0])) as channel:
        read = channel.unary_stream("/event_store.client.streams.Streams/Read", streams_pb2.ReadReq.SerializeToString)
        return sum(1 for _ in read(request))


def _live(uri: str) -> list[float]:
    """Seconds from an append's answer until a live subscriber has the event; below 0: before its writer."""
    answered: dict[UUID, float] = {}
    seen: dict[UUID, float] = {}
    with closing(EventStoreDBClient(uri)) as reading, closing(EventStoreDBClient(uri)) as writing:
        subscription = reading.subscribe_to_all(from_end=True, filter_include=[LIVE_TYPE])

        def follow() -> None:
            for one in subscription:
                seen[one.id] = time.perf_counter()
                if len(seen) == LIVE:
                    return

        follower = threading.Thread(target=follow)
        follower.start()
        for number in range(LIVE):
            new = event(LIVE_TYPE)
            writing.append_to_stream(f"live-{number}", current_version=StreamState.ANY, events=[new])
            answered[new.id] = time.perf_counter()
            time.sleep(0.005)
        follower.join(30)
        subscription.stop()
    return [seen[one] - at for one, at in answered.items()]


LOADS: dict[str, Callable[[str], Any]] = {
    "single": lambda uri: asyncio.run(_appends(uri, WRITERS, 1)),
    "large": lambda uri: asyncio.run(_appends(uri, LARGE_WRITERS, LARGE)),
    "read": _read,
    "through": _through,
    "live": _live,
}

if __name__ == "__main__":
    print(json.dumps(LOADS[sys.argv[1]](sys.argv[2])))
