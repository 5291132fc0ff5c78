"""Staff look with a contact's eyes for half an hour, never with a colleague's."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.identity.domain import Contact, Rights
from services.identity.errors import ContactGone, ContactInactive, NotAMember, StaffAreNotLookedAs
from services.identity.viewing.domain import View, decide_begin, decide_end, evolve
from services.identity.viewing.events import ViewAsBegun, ViewAsEnded
from tests.support.given import NOW

HANNA = Contact(contact="hanna", company="N100")
BEGUN = ViewAsBegun("v1", "hanna", "N100", "sam", NOW + timedelta(minutes=30))
ENDED = ViewAsEnded("v1", "hanna", "N100", "sam")


def test_a_view_begins_and_says_who_whom_and_until_when() -> None:
    assert decide_begin("v1", HANNA, "N100", "sam", NOW) == [BEGUN]


@pytest.mark.parametrize(
    ("contact", "error"),
    [
        (replace(HANNA, company="", staff_roles=("agent",)), StaffAreNotLookedAs),
        (replace(HANNA, active=False), ContactInactive),
        (replace(HANNA, erased=True), ContactGone),
    ],
)
def test_nobody_looks_as_staff_or_as_who_is_shut_out(contact: Contact, error: type[Exception]) -> None:
    with pytest.raises(error):
        decide_begin("v1", contact, contact.company, "sam", NOW)


def test_it_is_of_a_company_that_the_contact_is_of() -> None:
    member = replace(HANNA, memberships={"F200": Rights()})
    (begun,) = decide_begin("v1", member, "F200", "sam", NOW)
    assert begun == replace(BEGUN, company="F200")
    with pytest.raises(NotAMember):
        decide_begin("v1", HANNA, "F200", "sam", NOW)


def test_it_is_left_once_and_not_after_its_time() -> None:
    view = evolve(View(), BEGUN)
    assert decide_end(view, NOW) == [ENDED]
    assert decide_end(evolve(view, ENDED), NOW) == []
    assert decide_end(view, NOW + timedelta(minutes=30)) == []
