"""CreateStaff: set-up creates a person of the supplier's own."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import ValidationError

from services.identity.schemas import CreateStaffShape
from tests.unit.identity.examples import CONTACT, CREATE_STAFF, STAFF_CONTEXT, STAFF_CREATED

FORM: dict[str, Any] = {"name": "Ada Bell", "email": "ada@supplier.example", "staff_roles": ["portal_admin"]}


def test_makes_a_person_with_roles_who_belongs_to_no_company() -> None:
    CONTACT.given().when(CREATE_STAFF).then(STAFF_CREATED)


def test_the_form_becomes_the_command() -> None:
    assert CreateStaffShape().load_command(FORM, STAFF_CONTEXT) == CREATE_STAFF


@pytest.mark.parametrize("roles", [[], ["king"], ["agent", "agent"]])
def test_roles_are_some_of_those_there_are_each_once(roles: list[str]) -> None:
    with pytest.raises(ValidationError, match="staff_roles"):
        CreateStaffShape().load_command({**FORM, "staff_roles": roles}, STAFF_CONTEXT)
