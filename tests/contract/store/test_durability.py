"""No append is answered before its events are on disk: seen from outside, by strace."""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from esdbclient import EventStoreDBClient, NewEvent, StreamState
from esdbclient.exceptions import ServiceUnavailable
from esdbclient.protos.Grpc import streams_pb2

from localstore import copies
from tests.contract.store.clients import event, events, ids
from tests.support.processes import LocalStore
from tests.support.strace import Append, strace, unsynced
from tests.support.waiting import wait_until

NO_STREAM = StreamState.NO_STREAM
WRITERS, EACH = 8, 12

LOG = r"\x2f\x65\x76\x65\x6e\x74\x73\x2e\x64\x62\x2d\x77\x61\x6c"  # /events.db-wal
WRITTEN = [rf'7 openat(AT_FDCWD, "{LOG}", O_RDWR|O_CREAT) = 5', r'7 pwrite64(5, "\x61\x62", 2, 32) = 2']
SYNCED = ["7 fdatasync(5) = 0"]
SENT = [r'8 sendmsg(9, {msg_iov=[{iov_base="\x00", iov_len=1}, {iov_base="\x78\x79", iov_len=2}]}, 0) = 3']


@pytest.mark.parametrize(
    ("trace", "fault"),
    [
        ([*WRITTEN, *SYNCED, *SENT], None),
        ([*WRITTEN, *SENT, *SYNCED], "before it was synced"),
        ([*WRITTEN, *SENT], "before it was synced"),
        ([*WRITTEN, "7 fdatasync(6) = 0", *SENT], "before it was synced"),
        ([*WRITTEN, "7 fdatasync(5) = -1 EIO (Input/output error)", *SENT], "before it was synced"),
        ([*WRITTEN, "7 fdatasync(5 <unfinished ...>", *SENT, "7 <... fdatasync resumed>) = 0"], "before it was synced"),
        ([*WRITTEN, "7 fdatasync(5 <unfinished ...>", "7 <... fdatasync resumed>) = 0", *SENT], None),
        ([WRITTEN[0], *SYNCED, WRITTEN[1], *SENT], "before it was synced"),
        ([*WRITTEN, *SYNCED], "was not seen"),
    ],
)
def test_the_checker_sees_each_fault(trace: list[str], fault: str | None) -> None:
    found = unsynced(trace, {"order-1": Append(b"ab", b"xy")})
    assert [fault in one for one in found] == [True] if fault else found == []


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """What the traced store did."""
    return tmp_path / "trace"


@pytest.fixture
def traced(tmp_path: Path, trace: Path) -> Iterator[LocalStore]:
    """A store under strace."""
    local = LocalStore(tmp_path / "localstore", under=strace(trace))
    local.start()
    yield local
    local.stop()


def test_no_append_is_answered_before_its_events_are_synced(traced: LocalStore, trace: Path) -> None:
    appends: dict[str, Append] = {}

    def write(writer: int) -> None:
        with closing(EventStoreDBClient(traced.uri)) as client:
            for number in range(EACH):
                stream = f"order-{writer}-{number}."
                if number % 3:
                    client.append_to_stream(stream, current_version=NO_STREAM, events=events(number))
                    appends[stream] = Append(stream.encode(), stream.encode())
                else:
                    position = client.append_to_stream(stream, current_version=NO_STREAM, events=event())
                    appends[stream] = Append(stream.encode(), _answer(position))

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    traced.stop()
    assert len(appends) == WRITERS * EACH
    with trace.open(encoding="ascii") as lines:
        assert unsynced(lines, appends) == []


@pytest.mark.parametrize(("call", "error"), [("fdatasync", "EIO:when=12"), ("pwrite64", "ENOSPC:when=60")])
def test_a_disk_that_fails_once_is_a_refusal_and_nothing_is_lost(tmp_path: Path, call: str, error: str) -> None:
    fault = ["-e", f"trace={call}", "-e", f"inject={call}:error={error}"]
    store = LocalStore(tmp_path / "localstore", under=["strace", "-f", "-qq", *fault, "-o", str(tmp_path / "trace")])
    store.start()
    acknowledged: list[list[NewEvent]] = []
    refused: list[str] = []
    with closing(EventStoreDBClient(store.uri)) as client:
        while not refused or len(acknowledged) < 30:
            new = events(3)
            try:  # as one who does not try again
                expected = len(acknowledged) * 3 - 1 if acknowledged else NO_STREAM
                client.streams.batch_append("order-1", current_version=expected, events=new)
                acknowledged.append(new)
            except ServiceUnavailable as reason:
                refused.append(str(reason))
    store.kill()
    store.process.under = []
    wait_until(lambda: _is_left(store.folder), 20, "the store, killed with its tracer, is gone")
    store.start()
    with closing(EventStoreDBClient(store.uri)) as client:
        assert ids(client.get_stream("order-1")) == [one.id for append in acknowledged for one in append]
        assert [one.commit_position for one in client.read_all()] == list(range(1, len(acknowledged) * 3 + 1))
    store.stop()
    assert len(refused) == 1
    assert re.search(r"cannot write in .*; nothing was stored", refused[0])
    assert copies.verify(store.folder / "events.db").faults == ()


def _is_left(folder: Path) -> bool:
    with (folder / "lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _answer(position: int) -> bytes:
    """The reply to the append of one event to a new stream, as gRPC sends it: its length, then itself."""
    reply = streams_pb2.AppendResp()
    reply.success.current_revision = 0
    reply.success.position.commit_position = reply.success.position.prepare_position = position
    encoded = reply.SerializeToString()
    return b"\0" + len(encoded).to_bytes(4, "big") + encoded
