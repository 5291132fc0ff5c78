"""ChangePassword and SetPassword: by the contact, by an admin; and what a password must be."""

from __future__ import annotations

import asyncio

import pytest

from services.identity import domain, passwords
from services.identity.commands import ChangePassword, SetPassword
from services.identity.errors import ContactGone, ContactInactive, NotSignedUp, WeakPassword
from services.identity.events import PasswordChanged, PasswordSet
from services.identity.schemas import ChangePasswordShape
from tests.unit.identity.examples import (
    ACCEPTED,
    ADA,
    COMPANY,
    CONTACT,
    CREATED,
    DEACTIVATED,
    ERASED,
    HANNA,
    INVITED,
    LOGIN,
    STAFF_CONTEXT,
)

EMAIL = "hanna@nordlicht.example"


def test_an_active_contact_changes_the_own_password() -> None:
    state = CONTACT.given(CREATED, INVITED, ACCEPTED).state
    assert domain.decide_change_password(state) == [PasswordChanged(HANNA, COMPANY)]


def test_one_who_has_no_password_has_none_to_change() -> None:
    with pytest.raises(NotSignedUp, match="not accepted an invitation"):
        domain.decide_change_password(CONTACT.given(CREATED, INVITED).state)


def test_a_deactivated_contact_changes_nothing() -> None:
    with pytest.raises(ContactInactive):
        domain.decide_change_password(CONTACT.given(CREATED, INVITED, ACCEPTED, DEACTIVATED).state)


def test_a_password_set_by_an_admin_lets_the_contact_in() -> None:
    set_by_admin = PasswordSet(HANNA, COMPANY, LOGIN)
    assert domain.decide_set_password(CONTACT.given(CREATED).state, LOGIN) == [set_by_admin]
    assert CONTACT.given(CREATED, set_by_admin).state.stage == "active"


def test_an_erased_contact_gets_no_password() -> None:
    with pytest.raises(ContactGone):
        domain.decide_set_password(CONTACT.given(CREATED, ERASED).state, LOGIN)


def test_the_form_is_for_the_one_who_is_signed_in_and_keeps_its_secrets_out_of_logs() -> None:
    form = {"current": "old and long enough", "new": "new and long enough"}
    command = ChangePasswordShape().load_command(form, STAFF_CONTEXT)
    assert command == ChangePassword(ADA, "old and long enough", "new and long enough")
    assert "long enough" not in repr(command)
    assert "long enough" not in repr(SetPassword(HANNA, "old and long enough"))


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short one", "at least 10"),
        ("x" * 201, "at most 200"),
        ("Hanna@Nordlicht.example", "e-mail address is no password"),
        ("Password123", "attackers try first"),
        ("ababababababab", "attackers try first"),
    ],
)
def test_a_weak_password_is_refused_with_the_reason(password: str, why: str) -> None:
    with pytest.raises(WeakPassword, match=why):
        passwords.refuse_weak(password, EMAIL)


def test_a_passphrase_passes() -> None:
    passwords.refuse_weak("four boats in harbour", EMAIL)


def test_only_the_hashed_password_is_verified() -> None:
    async def tried() -> list[bool]:
        known = await passwords.hashed("four boats in harbour")
        assert "boats" not in known
        assert not passwords.is_outdated(known)
        return [
            await passwords.verified(known, "four boats in harbour"),
            await passwords.verified(known, "five boats in harbour"),
            await passwords.verified(None, "the password of nobody"),
            await passwords.verified("not a hash", "four boats in harbour"),
        ]

    assert asyncio.run(tried()) == [True, False, False, False]


def test_others_are_served_while_a_password_is_hashed() -> None:
    async def served() -> int:
        hashing = asyncio.ensure_future(passwords.hashed("four boats in harbour"))
        turns = 0
        while not hashing.done():
            await asyncio.sleep(0.001)
            turns += 1
        return turns

    assert asyncio.run(served()) > 3


def test_a_hash_of_other_parameters_is_outdated() -> None:
    cheap = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$8vHk7Vd8ErVqOCXWC9vMKVYJ2fCKuYV9ePtRRH0Ha5M"
    assert passwords.is_outdated(cheap)
