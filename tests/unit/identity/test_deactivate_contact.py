"""DeactivateContact and ReactivateContact."""

from __future__ import annotations

from services.identity.commands import ReactivateContact
from services.identity.errors import ContactGone, NotYourself
from tests.unit.identity.examples import (
    CONTACT,
    CREATED,
    DEACTIVATE,
    DEACTIVATE_ONESELF,
    DEACTIVATED,
    ERASED,
    HANNA,
    REACTIVATED,
)

REACTIVATE = ReactivateContact(HANNA)


def test_a_deactivated_contact_may_not_sign_in() -> None:
    CONTACT.given(CREATED).when(DEACTIVATE).then(DEACTIVATED)
    assert not CONTACT.given(CREATED, DEACTIVATED).state.may_sign_in


def test_again_changes_nothing() -> None:
    CONTACT.given(CREATED, DEACTIVATED).when(DEACTIVATE).then()
    CONTACT.given(CREATED).when(REACTIVATE).then()


def test_nobody_locks_themselves_out() -> None:
    CONTACT.given(CREATED).when(DEACTIVATE_ONESELF).refused(NotYourself, "Ask another admin")


def test_a_reactivated_contact_may_sign_in() -> None:
    CONTACT.given(CREATED, DEACTIVATED).when(REACTIVATE).then(REACTIVATED)
    assert CONTACT.given(CREATED, DEACTIVATED, REACTIVATED).state.may_sign_in


def test_an_erased_contact_is_neither() -> None:
    CONTACT.given(CREATED, ERASED).when(DEACTIVATE).refused(ContactGone)
    CONTACT.given(CREATED, ERASED).when(REACTIVATE).refused(ContactGone)
