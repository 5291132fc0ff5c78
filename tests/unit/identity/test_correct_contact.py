"""CorrectContact: details put right hold against what the ERP repeats, and yield to what it says anew."""

from __future__ import annotations

import pytest

from services.identity.details.domain import decide_correct, decide_set_roles
from services.identity.details.errors import NotStaff
from services.identity.details.events import ContactCorrected, SignInAddressChanged, StaffRolesSet
from services.identity.details.person import merged
from services.identity.errors import ContactGone
from services.identity.events import ContactRecorded
from services.identity.vault import Person
from tests.unit.identity.examples import (
    ACCEPTED,
    ADA,
    COMPANY,
    CONTACT,
    CREATED,
    ERASED,
    HANNA,
    INVITED,
    LOGIN,
    OTHER_LOGIN,
    RECORDED,
    SEALED,
    STAFF_CREATED,
)

MOVED = ContactCorrected(HANNA, COMPANY, "right", "", OTHER_LOGIN, "before")
RENAMED = ContactCorrected(HANNA, COMPANY, "right", "fr", LOGIN, "")
TOLD = SignInAddressChanged(HANNA, COMPANY, OTHER_LOGIN)
TOLD_ANEW = ContactRecorded(HANNA, COMPANY, "4711", "told anew", "de")


def test_who_signs_in_does_so_with_the_new_address_and_the_old_one_is_told() -> None:
    state = CONTACT.given(CREATED, INVITED, ACCEPTED).state
    assert decide_correct(state, "right", "", OTHER_LOGIN, "before") == [MOVED, TOLD]
    after = CONTACT.given(CREATED, INVITED, ACCEPTED, MOVED, TOLD).state
    assert (after.login, after.former_login, after.stage) == (OTHER_LOGIN, LOGIN, "active")
    assert after.former_addresses == {OTHER_LOGIN: "before"}


def test_who_never_came_in_is_told_nothing_and_their_invitation_is_over() -> None:
    state = CONTACT.given(CREATED, INVITED).state
    assert decide_correct(state, "right", "", OTHER_LOGIN, "before") == [MOVED]
    assert CONTACT.given(CREATED, INVITED, MOVED).state.invited_until is None


def test_a_name_alone_leaves_the_way_in_as_it_is() -> None:
    state = CONTACT.given(CREATED, INVITED, ACCEPTED).state
    assert decide_correct(state, "right", "fr", LOGIN, "") == [RENAMED]
    after = CONTACT.given(CREATED, INVITED, ACCEPTED, RENAMED).state
    assert (after.login, after.former_login, after.language) == (LOGIN, "", "fr")
    assert after.invited_until is not None


def test_the_erps_word_of_that_moment_is_kept_beside_the_correction() -> None:
    after = CONTACT.given(RECORDED, RENAMED, TOLD_ANEW).state
    assert (after.personal, after.told_then, after.corrected) == ("told anew", SEALED, "right")
    assert after.language == "fr", "a language that was set stays"


def test_of_each_field_the_correction_holds_until_the_erp_changes_its_own() -> None:
    told, right = Person("Hana Weis", "h@n.example", "1"), Person("Hanna Weiss", "hanna@n.example", "1")
    assert merged(told, told, right) == right
    moved = Person("Hana Weis", "h@n.example", "2")
    assert merged(moved, told, right) == Person("Hanna Weiss", "hanna@n.example", "2")


def test_nothing_is_put_right_about_who_was_erased() -> None:
    with pytest.raises(ContactGone):
        decide_correct(CONTACT.given(CREATED, ERASED).state, "right", "", LOGIN, "")
    late = CONTACT.given(CREATED, RENAMED, ERASED, RENAMED).state
    assert (late.personal, late.corrected, late.former_addresses) == ("", "", {})


def test_staff_are_there_for_something_else() -> None:
    staff = CONTACT.given(STAFF_CREATED).state
    given = StaffRolesSet(ADA, "", ("agent", "operator"))
    assert decide_set_roles(staff, ("agent", "operator")) == [given]
    after = CONTACT.given(STAFF_CREATED, given).state
    assert after.staff_roles == ("agent", "operator")
    assert decide_set_roles(after, ("operator", "agent")) == []


def test_no_customer_becomes_staff() -> None:
    with pytest.raises(NotStaff):
        decide_set_roles(CONTACT.given(CREATED).state, ("agent",))
