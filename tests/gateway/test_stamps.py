"""A stamp changes with every commit of anybody, and looking at it costs SQLite nothing: not its locks above all."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway import stamps
from gateway.stamps import ABSENT, FileStamp


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "read.db"


@pytest.fixture
def database(path: Path) -> Iterator[sqlite3.Connection]:
    made = sqlite3.connect(path, isolation_level=None)
    made.execute("PRAGMA journal_mode=WAL")
    made.execute("CREATE TABLE t (x)")
    yield made
    made.close()


@pytest.fixture(autouse=True)
def always_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stamps, "_LOOK_AGAIN", -1.0)


def locks(path: Path) -> set[str]:
    """The locks this process holds on a file, as the kernel lists them."""
    inode = f":{os.stat(path).st_ino} "
    mine = f" {os.getpid()} "
    return {
        line.split(":", 1)[1] for line in Path("/proc/locks").read_text().splitlines() if mine in line and inode in line
    }


def test_no_file_is_absent(path: Path) -> None:
    assert FileStamp(path).read() == ABSENT


def test_a_commit_changes_it_and_a_read_does_not(path: Path, database: sqlite3.Connection) -> None:
    stamp = FileStamp(path)
    before = stamp.read()
    assert before is not None
    database.execute("SELECT * FROM t").fetchall()
    assert stamp.read() == before
    database.execute("INSERT INTO t VALUES (1)")
    after = stamp.read()
    assert after != before
    database.execute("BEGIN")
    database.execute("INSERT INTO t VALUES (2)")
    assert stamp.read() == after
    database.execute("ROLLBACK")
    assert stamp.read() == after


def test_another_processs_commit_changes_it(path: Path, database: sqlite3.Connection) -> None:
    stamp = FileStamp(path)
    before = stamp.read()
    code = f"import sqlite3; c = sqlite3.connect({str(path)!r}); c.execute('INSERT INTO t VALUES (1)'); c.commit()"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert stamp.read() != before


def test_a_checkpoint_and_what_follows_it(path: Path, database: sqlite3.Connection) -> None:
    stamp = FileStamp(path)
    seen = {stamp.read()}
    for number in range(20):
        database.execute("INSERT INTO t VALUES (?)", (number,))
        assert stamp.read() not in seen
        seen.add(stamp.read())
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        seen.add(stamp.read())


def test_a_file_made_anew_is_noticed(path: Path, database: sqlite3.Connection) -> None:
    stamp = FileStamp(path)
    before = stamp.read()
    for name in ("", "-wal", "-shm"):
        Path(f"{path}{name}").unlink()
    assert stamp.read() == ABSENT
    again = sqlite3.connect(path, isolation_level=None)
    again.execute("PRAGMA journal_mode=WAL")
    again.execute("CREATE TABLE t (x)")
    assert stamp.read() not in (before, ABSENT, None)
    again.close()


def test_looking_keeps_sqlites_locks(path: Path, database: sqlite3.Connection) -> None:
    index = Path(f"{path}-shm")
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM t").fetchall()
    held = locks(index)
    assert held
    for _ in range(3):
        stamp = FileStamp(path)
        stamp.read()
        del stamp
    assert locks(index) == held
    reader.close()
