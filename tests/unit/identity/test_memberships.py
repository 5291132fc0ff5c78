"""A contact of several companies: rights of each company's own, and a first company that stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.identity.commands import SetDelegation
from services.identity.domain import Contact, Delegation, Rights, evolve_contact
from services.identity.errors import ContactGone, ContactInactive, EndPassed, FirstCompany, NotAMember, StaffHaveRoles
from services.identity.memberships.domain import decide_add, decide_change, decide_remove, decide_set_delegation
from services.identity.memberships.events import DelegationSet, MembershipEnded, MembershipGiven
from tests.support.given import NOW

HANNA = Contact(contact="hanna", company="N100", permissions=("order",), branches=("HH",))
THERE = Rights(("pay",), None, ("R-1",), {"pay": date(2199, 12, 31)})
GIVEN = MembershipGiven("hanna", "N100", "F200", ("pay",), None, ("R-1",), {"pay": date(2199, 12, 31)})
BOTH = evolve_contact(HANNA, GIVEN)


def test_a_contact_is_added_with_rights_of_that_companys_own() -> None:
    assert decide_add(HANNA, "F200", THERE, NOW) == [GIVEN]
    assert (BOTH.company, BOTH.companies) == ("N100", {"N100", "F200"})
    assert BOTH.rights_in("F200") == THERE
    assert BOTH.rights_in("N100") == Rights(("order",), ("HH",))
    assert BOTH.rights_in("X300") is None


def test_the_same_again_changes_nothing() -> None:
    assert decide_add(BOTH, "F200", THERE, NOW) == []
    assert decide_change(BOTH, "F200", replace(THERE, permissions=("pay",)), NOW) == []


def test_what_they_may_do_there_is_changed_and_taken_away() -> None:
    changed = Rights(("order",), ("OSL",))
    (event,) = decide_change(BOTH, "F200", changed, NOW)
    assert evolve_contact(BOTH, event).rights_in("F200") == changed
    assert decide_remove(BOTH, "F200") == [MembershipEnded("hanna", "N100", "F200")]
    assert evolve_contact(BOTH, MembershipEnded("hanna", "N100", "F200")).companies == {"N100"}
    assert decide_remove(HANNA, "F200") == []


def test_what_an_admin_may_hand_out_is_of_each_company_and_ends_with_the_membership() -> None:
    there = SetDelegation("hanna", ("order",), True, in_company="F200")
    (event,) = decide_set_delegation(BOTH, there, NOW)
    assert event == DelegationSet("hanna", "N100", "F200", ("order",), True)
    told = evolve_contact(BOTH, event)
    assert told.delegation_in("F200") == Delegation(("order",), True)
    assert told.delegation_in("N100") == Delegation()
    assert decide_set_delegation(told, there, NOW) == []
    (home,) = decide_set_delegation(told, SetDelegation("hanna", ()), NOW)
    assert home == DelegationSet("hanna", "N100", "N100", (), False)
    assert evolve_contact(told, MembershipEnded("hanna", "N100", "F200")).delegation_in("F200") == Delegation()
    with pytest.raises(NotAMember):
        decide_set_delegation(HANNA, there, NOW)


@pytest.mark.parametrize(
    ("contact", "error"),
    [
        (replace(HANNA, company="", staff_roles=("agent",)), StaffHaveRoles),
        (replace(HANNA, active=False), ContactInactive),
        (replace(HANNA, erased=True), ContactGone),
    ],
)
def test_who_cannot_be_added(contact: Contact, error: type[Exception]) -> None:
    with pytest.raises(error):
        decide_add(contact, "F200", THERE, NOW)


def test_the_first_company_stays_as_it_is() -> None:
    with pytest.raises(FirstCompany):
        decide_add(HANNA, "N100", THERE, NOW)
    with pytest.raises(FirstCompany):
        decide_remove(HANNA, "N100")


def test_nobody_is_changed_where_they_are_not() -> None:
    with pytest.raises(NotAMember):
        decide_change(HANNA, "F200", THERE, NOW)


def test_what_is_given_cannot_have_ended() -> None:
    with pytest.raises(EndPassed):
        decide_add(HANNA, "F200", Rights(("pay",), ends={"pay": date(2020, 1, 1)}), NOW)
