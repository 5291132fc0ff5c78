"""OpenCase: a contact asks for support."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from marshmallow import ValidationError

from chassis.messages import Context
from services.cases.schemas import OpenCaseShape
from tests.unit.cases.examples import CASE, COMPANY, CONTACT, OPEN, OPENED, OPENED_FOR_VENDOR

CONTEXT = Context(UUID(int=1), COMPANY, CONTACT, "portal", "page-1")
FORM: dict[str, Any] = {
    "summary": "Scanner logs off",
    "detail": "After ten minutes, in bay 4.",
    "customer_reference": "HM-4749",
    "product": "Warehouse Scanner",
}


def load(**changes: Any) -> Any:
    """The command of the form with these changes."""
    return OpenCaseShape().load_command({**FORM, **changes}, CONTEXT)


def test_opens_a_case_of_the_contacts_company() -> None:
    CASE.given().when(OPEN).then(OPENED)


def test_work_that_the_vendor_must_approve_waits_for_the_vendor() -> None:
    CASE.given().when(replace(OPEN, vendor_approval=True)).then(OPENED_FOR_VENDOR)
    assert CASE.given(OPENED_FOR_VENDOR).state.status == "awaiting_vendor"
    assert CASE.given(OPENED).state.status == "new"


def test_the_form_becomes_the_command_with_the_sessions_company_and_contact() -> None:
    assert load() == OPEN


def test_what_people_type_around_their_words_is_dropped() -> None:
    assert load(summary="  Scanner logs off ") == OPEN


@pytest.mark.parametrize("field", ["company", "actor"])
def test_a_form_cannot_say_for_whom_it_is(field: str) -> None:
    with pytest.raises(ValidationError, match=field):
        load(**{field: "C10020"})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"summary": "  "}, "at most 200 characters"),
        ({"summary": "x" * 201}, "at most 200 characters"),
        ({"detail": ""}, "Please write something"),
        ({"detail": "x" * 20_001}, "at most 20,000 characters"),
    ],
)
def test_a_form_that_says_too_little_or_too_much_is_refused(changes: dict[str, str], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        load(**changes)
