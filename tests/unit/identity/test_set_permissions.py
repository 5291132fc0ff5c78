"""SetPermissions: what a contact may do, whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from marshmallow import ValidationError

from services.identity.errors import ContactGone, EndPassed, StaffHaveRoles
from services.identity.schemas import SetPermissionsShape
from tests.support.given import NOW
from tests.unit.identity.examples import (
    CONTACT,
    CREATED,
    ERASED,
    HANNA,
    PERMISSIONS_CHANGED,
    SET_PERMISSIONS,
    STAFF_CONTEXT,
    STAFF_CREATED,
)


def test_replaces_permissions_and_branches() -> None:
    CONTACT.given(CREATED).when(SET_PERMISSIONS).then(PERMISSIONS_CHANGED)
    state = CONTACT.given(CREATED, PERMISSIONS_CHANGED).state
    assert (state.permissions, state.branches) == (("see_balance", "pay"), ("HH",))


def test_the_same_again_in_any_order_changes_nothing() -> None:
    again = replace(SET_PERMISSIONS, permissions=("pay", "see_balance"))
    CONTACT.given(CREATED, PERMISSIONS_CHANGED).when(again).then()


def test_all_branches_is_something_else_than_none_named() -> None:
    everywhere = replace(SET_PERMISSIONS, branches=None)
    CONTACT.given(CREATED, PERMISSIONS_CHANGED).when(everywhere).then(replace(PERMISSIONS_CHANGED, branches=None))


def test_staff_have_roles() -> None:
    CONTACT.given(STAFF_CREATED).when(SET_PERMISSIONS).refused(StaffHaveRoles)


def test_an_erased_contact_stays_as_it_was() -> None:
    CONTACT.given(CREATED, ERASED).when(SET_PERMISSIONS).refused(ContactGone)


def test_a_permission_must_be_one_there_is() -> None:
    form = {"contact_id": HANNA, "permissions": ["see_balance", "pay"], "branches": ["HH"]}
    assert SetPermissionsShape().load_command(form, STAFF_CONTEXT) == SET_PERMISSIONS
    with pytest.raises(ValidationError, match="no such permission"):
        SetPermissionsShape().load_command({**form, "permissions": ["fly"]}, STAFF_CONTEXT)


ENDING = replace(SET_PERMISSIONS, roles=("R-1",), ends={"pay": date(2026, 12, 31), "R-1": date(2027, 3, 31)})
ENDING_CHANGED = replace(PERMISSIONS_CHANGED, roles=ENDING.roles, ends=ENDING.ends)


def test_roles_and_last_days_are_part_of_it() -> None:
    CONTACT.given(CREATED).when(ENDING).then(ENDING_CHANGED)
    CONTACT.given(CREATED, ENDING_CHANGED).when(ENDING).then()
    CONTACT.given(CREATED, ENDING_CHANGED).when(SET_PERMISSIONS).then(PERMISSIONS_CHANGED)


def test_what_is_given_now_has_not_ended_before() -> None:
    for last_day in (NOW.date(), NOW.date() - timedelta(days=1)):  # the day before by UTC is today somewhere
        given = replace(SET_PERMISSIONS, ends={"pay": last_day})
        CONTACT.given(CREATED).when(given).then(replace(PERMISSIONS_CHANGED, ends={"pay": last_day}))
    past = replace(SET_PERMISSIONS, ends={"pay": date(2026, 11, 19)})
    CONTACT.given(CREATED).when(past).refused(EndPassed, "2026-11-19 is past")


def test_what_ended_long_ago_may_stay_beside_a_change() -> None:
    ended = replace(PERMISSIONS_CHANGED, ends={"pay": date(2026, 11, 1)})
    everywhere = replace(SET_PERMISSIONS, branches=None, ends=ended.ends)
    CONTACT.given(CREATED, ended).when(everywhere).then(replace(ended, branches=None))


def test_only_what_is_given_can_end() -> None:
    form = {"contact_id": HANNA, "permissions": ["pay"], "roles": ["R-1"], "ends": {"R-1": "2027-03-31"}}
    assert SetPermissionsShape().load_command(form, STAFF_CONTEXT).ends == {"R-1": date(2027, 3, 31)}
    with pytest.raises(ValidationError, match="Only what is given"):
        SetPermissionsShape().load_command({**form, "ends": {"order": "2027-03-31"}}, STAFF_CONTEXT)
    with pytest.raises(ValidationError):
        SetPermissionsShape().load_command({**form, "ends": {"pay": "soon"}}, STAFF_CONTEXT)
