"""InviteContact and its acceptance: a link with which the contact chooses a password."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.identity import domain
from services.identity.errors import ContactGone, ContactInactive
from tests.support.given import NOW
from tests.unit.identity.examples import (
    ACCEPTED,
    CONTACT,
    CREATED,
    DEACTIVATED,
    ERASED,
    INVITED,
    LOGIN,
    OTHER_LOGIN,
    RECORDED,
)


def test_an_invitation_is_open_for_seven_days() -> None:
    assert domain.decide_invite(CONTACT.given(CREATED).state, LOGIN, NOW) == [INVITED]
    invited = CONTACT.given(CREATED, INVITED).state
    assert (invited.stage, invited.invited_until) == ("invited", INVITED.expires_at)


def test_a_contact_known_from_the_erp_gets_the_address_it_signs_in_with() -> None:
    state = CONTACT.given(RECORDED).state
    assert (state.login, state.permissions) == ("", ("open_cases",))
    assert domain.decide_invite(state, OTHER_LOGIN, NOW)[0].login == OTHER_LOGIN  # type: ignore[attr-defined]


def test_an_active_contact_stays_active_while_invited_to_a_new_password() -> None:
    assert CONTACT.given(CREATED, INVITED, ACCEPTED, INVITED).state.stage == "active"


def test_the_address_of_before_is_remembered_until_freed() -> None:
    moved = replace(INVITED, login=OTHER_LOGIN)
    assert CONTACT.given(CREATED, INVITED).state.former_login == ""
    assert CONTACT.given(CREATED, INVITED, moved, moved).state.former_login == LOGIN


def test_accepting_makes_the_contact_active() -> None:
    assert domain.decide_accept_invitation(CONTACT.given(CREATED, INVITED).state) == [ACCEPTED]
    assert CONTACT.given(CREATED, INVITED, ACCEPTED).state.stage == "active"


def test_a_deactivated_contact_is_neither_invited_nor_let_in() -> None:
    state = CONTACT.given(CREATED, INVITED, DEACTIVATED).state
    with pytest.raises(ContactInactive, match="Reactivate it first"):
        domain.decide_invite(state, LOGIN, NOW)
    with pytest.raises(ContactInactive):
        domain.decide_accept_invitation(state)


def test_an_erased_contact_is_neither_invited_nor_let_in() -> None:
    state = CONTACT.given(CREATED, INVITED, ERASED).state
    with pytest.raises(ContactGone):
        domain.decide_invite(state, LOGIN, NOW)
    with pytest.raises(ContactGone):
        domain.decide_accept_invitation(state)
