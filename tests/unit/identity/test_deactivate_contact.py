"""DeactivateContact and ReactivateContact."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.identity import domain
from services.identity.commands import ReactivateContact
from services.identity.errors import ContactGone, NotYourself, ShutBySupplier
from tests.unit.identity.examples import (
    COMPANY,
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


def test_a_companys_own_admin_switches_on_whom_their_company_switched_off() -> None:
    by_company = replace(DEACTIVATED, by_company=COMPANY)
    shut = CONTACT.given(CREATED, by_company).state
    assert domain.decide_reactivate(shut, REACTIVATE, COMPANY) == [REACTIVATED]
    assert domain.decide_reactivate(shut, REACTIVATE, "") == [REACTIVATED]
    with pytest.raises(ShutBySupplier, match="ask our support"):
        domain.decide_reactivate(CONTACT.given(CREATED, DEACTIVATED).state, REACTIVATE, COMPANY)


def test_the_suppliers_word_stands_over_the_companys() -> None:
    by_company = replace(DEACTIVATED, by_company=COMPANY)
    CONTACT.given(CREATED, by_company).when(DEACTIVATE).then(DEACTIVATED)
    shut = CONTACT.given(CREATED, by_company, DEACTIVATED).state
    assert domain.decide_deactivate(shut, DEACTIVATE, COMPANY) == []
    with pytest.raises(ShutBySupplier):
        domain.decide_reactivate(shut, REACTIVATE, COMPANY)


def test_an_erased_contact_is_neither() -> None:
    CONTACT.given(CREATED, ERASED).when(DEACTIVATE).refused(ContactGone)
    CONTACT.given(CREATED, ERASED).when(REACTIVATE).refused(ContactGone)
