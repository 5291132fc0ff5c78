"""The localstore process: what it promises when it is killed, stopped, started twice or out of disk."""

from __future__ import annotations

import os
import re
import resource
import sqlite3
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from esdbclient import EventStoreDBClient, NewEvent, StreamState
from esdbclient.exceptions import ServiceUnavailable

from tests.contract.store.clients import event, events, ids, until
from tests.support.appending import kill_while_appending
from tests.support.ports import free_port, listening
from tests.support.processes import LocalStore, Process
from tests.support.waiting import wait_until

NO_STREAM, ANY = StreamState.NO_STREAM, StreamState.ANY


@pytest.fixture
def client(own_store: LocalStore) -> Iterator[EventStoreDBClient]:
    """A client of this test's own store."""
    with closing(EventStoreDBClient(own_store.uri)) as connected:
        yield connected


def _refused(folder: Path, port: int, log: Path) -> str:
    """Starts a localstore that must refuse to run; what it said."""
    process = Process(["-m", "localstore", "--folder", str(folder), "--port", str(port)], log)
    process.start()
    assert process.wait() == 1
    return process.tail()


KILLS = int(os.environ.get("PORTICO_STORE_KILLS", "5"))


@pytest.mark.timeout(60 + 20 * KILLS)
def test_kill_9_in_the_middle_of_appends_loses_doubles_and_halves_nothing(own_store: LocalStore) -> None:
    assert kill_while_appending(own_store, KILLS, seed=int(os.environ.get("PORTICO_SEED", "3"))) == []


def test_a_restart_remembers_ids_and_positions(own_store: LocalStore, client: EventStoreDBClient) -> None:
    new = events(3)
    position = client.append_to_stream("order-1", current_version=ANY, events=new)
    own_store.stop()
    own_store.start()
    assert client.append_to_stream("order-1", current_version=ANY, events=new) == position
    assert client.append_to_stream("order-1", current_version=2, events=[event(3)]) == position + 1


def test_a_second_process_on_the_folder_is_refused(own_store: LocalStore, tmp_path: Path) -> None:
    said = _refused(tmp_path / "localstore", free_port(), tmp_path / "second.log")
    assert f"in use by another localstore (process {own_store.process.pid})" in said
    assert listening(own_store.port)


def test_a_port_in_use_is_refused(own_store: LocalStore, tmp_path: Path) -> None:
    said = _refused(tmp_path / "another", own_store.port, tmp_path / "second.log")
    assert f"cannot listen on 127.0.0.1:{own_store.port}: Address already in use" in said


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    said = _refused(tmp_path / "file" / "store", free_port(), tmp_path / "log")
    assert f"cannot write in {tmp_path / 'file' / 'store'}: Not a directory" in said


def test_a_damaged_file_is_refused(own_store: LocalStore, client: EventStoreDBClient, tmp_path: Path) -> None:
    client.append_to_stream("order-1", current_version=NO_STREAM, events=events(3))
    own_store.stop()
    (tmp_path / "localstore" / "events.db").write_bytes(b"not a database" * 1000)
    said = _refused(tmp_path / "localstore", own_store.port, tmp_path / "log")
    assert "events.db: file is not a database; end what else uses it, make it writable, or restore it" in said


def test_a_full_disk_acknowledges_nothing_and_heals(own_store: LocalStore, client: EventStoreDBClient) -> None:
    client.append_to_stream("order-1", current_version=NO_STREAM, events=events(2))
    unlimited = resource.prlimit(own_store.process.pid, resource.RLIMIT_FSIZE, (256 * 1024, resource.RLIM_INFINITY))
    acknowledged = 1
    while (refused := _refusal(client, "order-1", acknowledged, event(data=b"x" * 50_000))) is None:
        acknowledged += 1
    assert re.search("cannot write in .*; nothing was stored", refused)
    resource.prlimit(own_store.process.pid, resource.RLIMIT_FSIZE, unlimited)
    assert client.get_current_version("order-1") == acknowledged
    client.append_to_stream("order-1", current_version=acknowledged, events=[event()])
    own_store.kill()
    own_store.start()
    assert client.get_current_version("order-1") == acknowledged + 1
    positions = [one.commit_position for one in client.read_all()]
    assert positions == list(range(1, acknowledged + 3))


