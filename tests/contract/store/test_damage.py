"""A write-ahead log that was cut, and files that were damaged: whole appends, or a clear refusal."""

from __future__ import annotations

import random
import re
import shutil
import sqlite3
import struct
from contextlib import closing
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import pytest
from esdbclient import EventStoreDBClient, StreamState
from esdbclient.exceptions import GrpcError

from localstore import copies
from localstore.errors import CannotRead, CannotStart
from localstore.storage import END_OF_TIME, Row, Storage
from tests.contract.store.clients import event
from tests.support.appending import Appender, start_and_wait
from tests.support.processes import LocalStore

PAGE = 4096
FRAME = 24 + PAGE
CUTS_AT_RANDOM = 50


class Killed(NamedTuple):
    """A store's folder as a kill left it; its events; how many events it may have: those of so many whole appends."""

    folder: Path
    rows: list[Row]
    wholes: set[int]

    @property
    def log(self) -> bytes:
        """The write-ahead log."""
        return (self.folder / "events.db-wal").read_bytes()

    def commits(self) -> list[int]:
        """The frames of the log that end a transaction, counted from 0."""
        log = self.log
        sizes = [struct.unpack_from(">I", log, at + 4)[0] for at in range(32, len(log) - FRAME + 1, FRAME)]
        return [frame for frame, size in enumerate(sizes) if size]

    def with_log(self, log: bytes, folder: Path) -> Path:
        """A copy with another log."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        shutil.copy(self.folder / "events.db", folder)
        (folder / "events.db-wal").write_bytes(log)
        return folder


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Killed:
    """Killed with everything still in its log: many transactions, each of several appends."""
    store = LocalStore(tmp_path_factory.mktemp("killed") / "localstore")
    store.start()
    appenders = [Appender(store.uri, number) for number in range(6)]
    start_and_wait(appenders, appends=50)
    store.kill()
    for appender in appenders:
        appender.join()
    kept = store.folder.with_name("kept")
    shutil.copytree(store.folder, kept)
    rows = _rows(store.folder)
    sent = [[*one.appends, one.under_way] for one in appenders]
    lasts = {append[-1].id.hex for appends in sent for append in appends if append}
    assert {one.id.hex for appender in appenders for one in appender.acknowledged} <= {row.id for row in rows}
    return Killed(kept, rows, {0} | {row.position for row in rows if row.id in lasts})


def _rows(folder: Path) -> list[Row]:
    with closing(Storage(folder)) as storage:
        return storage.chunk(storage.reader(), None, 1, END_OF_TIME, False, 100_000)


def test_a_log_cut_at_any_byte_opens_to_whole_appends_without_a_gap(killed: Killed, tmp_path: Path) -> None:
    log = killed.log
    boundaries = range(32, len(log) + 1, FRAME)
    chance = random.Random(7)
    cuts = {0, len(log), *(chance.randrange(len(log)) for _ in range(CUTS_AT_RANDOM))}
    cuts |= {cut for at in boundaries for cut in (at - 1, at, at + 1) if cut <= len(log)}
    counts = []
    for cut in sorted(cuts):
        folder = killed.with_log(log[:cut], tmp_path / "cut")
        found = _rows(folder)
        assert found == killed.rows[: len(found)], f"cut at {cut}"
        assert len(found) in killed.wholes, f"cut at {cut}"
        counts.append(len(found))
    assert counts == list(accumulate(counts, max)), "a longer log has all that a shorter one has"
    assert counts[-1] == len(killed.rows)
    assert len(set(counts)) > 5  # it was cut between many transactions


def test_the_last_commit_torn_is_the_end_of_the_log(killed: Killed, tmp_path: Path) -> None:
    last = killed.commits()[-1]
    found = _rows(killed.with_log(_flipped(killed.log, last), tmp_path / "torn"))
    assert found == killed.rows[: len(found)]
    assert 0 < len(found) < len(killed.rows)


@pytest.mark.parametrize("at", ["header", "first", "middle", "salt"])
def test_a_log_damaged_before_what_was_acknowledged_is_refused(killed: Killed, tmp_path: Path, at: str) -> None:
    log, commits = killed.log, killed.commits()
    changed = {
        "header": bytes([log[0] ^ 1]) + log[1:],
        "first": _flipped(log, 0),
        "middle": _flipped(log, commits[len(commits) // 2]),
        "salt": _flipped(log, commits[-3], 8),
    }[at]
    folder = killed.with_log(changed, tmp_path / "damaged")
    for _ in range(2):  # the first refusal leaves everything as it was
        with pytest.raises(CannotStart, match="log is damaged in the middle.*restore it from a backup"):
            Storage(folder)
        assert (folder / "events.db-wal").read_bytes() == changed


def _flipped(log: bytes, frame: int, at: int = 2000) -> bytes:
    place = 32 + frame * FRAME + at
    return log[:place] + bytes([log[place] ^ 1]) + log[place + 1 :]


@pytest.fixture
def stored(own_store: LocalStore) -> LocalStore:
    """A store with 40 events of 4,000 bytes, stopped: at least a page of the file each."""
    with closing(EventStoreDBClient(own_store.uri)) as client:
        new = [event(data=b"<%02d>" % number * 1000) for number in range(40)]
        for at in range(0, len(new), 10):
            client.append_to_stream("order-1", current_version=StreamState.ANY, events=new[at : at + 10])
    own_store.stop()
    return own_store


def test_a_damaged_event_is_never_given_to_a_reader(stored: LocalStore) -> None:
    path = stored.folder / "events.db"
    data = path.read_bytes()
    assert b"<20><20>" in data
    path.write_bytes(data.replace(b"<20><20>", b"<20><2x>", 1))
    stored.start()
    with closing(EventStoreDBClient(stored.uri)) as client:
        with pytest.raises(GrpcError, match="event 21 of .* is damaged; restore it from a backup"):
            client.get_stream("order-1")
        with pytest.raises(GrpcError, match="DATA_LOSS"):
            list(client.read_all())
        assert len(client.get_stream("order-1", limit=20)) == 20
    assert copies.verify(path).faults == ("event 21 does not have the checksum it was stored with",)


@pytest.mark.parametrize(
    "described",
    [
        '{"id": "Noted"}',
        "[]",
        '"Noted"',
        '[["id", "Noted", "9", 9]]',
        '[["id", "Noted", 9]]',
        '[["id", 9, 9, 9]]',
        "[1]",
    ],
)
def test_an_append_that_is_described_in_another_shape_is_refused(stored: LocalStore, described: str) -> None:
    with closing(sqlite3.connect(stored.folder / "events.db")) as connection:
        connection.execute("UPDATE append SET events = ? WHERE position = 40", [described])
        connection.commit()
    with closing(Storage(stored.folder)) as storage:
        with pytest.raises(CannotRead, match="event 40 of .* is damaged; restore it from a backup"):
            storage.chunk(storage.reader(), None, 31, END_OF_TIME, False, 10)
        with pytest.raises(CannotRead, match="event 40 of .* is damaged; restore it from a backup"):
            list(storage.ids(None, 1))
    assert copies.verify(stored.folder / "events.db").faults


def test_a_store_with_a_flipped_byte_in_what_describes_its_last_append_does_not_start(stored: LocalStore) -> None:
    path = stored.folder / "events.db"
    data = path.read_bytes()
    last = b'[["' + _rows(stored.folder)[30].id.encode()  # the last append is that of the events 31 to 40
    assert data.count(last) == 1
    path.write_bytes(data.replace(last, b'[\x7b"' + last[3:]))
    stored.process.start()
    assert stored.process.wait() == 1
    assert re.search("localstore: .*event 40 of .* is damaged; restore it from a backup", stored.process.tail())
    assert "Traceback" not in stored.process.tail()
    assert "it cannot be read" in copies.verify(path).faults[-1]


def test_a_file_of_which_a_part_is_missing_is_refused(stored: LocalStore) -> None:
    path = stored.folder / "events.db"
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    with pytest.raises(CannotStart, match="malformed; .*restore it from a backup"):
        Storage(stored.folder)


def test_whichever_page_is_damaged_no_reader_gets_anything_else(stored: LocalStore, tmp_path: Path) -> None:
    data, rows = (stored.folder / "events.db").read_bytes(), _rows(stored.folder)
    refused = 0
    for at in range(0, len(data), PAGE):
        shutil.rmtree(tmp_path / "damaged", ignore_errors=True)
        (tmp_path / "damaged").mkdir()
        (tmp_path / "damaged" / "events.db").write_bytes(data[:at] + b"\xff" * PAGE + data[at + PAGE :])
        try:
            assert _rows(tmp_path / "damaged") == rows
        except (CannotStart, CannotRead, sqlite3.DatabaseError):
            refused += 1
    assert refused > 40  # of the rest, nothing is read here: the index


def test_a_page_that_cannot_be_read_is_an_error_that_says_what_to_do(stored: LocalStore) -> None:
    stored.start()
    with (stored.folder / "events.db").open("r+b") as file:
        size = file.seek(0, 2)
        file.seek(2 * PAGE)
        file.write(b"\xff" * (size - 2 * PAGE))
    with closing(EventStoreDBClient(stored.uri)) as client:
        with pytest.raises(GrpcError, match="cannot read .*malformed; restore it from a backup"):
            client.get_stream("order-1")
