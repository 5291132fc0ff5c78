"""A file of an older release is taken over at the first start: whole or, whatever ends it, not at all."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import urllib.request
from contextlib import closing
from pathlib import Path
from urllib.error import HTTPError, URLError

import pytest
from esdbclient import NewEvent

from localstore import copies
from localstore.copies import Found
from localstore.errors import CannotStart, Stopping
from localstore.storage import END_OF_TIME, Storage
from tests.contract.store.clients import events
from tests.contract.store.older import write_format_1
from tests.support.ports import free_port, listening
from tests.support.processes import Process
from tests.support.waiting import wait_until

EVENTS = 4500
WHOLE = Found(EVENTS, 1, EVENTS, ())

KILLED = """
import os, signal, sys
from pathlib import Path
from localstore.storage import Storage
Storage(Path(sys.argv[1]), lambda done, last: done >= int(sys.argv[2]) and os.kill(os.getpid(), signal.SIGKILL))
"""


@pytest.fixture(scope="module")
def new() -> list[NewEvent]:
    """The events of the older store."""
    return events(EVENTS)


@pytest.fixture
def older(tmp_path: Path, new: list[NewEvent]) -> Path:
    """The folder of an older store."""
    folder = tmp_path / "localstore"
    folder.mkdir()
    write_format_1(folder / "events.db", new)
    return folder


def _is_older(folder: Path) -> bool:
    with closing(sqlite3.connect(f"file:{folder}/events.db?mode=ro", uri=True)) as connection:
        return bool(connection.execute("PRAGMA user_version").fetchone() == (1,))


def _ids(folder: Path) -> list[str]:
    with closing(Storage(folder)) as storage:
        rows = storage.chunk(storage.reader(), None, 1, END_OF_TIME, False, EVENTS + 1)
        return [row.id for row in rows]


def test_all_is_there_in_a_file_no_larger_with_no_log_beside(older: Path, new: list[NewEvent]) -> None:
    size = (older / "events.db").stat().st_size
    told: list[tuple[int, int]] = []
    with closing(Storage(older, lambda done, last: told.append((done, last)))):
        assert sum(path.stat().st_size for path in older.glob("events.db*") if path.suffix != ".db-shm") < 1.2 * size
    assert told == [(done, EVENTS) for done in (0, 1000, 2000, 3000, 4000, EVENTS)]
    assert copies.verify(older / "events.db") == WHOLE
    assert _ids(older) == [one.id.hex for one in new]
    assert {path.name for path in older.iterdir()} == {"events.db", "lock"}


@pytest.mark.parametrize("at", [0, 2000, EVENTS])
def test_killed_at_any_point_it_begins_anew_and_loses_nothing(older: Path, new: list[NewEvent], at: int) -> None:
    process = Process(["-c", KILLED, str(older), str(at)], older.with_suffix(".log"))
    process.start()
    assert process.wait() == -signal.SIGKILL
    assert (older / "events.db.new").exists()
    assert _is_older(older)
    assert copies.verify(older / "events.db") == WHOLE
    assert _ids(older) == [one.id.hex for one in new]
    assert not (older / "events.db.new").exists()


def test_events_that_were_in_the_log_only_are_taken_over(older: Path, new: list[NewEvent], tmp_path: Path) -> None:
    killed = tmp_path / "killed"
    killed.mkdir()
    with closing(sqlite3.connect(older / "events.db")) as connection:
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("CREATE TABLE other AS SELECT * FROM event WHERE position > 4000")
        connection.execute("DELETE FROM event WHERE position > 4000")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("INSERT INTO event SELECT * FROM other")
        connection.commit()
        for path in older.glob("events.db*"):
            (killed / path.name).write_bytes(path.read_bytes())
    assert (killed / "events.db-wal").stat().st_size > 50_000
    assert _ids(killed) == [one.id.hex for one in new]


def test_a_full_disk_leaves_the_older_file_and_says_what_to_do(older: Path) -> None:
    size = (older / "events.db").stat().st_size
    arguments = ["-m", "localstore", "--folder", str(older), "--port", str(free_port())]
    process = Process(arguments, older.with_suffix(".log"), under=["prlimit", f"--fsize={size // 2}"])
    process.start()
    assert process.wait() == 1
    said = r"localstore: cannot take over .*events\.db of an older release: .*; have as much disk free as it takes"
    assert re.search(said, process.tail())
    assert _is_older(older)
    assert not (older / "events.db.new").exists()
    assert copies.verify(older / "events.db") == WHOLE


def test_a_file_that_is_read_meanwhile_is_left_as_it_was(older: Path) -> None:
    with closing(sqlite3.connect(older / "events.db", isolation_level=None)) as another:
        another.execute("BEGIN")
        another.execute("SELECT max(position) FROM event").fetchone()
        with pytest.raises(CannotStart, match="cannot take over .*locked; .*end what else uses it"):
            Storage(older)
    assert _is_older(older)


def test_whoever_ends_it_gives_the_folder_back(older: Path) -> None:
    def told(done: int, last: int) -> None:
        raise Stopping("told to stop")

    with pytest.raises(Stopping):
        Storage(older, told)
    assert _is_older(older)
    assert len(_ids(older)) == EVENTS


def test_it_says_how_far_it_is_and_hears_sigterm(older: Path, tmp_path: Path) -> None:
    port, admin = free_port(), free_port()
    slow = ["strace", "-f", "-qq", "-e", "trace=pwrite64", "-e", "inject=pwrite64:delay_enter=20000"]
    arguments = ["-m", "localstore", "--folder", str(older), "--port", str(port), "--admin-port", str(admin)]
    process = Process(arguments, tmp_path / "log", under=[*slow, "-o", str(tmp_path / "trace")])
    process.start()
    on_its_way = re.compile(r"taking over an older file: event [1-3]000 of 4500")
    wait_until(lambda: on_its_way.match(_page(admin, "readyz")), 60, lambda: f"it takes over\n{process.tail()}")
    assert _page(admin, "healthz") == "ok\n"
    assert json.loads(_page(admin, "status"))["parts"] == {}
    assert not listening(port)
    assert process.stop(60) == 0
    assert "Traceback" not in process.tail()
    assert _is_older(older)
    assert not (older / "events.db.new").exists()
    process.under = []
    process.start(lambda: _page(admin, "readyz") == "ready\n", 60)
    assert process.stop() == 0
    assert copies.verify(older / "events.db") == WHOLE


def _page(port: int, name: str) -> str:
    """What it answers there; "" while it does not."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{name}", timeout=5) as reply:
            return str(reply.read().decode())
    except HTTPError as error:
        with error:
            return error.read().decode()
    except (URLError, OSError):
        return ""
