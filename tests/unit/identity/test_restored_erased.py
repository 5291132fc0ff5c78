"""A backup has the list of erased contacts, wherever it lies; a restore that is killed brings nobody erased back."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from chassis import statedb
from chassis.config import Settings
from localstore.storage import Storage
from portico.backup import STORE, backup, restore
from services.identity.erased import SETTING, ErasedList
from services.identity.vault import Person, open_vault

VERA, BEFORE = "abcdefgh234567ab", "zzzzzzzz222222zz"

KILLED = """
import importlib, os, signal, sys
from pathlib import Path
module, name, folder, erased = sys.argv[1:]
setattr(importlib.import_module(module), name, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
from portico.backup import restore
restore(Path(folder), Path(erased))
"""


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with an event store and one contact's key."""
    monkeypatch.setenv("PORTICO_VAR", str(tmp_path / "var"))
    monkeypatch.delenv(SETTING, raising=False)
    settings = Settings.from_env()
    statedb.migrate(settings.state_db("identity"), "identity")
    open_vault(settings).seal(VERA, Person("Vera Vergessen", "vera@customer.example", ""))
    with closing(Storage(settings.folder("localstore"))):
        pass
    return settings.var


@pytest.mark.parametrize(
    ("module", "name", "has_key"),
    [("chassis.statedb", "migrate", True), ("localstore.copies", "restore", False)],
    ids=["before the keys are deleted", "before the event store is put in place"],
)
def test_a_restore_that_is_killed_never_has_a_store_and_an_erased_contacts_key(
    var: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, name: str, has_key: bool
) -> None:
    backup(tmp_path / "backup")
    ErasedList(tmp_path / "erased.txt").add((VERA,))
    monkeypatch.setenv("PORTICO_VAR", str(tmp_path / "new"))
    told = [module, name, str(tmp_path / "backup"), str(tmp_path / "erased.txt")]
    killed = subprocess.run([sys.executable, "-c", KILLED, *told], capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    left = tmp_path / "new"
    assert ErasedList(left / "identity/erase-again.txt").all() == [VERA], "the next start makes sure of them"
    with closing(sqlite3.connect(left / "identity/state.db")) as state:
        key = state.execute("SELECT key IS NOT NULL FROM contact_keys WHERE contact = ?", (VERA,)).fetchone()
    assert key == (has_key,)
    assert not (left / STORE).exists()


def test_a_backup_has_the_list_that_the_setting_names_and_a_restore_without_it_names_it(
    var: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = tmp_path / "elsewhere/erased.txt"
    elsewhere.parent.mkdir()
    ErasedList(var / "identity/erased.txt").add(())  # of the time before it was set
    ErasedList(elsewhere).add((BEFORE,))
    monkeypatch.setenv(SETTING, str(elsewhere))
    backup(tmp_path / "backup")
    assert ErasedList(tmp_path / "backup/identity/erased.txt").all() == [BEFORE]
    monkeypatch.delenv(SETTING)
    monkeypatch.setenv("PORTICO_VAR", str(tmp_path / "new"))
    restore(tmp_path / "backup", None)
    said = capsys.readouterr().out
    assert "Contacts that were erased, and stay so: 1." in said
    assert f"--erased {elsewhere}" in said
    assert "THAT-FOLDER" not in said
