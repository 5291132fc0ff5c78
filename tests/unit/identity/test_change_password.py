"""ChangePassword and SetPassword: by the contact, by an admin; and what a password must be."""

from __future__ import annotations

import asyncio

import pytest
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from deploy.local import demo
from services.identity import domain, passwords
from services.identity.commands import ChangePassword, SetPassword
from services.identity.errors import ContactGone, ContactInactive, NotForStaff, NotSignedUp, WeakPassword
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

OWN = ("Hanna Weiss", "hanna@nordlicht.example", "Nordlicht GmbH", "Portico")


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
        ("eleven here", "at least 12"),
        ("x" * 129, "at most 128"),
        ("gee  se       at", "at least 12"),
        ("Hanna@Nordlicht.example", "little more than your name"),
        ("Hanna.Weiss.2026", "little more than your name"),
        ("nordlicht-gmbh!", "little more than your name"),
        ("Portico-Portico", "little more than your name"),
        ("Password1234", "attackers try first"),
        ("ababababababab", "attackers try first"),
        ("qwertyuiop[]", "attackers try first"),
        ("123456789012345", "attackers try first"),
        ("iloveyou iloveyou", "attackers try first"),
        ("Passw0rd" * 16, "attackers try first"),
    ],
)
def test_a_weak_password_is_refused_with_the_reason(password: str, why: str) -> None:
    with pytest.raises(WeakPassword, match=why):
        passwords.refuse_weak(password, OWN)


def test_no_password_that_many_had_is_taken_nor_is_it_twice_or_with_a_year() -> None:
    known = FREQUENCY_LISTS["passwords"]
    assert len(known) == 30_000
    tried = [*(one for one in known if len(one) >= passwords.SHORTEST), *(one * 2 for one in known[200:30_000:250])]
    tried += [f"{one}2026" for one in known[8:12_000:100]]
    long_enough = [one for one in tried if len(one) >= passwords.SHORTEST]
    assert len(long_enough) > 200
    assert [one for one in long_enough if not _refused(one)] == []


def _refused(password: str) -> bool:
    try:
        passwords.refuse_weak(password, OWN)
    except WeakPassword:
        return True
    return False


@pytest.mark.parametrize(
    "password", ["four boats in harbour", "nordlicht is where I learned to swim", "k8fj2l9fk3l2", "ünïcödë über älles"]
)
def test_length_is_enough_whatever_it_is_made_of(password: str) -> None:
    passwords.refuse_weak(password, OWN)


@pytest.mark.parametrize("login", demo.LOGINS)
def test_the_demo_would_be_let_choose_its_passwords(login: tuple[str, str, str]) -> None:
    _role, email, password = login
    passwords.refuse_weak(password, (email, "Portico"))


def test_staff_get_no_password_of_an_admin() -> None:
    with pytest.raises(NotForStaff):
        domain.decide_set_password(domain.Contact(contact=ADA, staff_roles=("operator",)), LOGIN)


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
