"""SetPermissions: what a contact may do, whole."""

from __future__ import annotations

from dataclasses import replace

import pytest
from marshmallow import ValidationError

from services.identity.errors import ContactGone, StaffHaveRoles
from services.identity.schemas import SetPermissionsShape
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
