"""The lease: who gets it, who keeps it, who is known to be gone."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from chassis import lease
from chassis.lease import Holder, Lease, this_process
from chassis.sqlite_models import SqliteDatabase


@pytest.fixture
def database(tmp_path: Path) -> SqliteDatabase:
    """Where the leases are."""
    return SqliteDatabase(tmp_path / "read.db")


@pytest.fixture
def ended() -> Holder:
    """A process that has ended, and whose parent has not taken note of it."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    holder = Holder(this_process().machine, child.pid, lease._started(child.pid) or 0)
    assert not holder.is_dead()
    child.kill()
    child.communicate()
    return holder


def held_by(database: SqliteDatabase, holder: Holder, monkeypatch: pytest.MonkeyPatch) -> Lease:
    """A lease that this process took."""
    monkeypatch.setattr(lease, "this_process", lambda: holder)
    taken = Lease("numbers_v1", database.connect_leases)
    assert taken.claim()
    monkeypatch.undo()
    return taken


def test_the_lease_of_a_process_that_died_is_free_at_once(
    database: SqliteDatabase, ended: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_by(database, ended, monkeypatch)
    assert Lease("numbers_v1", database.connect_leases).claim()


def test_a_process_with_the_number_of_one_that_died_is_another() -> None:
    assert not this_process().is_dead()
    assert replace(this_process(), started=1).is_dead()
    assert not replace(this_process(), machine="another/1", started=1).is_dead()


def test_the_lease_of_a_process_that_lives_is_taken_when_it_was_not_renewed_for_long(
    database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = Holder("another/1", 7, 1)
    first = held_by(database, elsewhere, monkeypatch)
    second = Lease("numbers_v1", database.connect_leases)
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    assert not second.claim()
    assert second.holder == elsewhere
    now[0] += lease.LAPSE_SECONDS
    assert not second.claim()
    assert first.claim()  # a beat
    now[0] += lease.LAPSE_SECONDS
    assert not second.claim()
    now[0] += lease.LAPSE_SECONDS + 1
    assert second.claim()
    assert second.replaced == (elsewhere, first.token)
    assert not first.claim()


def test_what_is_released_is_free_and_what_was_lost_is_not_released(
    database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "BEAT_SECONDS", 0.01)
    first, second, third = (Lease("numbers_v1", database.connect_leases) for _ in range(3))
    assert first.claim()
    with first.renewed():
        with database.connect_leases() as connection:
            connection.execute("UPDATE leases SET token = ?", (second.token,))
        assert first.lost.wait(20)
    assert not third.claim()
    assert second.claim()
    with second.renewed():
        assert not third.claim()
    assert third.claim()


def test_no_process_ends_itself_or_one_of_another_machine() -> None:
    assert not this_process().kill()
    assert not Holder("another/1", 1, 1).kill()
