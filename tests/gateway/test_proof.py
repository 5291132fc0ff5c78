"""What weighs much is done by who proved lately who they are; else they are asked, and what was sent goes along."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from chassis.statedb import StateDb
from gateway.commands import SENT_BY_PAGES
from services.identity.projections import factors
from tests.gateway.ground import CUSTOMER, PASSWORD, STAFF, Ground, post

ADMIN = "sam@s.example"
PAGE = f"/contacts/{CUSTOMER}"


def age_proofs(ground: Ground, seconds: int) -> None:
    with StateDb(ground.settings.state_db("gateway")).transaction() as db:
        db.execute(
            "UPDATE sessions SET data = json_set(data, '$.proved', json_extract(data, '$.proved') - ?)", (seconds,)
        )


def switch_off(browser: FlaskClient, **more: str) -> TestResponse:
    form = {"command_id": "6f6b0c0e-7f0e-4b0c-9e0a-000000000007", "off": "1", "note": 'two\r\nlines & "more"'}
    return post(browser, "/settings", f"{PAGE}/access", **form, **more)


def carried(page: TestResponse) -> dict[str, str]:
    """The fields of the question's first form."""
    form = re.search(r'<form class="panel"[^>]*action="([^"]+)".*?</form>', page.text, re.S)
    assert form is not None
    assert form[1] == f"{PAGE}/access"
    return {name: unescape(value) for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', form[0])}


def sent(ground: Ground) -> list[str]:
    return [name for _service, name, _payload, _context in ground.commands.sent]


@pytest.fixture
def admin(ground: Ground) -> FlaskClient:
    """The browser of a portal admin who logged in a quarter of an hour ago."""
    browser = ground.signed_in(ADMIN)
    age_proofs(ground, 15 * 60)
    return browser


def test_who_has_just_logged_in_is_not_asked(ground: Ground) -> None:
    browser = ground.signed_in(ADMIN)
    age_proofs(ground, 14 * 60)
    assert switch_off(browser).status_code == 302
    assert sent(ground) == ["DeactivateContact"]


def test_a_quarter_of_an_hour_later_the_password_is_asked_and_the_form_goes_on(
    ground: Ground, admin: FlaskClient
) -> None:
    asked = switch_off(admin)
    assert (asked.status_code, sent(ground)) == (403, [])
    fields = carried(asked)
    assert fields["note"] == 'two\r\nlines & "more"'
    done = admin.post(f"{PAGE}/access", data={**fields, "proof_password": PASSWORD})
    assert (done.status_code, done.location) == (302, PAGE)
    (command,) = ground.commands.sent
    assert str(command[3].command_id) == "6f6b0c0e-7f0e-4b0c-9e0a-000000000007"
    assert command[3].actor == STAFF
    assert switch_off(admin).status_code == 302, "for a while it is not asked again"


@pytest.mark.parametrize(
    ("password", "status", "said"), [("no", 401, "This password is not right."), ("", 422, "Enter")]
)
def test_a_wrong_password_changes_nothing_and_loses_nothing(
    ground: Ground, admin: FlaskClient, password: str, status: int, said: str
) -> None:
    answer = switch_off(admin, proof_password=password)
    assert (answer.status_code, sent(ground)) == (status, [])
    assert said in answer.text
    assert carried(answer)["note"].startswith("two")
    assert 'value="no"' not in answer.text


def test_tries_are_counted_as_log_ins_are(ground: Ground, admin: FlaskClient) -> None:
    answers = [switch_off(admin, proof_password="no").status_code for _ in range(5)]
    last = switch_off(admin, proof_password=PASSWORD)
    assert (answers, last.status_code, sent(ground)) == ([401] * 5, 429, [])
    assert 0 < int(last.headers["Retry-After"]) <= 60


def test_somebody_elses_password_is_no_proof(ground: Ground, admin: FlaskClient) -> None:
    ground.identity.people[ADMIN] = {**ground.identity.people[ADMIN], "contact_id": "S-9"}
    assert switch_off(admin, proof_password=PASSWORD).status_code == 401
    assert sent(ground) == []


def test_while_identity_is_away_nothing_is_lost(ground: Ground, admin: FlaskClient) -> None:
    ground.identity.away = True
    answer = switch_off(admin, proof_password=PASSWORD)
    assert answer.status_code == 503
    assert "Nothing was lost" in answer.text
    ground.identity.away = False
    assert admin.post(f"{PAGE}/access", data={**carried(answer), "proof_password": PASSWORD}).status_code == 302


def test_a_passkey_is_a_proof_where_there_is_one(ground: Ground, admin: FlaskClient) -> None:
    assert "proof_passkey" not in switch_off(admin).text
    ground.models["identity"].put(factors.FACTORS, contact_id=STAFF, passkeys=1)
    asked = switch_off(admin)
    assert 'data-passkey-field="proof_passkey"' in asked.text
    form = {**carried(asked), "proof_passkey": "{}"}
    assert admin.post(f"{PAGE}/access", data=form).status_code == 401, "this passkey is another's"
    staff = ground.identity.people[ADMIN]
    ground.identity.people = {ADMIN: staff}
    form = {**carried(switch_off(admin)), "proof_passkey": "{}"}
    assert admin.post(f"{PAGE}/access", data=form).status_code == 302
    assert sent(ground) == ["DeactivateContact"]


def test_a_forged_form_is_not_asked_about(ground: Ground, admin: FlaskClient) -> None:
    answer = admin.post(f"{PAGE}/access", data={"off": "1", "proof_password": PASSWORD})
    assert answer.status_code == 400
    assert "proof_password" not in answer.text
    assert not any(method == "sign_in" for method, _ in ground.identity.calls[1:])


def test_a_password_for_somebody_else_does_not_go_back_to_the_browser(ground: Ground, admin: FlaskClient) -> None:
    answer = post(admin, "/settings", f"{PAGE}/password", password="one for Ann alone", command_id="1")
    assert answer.status_code == 403
    assert "one for Ann alone" not in answer.text
    assert "has to be typed again" in answer.text


def test_a_preview_is_no_change_and_is_not_asked_about(ground: Ground, admin: FlaskClient) -> None:
    assert post(admin, PAGE, PAGE, step="preview", permissions="order").status_code == 200


def test_what_changes_what_people_may_do_or_how_they_come_in_asks(ground: Ground) -> None:
    asks = {name.partition(".")[2] for name, access in SENT_BY_PAGES.items() if access.proof}
    assert {
        "SetPermissions",
        "SetDelegation",
        "ApproveAccess",
        "CreateContact",
        "DefineRole",
        "ChangeRole",
        "RemoveRole",
        "AddToCompany",
        "RemoveFromCompany",
        "DeactivateContact",
        "SetPassword",
        "RemoveSecondFactor",
        "ChangeSettings",
    } <= asks
    assert not asks & {"OpenCase", "PlaceOrder", "BeginViewAs", "ChooseMails"}
