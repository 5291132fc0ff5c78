"""An e-mail address: reserved, confirmed, released; one contact at a time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.identity import domain
from services.identity.domain import Contact
from services.identity.errors import EmailTaken
from services.identity.events import EmailReserved
from tests.support.given import NOW
from tests.unit.identity.examples import CONFIRMED, HANNA, LOGIN, OTHER, RELEASED, RESERVED

LATER = NOW + timedelta(minutes=10)
JUST_BEFORE = LATER - timedelta(seconds=1)
NOT_THERE = Contact()
USES_IT = Contact(HANNA, login=LOGIN)


def address(*events: object) -> domain.Address:
    """The address after these events."""
    state = domain.Address()
    for event in events:
        state = domain.evolve_address(state, event)  # type: ignore[arg-type]
    return state


def test_a_free_address_is_reserved() -> None:
    assert domain.decide_reserve(address(), LOGIN, HANNA, NOT_THERE, NOW) == [RESERVED]
    assert domain.decide_reserve(address(RESERVED, CONFIRMED, RELEASED), LOGIN, HANNA, NOT_THERE, NOW) == [RESERVED]


def test_the_same_contact_again_passes() -> None:
    assert domain.decide_reserve(address(RESERVED), LOGIN, HANNA, NOT_THERE, JUST_BEFORE) == []
    assert domain.decide_reserve(address(RESERVED, CONFIRMED), LOGIN, HANNA, NOT_THERE, LATER) == []


def test_the_same_contact_reserves_anew_what_lapsed() -> None:
    assert domain.decide_reserve(address(RESERVED), LOGIN, HANNA, NOT_THERE, LATER) == [EmailReserved(HANNA, LATER)]


def test_another_contact_is_refused_for_ten_minutes() -> None:
    with pytest.raises(EmailTaken, match="already uses"):
        domain.decide_reserve(address(RESERVED), LOGIN, OTHER, NOT_THERE, JUST_BEFORE)


def test_another_contact_takes_over_what_was_not_confirmed() -> None:
    assert domain.decide_reserve(address(RESERVED), LOGIN, OTHER, NOT_THERE, LATER) == [EmailReserved(OTHER, LATER)]


def test_an_address_in_use_is_not_taken_over_though_it_was_not_confirmed() -> None:
    with pytest.raises(EmailTaken):
        domain.decide_reserve(address(RESERVED), LOGIN, OTHER, USES_IT, LATER)


def test_a_confirmed_address_is_not_taken_over() -> None:
    with pytest.raises(EmailTaken):
        domain.decide_reserve(address(RESERVED, CONFIRMED), LOGIN, OTHER, USES_IT, LATER)


def test_an_erased_contacts_address_is_free() -> None:
    erased = Contact(HANNA, erased=True)
    assert domain.decide_reserve(address(RESERVED, CONFIRMED), LOGIN, OTHER, erased, NOW) == [EmailReserved(OTHER, NOW)]


def test_only_its_owner_confirms_and_releases_once() -> None:
    assert domain.decide_confirm(address(RESERVED), HANNA) == [CONFIRMED]
    assert domain.decide_confirm(address(RESERVED, CONFIRMED), HANNA) == []
    assert domain.decide_confirm(address(RESERVED), OTHER) == []
    assert domain.decide_release(address(RESERVED, CONFIRMED), HANNA) == [RELEASED]
    assert domain.decide_release(address(RESERVED, CONFIRMED), OTHER) == []
    assert domain.decide_release(address(RESERVED, CONFIRMED, RELEASED), HANNA) == []
