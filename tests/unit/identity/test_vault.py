"""The vault: personal data under a key a contact, and keyed hashes."""

from __future__ import annotations

import base64
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag

from chassis import statedb
from chassis.statedb import StateDb
from services.identity import vault
from services.identity.vault import ERASED, Forgotten, Person, Vault
from tests.support.settings import make_settings

HANNA = Person("Hanna Weiss", "hanna@nordlicht.example", "+49 40 123")
SECRET = bytes(range(32))


@pytest.fixture
def state(tmp_path: Path) -> StateDb:
    """A state database of identity's."""
    statedb.migrate(tmp_path / "state.db", "identity")
    return StateDb(tmp_path / "state.db")


@pytest.fixture
def keys(state: StateDb) -> Vault:
    """A vault on it."""
    return Vault(state, SECRET)


def test_what_is_sealed_is_opened_again(keys: Vault) -> None:
    sealed = keys.seal("hanna", HANNA)
    assert keys.open("hanna", sealed) == HANNA
    assert b"Hanna" not in base64.b64decode(sealed)


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
    left = b"".join(file.read_bytes() for file in state.path.parent.glob("state.db*"))
    assert bytes(row["key"]) not in left
    assert keys.erased_up_to() == 42


def test_an_address_is_the_same_login_in_any_case(keys: Vault) -> None:
    assert keys.login(" Hanna@Nordlicht.EXAMPLE ") == keys.login(HANNA.email)
    assert keys.login(HANNA.email) != Vault(keys._state, bytes(32)).login(HANNA.email)


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
