"""Details are corrected, personal data exported and erased: what the pages ask, send and say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from chassis.statedb import StateDb
from services.identity.projections import sign_in_changes
from tests.gateway.ground import CUSTOMER, PASSWORD, STAFF, Ground, post

ADMIN = "sam@s.example"
PAGE = f"/contacts/{CUSTOMER}"
RIGHT = {"name": " Anne Archer ", "email": "anne@a.example", "phone": "7", "language": "de"}
_ID = "6f3b3d0e-5d5c-5b0e-9a54-1f0a3c6c7f33"


@pytest.fixture
def admin(ground: Ground) -> FlaskClient:
    """A portal admin's browser."""
    ground.all_models()
    return ground.signed_in(ADMIN)


def sent(ground: Ground) -> list[tuple[str, dict[str, Any]]]:
    """The commands that pages sent, with their payloads."""
    return [(name, payload) for _service, name, payload, _context in ground.commands.sent]


def test_an_admin_puts_a_contacts_details_right(ground: Ground, admin: FlaskClient) -> None:
    assert f'href="{PAGE}/details"' in admin.get(PAGE).text
    form = admin.get(f"{PAGE}/details").text
    assert 'value="Ann Archer"' in form
    assert 'value="ann@a.example"' in form
    answer = post(admin, f"{PAGE}/details", f"{PAGE}/details", command_id=_ID, **RIGHT)
    assert answer.headers["Location"] == PAGE
    assert sent(ground) == [("CorrectContact", {"contact_id": CUSTOMER, **RIGHT, "name": "Anne Archer"})]
    assert "Anne Archer logs in with anne@a.example from now on" in admin.get(PAGE).text


def test_what_is_no_address_is_said_beside_it_and_nothing_typed_is_lost(ground: Ground, admin: FlaskClient) -> None:
    answer = post(admin, f"{PAGE}/details", f"{PAGE}/details", **{**RIGHT, "email": "anne at a"})
    assert answer.status_code == 422
    assert "This is no e-mail address." in answer.text
    assert 'value="anne at a"' in answer.text
    assert 'value=" Anne Archer "' in answer.text
    assert sent(ground) == []


def test_a_companys_own_admin_corrects_colleagues_but_not_themselves(ground: Ground) -> None:
    ground.all_models()
    ground.person("C-9", "C-A", "cy@a.example", "Cy Cole")
    browser = ground.signed_in()
    ground.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", permissions=("company_admin", "open_cases"))
    ground.person("C-9", "C-A", "cy@a.example", "Cy Cole", permissions=("open_cases",))
    assert 'href="/company/contacts/C-9/details"' in browser.get("/company/contacts/C-9").text
    place = "/company/contacts/C-9/details"
    assert post(browser, place, place, command_id=_ID, **RIGHT).status_code == 302
    assert [name for name, _payload in sent(ground)] == ["CorrectContact"]
    assert browser.get(f"/company/contacts/{CUSTOMER}/details").headers["Location"] == f"/company/contacts/{CUSTOMER}"


@pytest.mark.parametrize("email", ["ann@a.example", ADMIN])
def test_everybody_corrects_their_own_name_and_phone_and_nothing_else(ground: Ground, email: str) -> None:
    ground.all_models()
    browser = ground.signed_in(email)
    page = browser.get("/settings/details").text
    assert email in page
    assert 'name="email"' not in page
    form = {"name": "Right Name", "phone": "9", "email": "other@a.example"}
    assert post(browser, "/settings/details", "/settings/details", command_id=_ID, **form).status_code == 302
    assert sent(ground) == [("CorrectOwnDetails", {"name": "Right Name", "phone": "9"})]


def test_erasing_takes_the_name_typed(ground: Ground, admin: FlaskClient) -> None:
    assert "Ann Archer" in admin.get(PAGE).text
    page = admin.get(f"{PAGE}/erase").text
    assert "They have nothing open" in page
    wrong = post(admin, f"{PAGE}/erase", f"{PAGE}/erase", command_id=_ID, typed="Anne")
    assert wrong.status_code == 422
    assert "This is not the name. It is “Ann Archer”." in wrong.text
    assert sent(ground) == []
    right = post(admin, f"{PAGE}/erase", f"{PAGE}/erase", command_id=_ID, typed=" ann  archer")
    assert right.headers["Location"] == PAGE
    assert sent(ground) == [("EraseContact", {"contact_id": CUSTOMER})]
    ground.person(CUSTOMER, "C-A", "", "(erased)", status="erased")
    assert "Ann Archer" not in admin.get(PAGE).text, "nor is it among what was recently viewed"


def test_an_erased_contact_has_no_forms_left(ground: Ground, admin: FlaskClient) -> None:
    ground.person(CUSTOMER, "C-A", "", "(erased)", status="erased")
    page = admin.get(PAGE).text
    assert "The personal data of this contact was erased." in page
    for gone in ("/details", "/erase", "/invite", "/delegation", "/companies"):
        assert f"{PAGE}{gone}" not in page
    for place in ("details", "erase"):
        assert admin.get(f"{PAGE}/{place}").headers["Location"] == PAGE


def test_the_export_has_what_the_portal_holds_of_the_person(ground: Ground, admin: FlaskClient) -> None:
    ground.signed_in()
    facts = {"contact_id": CUSTOMER, "position": 7, "company": "C-A", "at": "2026-11-01T09:00:00+00:00"}
    ground.models["identity"].put(sign_in_changes.CHANGES, **facts, what="ContactInvited", actor=STAFF)
    answer = post(admin, PAGE, f"{PAGE}/export")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="personal-data-{CUSTOMER}.json"'
    told = json.loads(answer.text)
    assert (told["details"]["name"], told["details"]["email"]) == ("Ann Archer", "ann@a.example")
    assert "open_cases" in told["details"]["permissions"]
    assert [one["way"] for one in told["devices"]] == ["password"]
    assert [one["what"] for one in told["sign_in_history"]] == ["ContactInvited"]
    assert "Sam Steel" not in answer.text
    assert told["cases_opened"] == told["orders_placed"] == []


def test_an_export_asks_for_the_password_again(ground: Ground, admin: FlaskClient) -> None:
    with StateDb(ground.settings.state_db("gateway")).transaction() as db:
        db.execute("UPDATE sessions SET data = json_set(data, '$.proved', json_extract(data, '$.proved') - 900)")
    asked = post(admin, PAGE, f"{PAGE}/export")
    assert asked.status_code == 403
    assert asked.mimetype == "text/html"
    assert post(admin, PAGE, f"{PAGE}/export", proof_password=PASSWORD).mimetype == "application/json"
