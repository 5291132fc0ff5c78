"""The vault: personal data under a key a contact, and keyed hashes."""

from __future__ import annotations

import base64
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag

from chassis import statedb
from chassis.config import BadSetting
from chassis.statedb import StateDb
from localstore import copies
from services.identity import vault
from services.identity.jobs import forget_requests
from services.identity.vault import ERASED, Forgotten, Person, Vault
from services.identity.wrapping import Wrapper, wrapper
from tests.support.settings import make_settings
from tests.support.waiting import wait_until

HANNA = Person("Hanna Weiss", "hanna@nordlicht.example", "+49 40 123")
SECRET = bytes(range(32))
OLD, NEW = "an-older-key-of-thirty-two-characters", "the-newer-key-of-thirty-two-characters"


@pytest.fixture
def state(tmp_path: Path) -> StateDb:
    """A state database of identity's."""
    statedb.migrate(tmp_path / "state.db", "identity")
    return StateDb(tmp_path / "state.db")


@pytest.fixture
def keys(state: StateDb) -> Vault:
    """A vault on it."""
    return Vault(state, SECRET, Wrapper((OLD,)))


def test_what_is_sealed_is_opened_again(keys: Vault) -> None:
    sealed = keys.seal("hanna", HANNA)
    assert keys.open("hanna", sealed) == HANNA
    assert b"Hanna" not in base64.b64decode(sealed)


def test_with_a_contact_goes_every_row_about_them(state: StateDb) -> None:
    """A table that is new, and has a contact in it, is to be named in vault.py as well."""
    sql = (
        "SELECT m.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'contact'"
    )
    assert {row["name"] for row in state.rows(sql)} == {"contact_keys", *vault._OF_A_CONTACT}


def test_the_same_person_sealed_twice_looks_different(keys: Vault) -> None:
    assert keys.seal("hanna", HANNA) != keys.seal("hanna", HANNA)


def test_another_contacts_key_does_not_open_it(keys: Vault) -> None:
    sealed = keys.seal("hanna", HANNA)
    keys.seal("piet", Person("Piet"))
    with pytest.raises(InvalidTag):
        keys.open("piet", sealed)


def test_without_the_key_it_is_erased(keys: Vault) -> None:
    sealed = keys.seal("hanna", HANNA)
    keys.forget("hanna")
    keys.forget("hanna")
    assert keys.open("hanna", sealed) == ERASED
    assert keys.open("never seen", sealed) == ERASED


def test_nobody_is_sealed_again_once_erased(keys: Vault) -> None:
    keys.forget("hanna")
    with pytest.raises(Forgotten):
        keys.seal("hanna", HANNA)


def test_an_erased_key_is_nowhere_in_the_files(keys: Vault, state: StateDb) -> None:
    keys.seal("hanna", HANNA)
    row = state.row("SELECT key FROM contact_keys")
    assert row is not None
    keys.forget("hanna", 42)
    assert bytes(row["key"]) not in in_the_files(state)
    assert keys.erased_up_to() == 42


def in_the_files(state: StateDb) -> bytes:
    """All that a state database keeps on disk."""
    return b"".join(file.read_bytes() for file in state.path.parent.glob("state.db*"))


@contextmanager
def reading(state: StateDb) -> Iterator[sqlite3.Connection]:
    """Another process's connection in the middle of reading."""
    with closing(statedb.connect(state.path)) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT * FROM contact_keys").fetchall()
        yield connection


def test_it_waits_for_one_who_still_reads_the_key(keys: Vault, state: StateDb) -> None:
    keys.seal("hanna", HANNA)
    row = state.row("SELECT key FROM contact_keys")
    assert row is not None
    with reading(state) as reader, ThreadPoolExecutor(1) as pool:
        forgetting = pool.submit(keys.forget, "hanna")
        wait_until(lambda: state.row("SELECT 1 FROM contact_keys WHERE key IS NULL"), 10, "the key is deleted")
        reader.execute("COMMIT")
        forgetting.result(10)
    assert bytes(row["key"]) not in in_the_files(state)


class Round(threading.Event):
    """Ends a job of the worker's after one round."""

    def wait(self, timeout: float | None = None) -> bool:
        self.set()
        return True


@pytest.mark.parametrize("change", ["erased", "wrapped anew"])
def test_what_one_reads_for_too_long_is_said_and_goes_with_the_workers_next_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], change: str
) -> None:
    settings = make_settings(tmp_path / "var")
    statedb.migrate(settings.state_db("identity"), "identity")
    state = StateDb(settings.state_db("identity"))
    keys = Vault(state, SECRET, Wrapper((OLD,)))
    keys.seal("hanna", HANNA)
    row = state.row("SELECT key FROM contact_keys")
    assert row is not None
    monkeypatch.setattr(statedb, "READER_SECONDS", 0)
    with reading(state):
        if change == "erased":
            keys.forget("hanna")
        else:
            Vault(state, SECRET, Wrapper((NEW, OLD))).rewrap()
        assert "stays in the write-ahead log" in capsys.readouterr().out
        assert bytes(row["key"]) in in_the_files(state)
    forget_requests(Round(), settings)
    assert bytes(row["key"]) not in in_the_files(state)


def test_an_address_is_the_same_login_in_any_case(keys: Vault) -> None:
    assert keys.login(" Hanna@Nordlicht.EXAMPLE ") == keys.login(HANNA.email)
    assert keys.login(HANNA.email) != Vault(keys._state, bytes(32), Wrapper((OLD,))).login(HANNA.email)


