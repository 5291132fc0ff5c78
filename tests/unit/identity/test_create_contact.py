"""CreateContact: a portal admin creates a contact of a company."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from marshmallow import ValidationError

from services.identity import domain
from services.identity.errors import UnknownBranch
from services.identity.schemas import CreateContactShape
from tests.unit.identity.examples import BREMEN, CONTACT, CREATE, CREATED, HAMBURG, NORDLICHT, STAFF_CONTEXT

FORM: dict[str, Any] = {
    "for_company": "N100",
    "name": " Hanna Weiss ",
    "email": "hanna@nordlicht.example",
    "permissions": ["open_cases", "order"],
}


def load(**changes: Any) -> Any:
    """The command of the form with these changes."""
    return CreateContactShape().load_command({**FORM, **changes}, STAFF_CONTEXT)


def company(*events: Any) -> domain.Company:
    """The company after these events."""
    state = domain.Company()
    for event in events:
        state = domain.evolve_company(state, event)
    return state


def test_makes_a_contact_of_the_company_that_cannot_sign_in_yet() -> None:
    CONTACT.given().when(CREATE).then(CREATED)
    assert CONTACT.given(CREATED).state.stage == "recorded"


def test_the_contact_has_the_branches_it_is_given() -> None:
    CONTACT.given().when(replace(CREATE, branches=("HH",))).then(replace(CREATED, branches=("HH",)))


def test_branches_are_those_of_the_company() -> None:
    nordlicht = company(NORDLICHT, HAMBURG, BREMEN)
    domain.refuse_unknown_branches(nordlicht, ("HH", "HB"))
    domain.refuse_unknown_branches(nordlicht, None)
    with pytest.raises(UnknownBranch, match="no branch M"):
        domain.refuse_unknown_branches(nordlicht, ("HH", "M"))


def test_the_form_becomes_the_command() -> None:
    assert load() == CREATE


def test_a_contact_may_open_cases_unless_the_form_says_otherwise() -> None:
    form = {name: value for name, value in FORM.items() if name != "permissions"}
    assert CreateContactShape().load_command(form, STAFF_CONTEXT).permissions == ("open_cases",)
    assert load(permissions=[]).permissions == ()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "hanna"}, "email"),
        ({"name": "  "}, "name"),
        ({"for_company": ""}, "for_company"),
        ({"permissions": ["fly"]}, "permissions"),
        ({"permissions": ["pay", "pay"]}, "permissions"),
        ({"staff_roles": ["portal_admin"]}, "staff_roles"),
        ({"company": "*"}, "company"),
    ],
)
def test_what_is_missing_or_wrong_is_named(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        load(**changes)
    assert list(caught.value.messages) == [field]


def test_a_contact_of_all_companies_is_refused() -> None:
    with pytest.raises(ValidationError, match="belongs to one company"):
        load(for_company=" * ")
