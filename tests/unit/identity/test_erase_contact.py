"""EraseContact: the personal data goes for ever."""

from __future__ import annotations

from services.identity.commands import EraseContact
from services.identity.errors import NotYourself
from tests.unit.identity.examples import ADA, CONTACT, CREATED, ERASED, HANNA, RECORDED

ERASE = EraseContact(ADA, HANNA)


def test_what_is_left_has_no_person_and_no_address() -> None:
    CONTACT.given(CREATED).when(ERASE).then(ERASED)
    state = CONTACT.given(CREATED, ERASED).state
    assert (state.personal, state.login, state.may_sign_in) == ("", "", False)


def test_again_changes_nothing() -> None:
    CONTACT.given(CREATED, ERASED).when(ERASE).then()


def test_what_the_erp_says_later_brings_nobody_back() -> None:
    assert CONTACT.given(RECORDED, ERASED, RECORDED).state.personal == ""


def test_nobody_erases_themselves() -> None:
    CONTACT.given(CREATED).when(EraseContact(HANNA, HANNA)).refused(NotYourself)