def test_a_command_always_makes_the_same_token_and_another_makes_another(keys: Vault) -> None:
    token = keys.token("invitation", UUID(int=1), "hanna")
    assert len(token) == 43
    assert token == keys.token("invitation", UUID(int=1), "hanna")
    assert token not in (keys.token("invitation", UUID(int=2), "hanna"), keys.token("invitation", UUID(int=1), "piet"))


def test_erp_contacts_are_told_apart_by_company_and_key() -> None:
    one = vault.erp_contact_id("N100", "1")
    assert len(one) == 16
    assert one == vault.erp_contact_id("N100", "1")
    assert len({one, vault.erp_contact_id("N100", "2"), vault.erp_contact_id("N1001", "")}) == 3


def test_the_installations_secret_is_made_once_for_the_owner_alone(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    secret = vault.secret(settings)
    file = tmp_path / "identity" / "email.key"
    assert file.read_bytes() == secret
    assert len(secret) == 32
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_a_named_key_file_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTICO_IDENTITY_KEY_FILE", str(tmp_path / "missing.key"))
    with pytest.raises(RuntimeError, match="Restore it from the backup"):
        vault.secret(make_settings(tmp_path))


def test_a_key_file_that_was_cut_short_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "short.key").write_bytes(b"short")
    monkeypatch.setenv("PORTICO_IDENTITY_KEY_FILE", str(tmp_path / "short.key"))
    with pytest.raises(RuntimeError, match="shorter than 32 bytes"):
        vault.secret(make_settings(tmp_path))


def kept(state: StateDb) -> bytes:
    """The one contact's key as the database has it."""
    row = state.row("SELECT key FROM contact_keys WHERE key IS NOT NULL")
    assert row is not None
    return bytes(row["key"])


def test_a_contacts_key_is_kept_wrapped_alone(keys: Vault, state: StateDb) -> None:
    sealed = keys.seal("hanna", HANNA)
    assert len(kept(state)) == 8 + 12 + 32 + 16
    with pytest.raises(BadSetting, match="Put that one back"):
        Vault(state, SECRET, Wrapper((NEW,))).open("hanna", sealed)
    state.connection().execute("INSERT INTO contact_keys (contact, key) SELECT 'piet', key FROM contact_keys")
    with pytest.raises(InvalidTag):
        keys.open("piet", sealed)


def test_a_newer_key_takes_over_and_the_older_one_can_go(keys: Vault, state: StateDb) -> None:
    sealed = keys.seal("hanna", HANNA)
    keys.forget("gone")
    both = Vault(state, SECRET, Wrapper((NEW, OLD)))
    assert both.open("hanna", sealed) == HANNA, "before anything is wrapped anew"
    before = kept(state)
    assert (both.rewrap(), both.rewrap()) == (1, 0)
    assert before not in b"".join(file.read_bytes() for file in state.path.parent.glob("state.db*"))
    assert Vault(state, SECRET, Wrapper((NEW,))).open("hanna", sealed) == HANNA
    with pytest.raises(BadSetting):
        keys.open("hanna", sealed)


def test_a_backup_of_before_the_change_is_read_again_with_the_key_of_then(
    keys: Vault, state: StateDb, tmp_path: Path
) -> None:
    sealed = keys.seal("hanna", HANNA)
    keys.seal("piet", Person("Piet"))
    copies.copy_database(state.path, tmp_path / "backup.db")
    Vault(state, SECRET, Wrapper((NEW, OLD))).rewrap()
    state.connection().execute("DELETE FROM contact_keys")
    restored = StateDb(tmp_path / "backup.db")
    with pytest.raises(BadSetting, match="Put that one back"):
        Vault(restored, SECRET, Wrapper((NEW,))).open("hanna", sealed)
    both = Vault(restored, SECRET, Wrapper((NEW, OLD)))
    assert both.open("hanna", sealed) == HANNA, "what events hold is read as they are gone through again"
    both.forget("piet")
    assert both.rewrap() == 1, "and an erasure carried out again leaves nothing to wrap"


def test_what_cannot_be_unwrapped_leaves_all_as_it_was(keys: Vault, state: StateDb) -> None:
    keys.seal("hanna", HANNA)
    before = kept(state)
    stranger = Vault(state, SECRET, Wrapper((NEW,)))
    with pytest.raises(BadSetting):
        stranger.rewrap()
    assert kept(state) == before


def test_keys_of_an_older_release_stand_unwrapped_and_are_wrapped(keys: Vault, state: StateDb) -> None:
    plain = bytes(range(100, 132))
    state.connection().execute("INSERT INTO contact_keys (contact, key) VALUES ('hanna', ?)", (plain,))
    sealed = keys.seal("hanna", HANNA)
    assert keys.rewrap() == 1
    assert keys.open("hanna", sealed) == HANNA
    assert plain not in b"".join(file.read_bytes() for file in state.path.parent.glob("state.db*"))


def test_the_key_above_is_made_once_for_its_owners_eyes_or_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_settings(tmp_path)
    made = wrapper(settings)
    file = tmp_path / "identity" / "master.key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert made.unwrap("hanna", wrapper(settings).wrap("hanna", bytes(32))) == bytes(32)
    named = tmp_path / "elsewhere.key"
    named.write_text(f"{NEW}\n{OLD}\n")
    monkeypatch.setenv("PORTICO_IDENTITY_MASTER_KEY_FILE", str(named))
    assert wrapper(settings).unwrap("hanna", Wrapper((OLD,)).wrap("hanna", bytes(32))) == bytes(32)
    short = tmp_path / "short.key"
    short.write_text("too short")
    monkeypatch.setenv("PORTICO_IDENTITY_MASTER_KEY_FILE", str(short))
    with pytest.raises(BadSetting, match="at least 32"):
        wrapper(settings)
