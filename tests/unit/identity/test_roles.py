"""DefineRole, ChangeRole, RemoveRole; and what roles and permissions with an end let somebody do on a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from marshmallow import ValidationError

from services.identity import roles
from services.identity.commands import ChangeRole, DefineRole, RemoveRole
from services.identity.errors import RoleNameTaken, UnknownRole
from services.identity.events import RoleChanged, RoleDefined, RoleRemoved
from services.identity.schemas import ChangeRoleShape, DefineRoleShape
from tests.support.given import Decider
from tests.unit.identity.examples import STAFF_CONTEXT

BUYER, CLERK = "R-BUYR-0001", "R-CLRK-0002"
DEFINE = DefineRole("Buyer", ("order", "report_orders"))
DEFINED = RoleDefined(BUYER, "Buyer", ("order", "report_orders"))
CHANGE = ChangeRole(BUYER, "Night buyer", ("order",))
CHANGED = RoleChanged(BUYER, "Night buyer", ("order",))
REMOVE, REMOVED = RemoveRole(BUYER), RoleRemoved(BUYER)
CLERK_DEFINED = RoleDefined(CLERK, "Clerk", ("see_balance",))

ROLES = Decider(
    roles.Roles(),
    roles.evolve,
    {
        DefineRole: lambda state, command, _now: roles.decide_define(state, BUYER, command),
        ChangeRole: lambda state, command, _now: roles.decide_change(state, command),
        RemoveRole: lambda state, command, _now: roles.decide_remove(state, command),
    },
)


def test_a_role_is_defined_changed_and_removed() -> None:
    ROLES.given().when(DEFINE).then(DEFINED)
    ROLES.given(DEFINED).when(CHANGE).then(CHANGED)
    ROLES.given(DEFINED, CHANGED).when(REMOVE).then(REMOVED)
    assert ROLES.given(DEFINED, CHANGED).state.known == {BUYER: roles.Role("Night buyer", ("order",))}


def test_again_changes_nothing() -> None:
    ROLES.given(DEFINED, CHANGED).when(CHANGE).then()
    ROLES.given(DEFINED).when(ChangeRole(BUYER, "Buyer", ("report_orders", "order"))).then()
    ROLES.given(DEFINED, REMOVED).when(REMOVE).then()


def test_two_roles_never_have_the_same_name() -> None:
    ROLES.given(CLERK_DEFINED).when(DefineRole("CLERK", ())).refused(RoleNameTaken, "“Clerk”")
    ROLES.given(DEFINED, CLERK_DEFINED).when(replace(CHANGE, name="clerk")).refused(RoleNameTaken)
    ROLES.given(DEFINED).when(ChangeRole(BUYER, "BUYER", ())).then(RoleChanged(BUYER, "BUYER", ()))
    ROLES.given(RoleDefined(CLERK, "Buyer", ()), RoleRemoved(CLERK)).when(DEFINE).then(DEFINED)


def test_what_is_not_there_is_not_changed() -> None:
    ROLES.given(DEFINED, REMOVED).when(CHANGE).refused(UnknownRole, "removed")


@pytest.mark.parametrize(
    ("shape", "form"),
    [
        (DefineRoleShape, {"name": "  ", "permissions": []}),
        (DefineRoleShape, {"name": "x" * 61, "permissions": []}),
        (DefineRoleShape, {"name": "Buyer", "permissions": ["fly"]}),
        (ChangeRoleShape, {"role": BUYER, "name": "Buyer"}),
    ],
)
def test_a_form_that_is_wrong_is_refused(shape: Any, form: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        shape().load_command(form, STAFF_CONTEXT)


DEFINITIONS = {BUYER: ("order", "report_orders"), CLERK: ("see_balance", "order")}
LAST, NEXT = date(2026, 12, 31), date(2027, 1, 1)


@pytest.mark.parametrize(
    ("given", "day", "may"),
    [
        ((("pay",), (), {}), LAST, {"pay"}),
        ((("pay",), (BUYER,), {}), LAST, {"pay", "order", "report_orders"}),
        ((("pay",), (BUYER,), {"pay": LAST}), LAST, {"pay", "order", "report_orders"}),
        ((("pay",), (BUYER,), {"pay": LAST}), NEXT, {"order", "report_orders"}),
        ((("pay",), (BUYER,), {BUYER: LAST}), NEXT, {"pay"}),
        (((), (BUYER, CLERK), {BUYER: LAST}), NEXT, {"see_balance", "order"}),
        ((("order",), (BUYER,), {BUYER: LAST}), NEXT, {"order"}),
        ((("pay",), ("R-GONE",), {}), LAST, {"pay"}),
    ],
)
def test_what_is_in_force_on_a_day(given: Any, day: date, may: set[str]) -> None:
    permissions, held, ends = given
    assert roles.effective(permissions, held, ends, DEFINITIONS, day) == may
