"""The sign-in policy, through the real processes: ways that are closed, and an app set up while logging in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from uuid import uuid4

import pyotp
import pytest

from chassis.errors import Invalid, NotAllowed
from tests.service.identity.office import FJORD, NORDLICHT, PASSWORD, Office

OTHER = "six swans on a lake"


def decide(office: Office, company: str, **policy: object) -> None:
    """Give a company (or everybody, "*") a policy; none: take it away."""
    whole = {"ways": ["password", "passkey", "sso"], "factor": False, "idle_minutes": 0, "longest_hours": 0}
    value = json.dumps(whole | policy) if policy else ""
    office.do("ChangeSettings", {"settings": {f"sign_in/{company}": value}}, actor=office.admin())


@pytest.fixture
def strict(office: Office) -> Iterator[Office]:
    """Nordlicht asks for a second factor."""
    decide(office, NORDLICHT, factor=True)
    yield office
    decide(office, NORDLICHT)


def of_fjord(office: Office, email: str) -> str:
    """The id of a new contact of Fjord."""
    contact: str = office.do("CreateContact", {"for_company": FJORD, "name": "Bo Berg", "email": email})["id"]
    return contact


def test_who_has_no_second_factor_sets_one_up_before_there_is_a_session(strict: Office) -> None:
    contact = strict.create("setup@nordlicht.example")
    step = strict.ask("accept_invitation", token=strict.invite(contact), password=PASSWORD)
    assert (step["step"], "name" in step) == ("set_up", False)
    draft = strict.ask("factor_draft", ticket=step["ticket"])
    assert draft["email"] == "setup@nordlicht.example"
    assert strict.ask("set_up_factor", ticket=step["ticket"], code="12345x")["code"] == "WrongCode"
    command, code = str(uuid4()), pyotp.TOTP(draft["secret"]).now()
    first, again = (strict.ask("set_up_factor", ticket=step["ticket"], code=code, command_id=command) for _ in range(2))
    assert (first["company"], first["way"], len(first["codes"])) == (NORDLICHT, "app", 10)
    assert again["codes"] == first["codes"]
    assert strict.ask("set_up_factor", ticket=step["ticket"], code=code)["status"] == "refused"
    assert strict.ask("factor_draft", ticket=step["ticket"])["code"] == "SecondFactorOn"
    assert strict.ask("sign_in", email="setup@nordlicht.example", password=PASSWORD)["step"] == "code"


def test_the_ticket_ends_with_the_password_and_is_no_other_steps(strict: Office) -> None:
    contact = strict.create("ticket@nordlicht.example")
    strict.ask("accept_invitation", token=strict.invite(contact), password=PASSWORD)
    ticket = strict.ask("sign_in", email="ticket@nordlicht.example", password=PASSWORD)["ticket"]
    for method, more in (("second_step", {"code": "000000"}), ("own_password", {"password": OTHER})):
        assert strict.ask(method, ticket=ticket, **more)["code"] == "SignInExpired"
    strict.do("ChangePassword", {"current": PASSWORD, "new": OTHER}, NORDLICHT, contact)
    assert strict.ask("factor_draft", ticket=ticket)["code"] == "SignInExpired"
    assert strict.ask("set_up_factor", ticket=ticket, code="000000")["code"] == "SignInExpired"


def test_other_companies_people_are_asked_for_none(strict: Office) -> None:
    contact = of_fjord(strict, "bo.free@fjord.example")
    assert strict.ask("accept_invitation", token=strict.invite(contact), password=PASSWORD)["company"] == FJORD


def test_a_member_of_a_stricter_company_is_asked_for_one_too(strict: Office) -> None:
    contact = of_fjord(strict, "bo.both@fjord.example")
    given = {"contact_id": contact, "to_company": NORDLICHT, "permissions": ["open_cases"], "branches": None}
    strict.do("AddToCompany", given, actor=strict.admin())
    assert strict.ask("accept_invitation", token=strict.invite(contact), password=PASSWORD)["step"] == "set_up"


def test_a_closed_way_lets_nobody_in_and_says_which_is_open(office: Office) -> None:
    office.sign_up("closed@nordlicht.example")
    decide(office, NORDLICHT, ways=["sso"])
    try:
        refused = office.ask("sign_in", email="closed@nordlicht.example", password=PASSWORD)
        assert refused["code"] == "WayClosed"
        assert "by single sign-on" in refused["message"]
        # Who does not know the password learns nothing of it.
        wrong = office.ask("sign_in", email="closed@nordlicht.example", password="not this one at all")
        assert wrong["code"] == "SignInRefused"
    finally:
        decide(office, NORDLICHT)
    assert office.signs_in("closed@nordlicht.example")


def test_everybodys_policy_asks_staff_too_and_closes_no_way_to_them(office: Office) -> None:
    staff = {"name": "Sam Steel", "email": "sam.policy@supplier.example", "staff_roles": ["agent"]}
    contact = office.do("CreateStaff", staff)["id"]
    office.ask("accept_invitation", token=office.invite(contact), password=PASSWORD)
    decide(office, "*", ways=["sso"], factor=True)
    try:
        assert office.ask("sign_in", email=staff["email"], password=PASSWORD)["step"] == "set_up"
    finally:
        decide(office, "*")
    assert office.ask("sign_in", email=staff["email"], password=PASSWORD)["staff_roles"] == ["agent"]


def test_a_policy_is_an_admins_to_set_for_a_company_that_is_there(office: Office) -> None:
    with pytest.raises(NotAllowed, match="portal admin"):
        office.do("ChangeSettings", {"settings": {f"sign_in/{NORDLICHT}": ""}}, actor="nobody0nobody0no")
    with pytest.raises(Invalid, match="Nothing was saved") as refused:
        decide(office, "X999", factor=True)
    assert "There is no such company." in str(refused.value.details)
