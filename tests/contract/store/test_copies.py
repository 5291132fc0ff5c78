"""Backup while the store is written, restore, and the walk that finds what is not whole."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from esdbclient import EventStoreDBClient, StreamState

from localstore import copies
from localstore.copies import Damaged, Found
from localstore.errors import CannotStart
from tests.contract.store.clients import events, ids
from tests.contract.store.older import write_format_1
from tests.support.appending import Appender, start_and_wait
from tests.support.processes import LocalStore

ANY = StreamState.ANY


@pytest.fixture
def filled(own_store: LocalStore) -> Path:
    """The file of a store with 60 events in three streams, stopped."""
    with closing(EventStoreDBClient(own_store.uri)) as client:
        for number in range(3):
            client.append_to_stream(f"order-{number}", current_version=ANY, events=events(20))
    own_store.stop()
    return own_store.folder / "events.db"


def change(path: Path, statement: str) -> None:
    """Damage a store's file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)


def test_a_whole_store_is_said_to_be_whole(filled: Path) -> None:
    assert copies.verify(filled) == Found(60, 3, 60, ())


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("DELETE FROM append WHERE position = 40", "the events 21 to 40 are missing"),
        ("UPDATE append SET body = substr(body, 1, length(body) - 1)", "event 20 does not have the checksum"),
        (
            "UPDATE append SET revision = 100 WHERE position = 20",
            "order-0 goes on with revision 81 instead of 0",
        ),
        (
            "UPDATE append SET events = json_remove(events, '$[3]')",
            "the events 21 to 21 are missing",
        ),
        ("UPDATE append SET events = 'damaged'", "it cannot be read"),
        ("PRAGMA user_version = 99", "it has format 99"),
    ],
)
def test_what_is_damaged_is_named(filled: Path, statement: str, fault: str) -> None:
    change(filled, statement)
    assert any(fault in one for one in copies.verify(filled).faults)


def test_a_file_with_a_torn_page_is_not_whole(filled: Path) -> None:
    size = filled.stat().st_size
    with filled.open("r+b") as file:
        file.seek(size // 2 // 4096 * 4096)
        file.write(b"\xff" * 4096)
    assert copies.verify(filled).faults


def test_a_copy_made_under_load_is_the_store_at_one_moment(own_store: LocalStore, tmp_path: Path) -> None:
    writers = [Appender(own_store.uri, number) for number in range(4)]
    start_and_wait(writers, appends=100)
    before = {writer.stream: len(writer.acknowledged) for writer in writers}
    found = copies.backup(own_store.folder / "events.db", tmp_path / "copy.db")
    after = {writer.stream: len(writer.acknowledged) + len(writer.under_way) for writer in writers}
    own_store.kill()
    for writer in writers:
        writer.join()
    copies.restore(tmp_path / "copy.db", tmp_path / "restored")
    restored = LocalStore(tmp_path / "restored")
    restored.start()
    with closing(EventStoreDBClient(restored.uri)) as client:
        for writer in writers:
            kept = ids(client.get_stream(writer.stream))
            assert kept == ids([*writer.acknowledged, *writer.under_way])[: len(kept)]
            assert before[writer.stream] <= len(kept) <= after[writer.stream]
        assert found.events == len(list(client.read_all()))
    restored.stop()


def test_a_copy_of_the_format_before_is_restored(tmp_path: Path) -> None:
    old = tmp_path / "old.db"
    new = events(3)
    write_format_1(old, new)
    assert copies.verify(old) == Found(3, 1, 3, ())
    restored = LocalStore(tmp_path / "restored")
    assert copies.restore(old, restored.folder) == Found(3, 1, 3, ())
    assert copies.verify(restored.folder / "events.db") == Found(3, 1, 3, ())
    restored.start()
    with closing(EventStoreDBClient(restored.uri)) as client:
        assert ids(client.get_stream("order-1")) == ids(new)
        assert client.append_to_stream("order-1", current_version=ANY, events=new) == 3
        assert client.append_to_stream("order-1", current_version=2, events=events(2)) == 5
    restored.stop()


def test_a_damaged_copy_is_not_restored(filled: Path, tmp_path: Path) -> None:
    change(filled, "DELETE FROM append WHERE position = 40")
    with pytest.raises(Damaged, match="missing"):
        copies.restore(filled, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_damaged_store_makes_no_backup(filled: Path, tmp_path: Path) -> None:
    change(filled, "DELETE FROM append WHERE position = 40")
    with pytest.raises(Damaged, match="missing"):
        copies.backup(filled, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


def test_a_store_is_never_restored_over_another(filled: Path, tmp_path: Path) -> None:
    folder = tmp_path / "taken"
    folder.mkdir()
    shutil.copy(filled, folder / "events.db")
    with pytest.raises(CannotStart, match="move it away first"):
        copies.restore(filled, folder)