def test_a_file_that_another_program_writes_is_said_to_be_locked(
    own_store: LocalStore, client: EventStoreDBClient
) -> None:
    client.append_to_stream("order-1", current_version=NO_STREAM, events=events(1))
    new = events(1, first=1)
    with closing(sqlite3.connect(own_store.folder / "events.db", isolation_level=None)) as another:
        another.execute("BEGIN IMMEDIATE")
        with pytest.raises(ServiceUnavailable, match="cannot write in .*: database is locked; nothing was stored"):
            client.streams.batch_append("order-1", current_version=0, events=new)  # esdbclient's own would try again
        assert client.get_current_version("order-1") == 0
        another.execute("ROLLBACK")
    client.append_to_stream("order-1", current_version=0, events=new)
    assert ids(client.get_stream("order-1"))[1:] == ids(new)


def _refusal(client: EventStoreDBClient, stream: str, version: int, new: NewEvent) -> str | None:
    try:
        client.append_to_stream(stream, current_version=version, events=[new])
    except ServiceUnavailable as error:
        return str(error)
    return None


def test_sigterm_ends_it_cleanly_with_subscriptions_open(own_store: LocalStore, client: EventStoreDBClient) -> None:
    subscription = client.subscribe_to_all(include_caught_up=True, timeout=20)
    assert next(subscription).is_caught_up
    client.append_to_stream("order-1", current_version=NO_STREAM, events=events(1))
    until(subscription, 1)
    assert own_store.process.stop(10) == 0
    with pytest.raises(ServiceUnavailable, match="stopping"):
        next(subscription)


def test_it_says_how_it_is_and_warns_off_loopback(tmp_path: Path) -> None:
    port, admin = free_port(), free_port()
    arguments = ["--folder", str(tmp_path / "s"), "--port", str(port), "--admin-port", str(admin)]
    process = Process(["-m", "localstore", *arguments, "--host", "0.0.0.0"], tmp_path / "log")
    process.start(lambda: listening(port) and listening(admin))
    with closing(EventStoreDBClient(f"esdb://127.0.0.1:{port}?Tls=false")) as client:
        client.append_to_stream("order-1", current_version=NO_STREAM, events=events(3))
        pages = {name: _page(admin, name) for name in ("healthz", "readyz", "metrics", "status")}
    assert process.stop() == 0
    assert (pages["healthz"], pages["readyz"]) == ("ok\n", "ready\n")
    assert '{"position":3}' in pages["status"]
    assert "localstore_events_total 3.0" in pages["metrics"]
    assert 'localstore_appends_total{result="written"} 1.0' in pages["metrics"]
    assert "localstore_last_position 3.0" in pages["metrics"]
    assert "localstore_commit_seconds_count 1.0" in pages["metrics"]
    assert "not on loopback" in process.tail()


def test_it_listens_on_loopback_unless_told_otherwise_and_says_so(own_store: LocalStore) -> None:
    wait_until(lambda: "from this machine only" in own_store.process.tail(), 20, "it says who reaches it")
    assert {address[-8:] for address in _listening_addresses(own_store.port)} == {"0100007F"}  # 127.0.0.1


def _listening_addresses(port: int) -> set[str]:
    """The local addresses, as the kernel writes them, at which the port is listened on."""
    rows = [line.split() for path in ("tcp", "tcp6") for line in Path("/proc/net", path).read_text().splitlines()[1:]]
    local = [row[1].split(":") for row in rows if row[3] == "0A"]
    return {address for address, found in local if int(found, 16) == port}


def _page(port: int, name: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/{name}", timeout=5) as reply:
        return str(reply.read().decode())
