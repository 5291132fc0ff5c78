"""The second step of logging in, and the settings around it: no session before both, guessing gets slower."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from flask.testing import FlaskClient

from gateway.appkeys import app_key
from services.identity.projections.factors import FACTORS
from services.identity.projections.portal import SETTINGS
from tests.gateway.ground import CODE, CUSTOMER, PASSWORD, SECRET, Ground, post, token

STAFF_MAIL = "sam@s.example"


def first_step(ground: Ground, **more: str) -> tuple[FlaskClient, str]:
    """A browser whose password was right, and the page it got."""
    ground.identity.second_factors.add(CUSTOMER)
    browser = ground.browser()
    answer = post(browser, "/login", "/login", email="ann@a.example", password=PASSWORD, **more)
    assert answer.status_code == 200
    return browser, answer.text


def has_factor(ground: Ground, contact: str = CUSTOMER, codes: int = 10) -> None:
    """Have identity know a second factor."""
    at = "2026-11-22T09:00:00+00:00"
    row = {"enabled_at": at, "passkeys": 0, "codes_left": codes, "changed_at": at, "changed_by": contact}
    ground.models["identity"].put(FACTORS, contact_id=contact, company="C-A", **row)


def csrf(page: str) -> str:
    """The token of a page's first form."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


def test_there_is_no_session_before_the_code(ground: Ground) -> None:
    browser, page = first_step(ground, next="/settings")
    assert "Enter your code" in page
    assert browser.get("/settings").status_code == 302
    answer = browser.post("/login/code", data={"csrf_token": csrf(page), "code": CODE, "next": "/settings"})
    assert (answer.status_code, answer.location) == (302, "/settings")
    assert "by password and app" in browser.get("/settings").text


def test_the_code_is_for_the_browser_whose_password_was_right(ground: Ground) -> None:
    first_step(ground)
    other = ground.browser()
    answer = post(other, "/login", "/login/code", code=CODE)
    assert (answer.status_code, answer.location) == (302, "/login")
    assert "second_step" not in [method for method, _ in ground.identity.calls]


def test_a_wrong_code_says_so_and_shows_no_code(ground: Ground) -> None:
    browser, page = first_step(ground)
    answer = browser.post("/login/code", data={"csrf_token": csrf(page), "code": "654321"})
    assert answer.status_code == 401
    assert "This is WrongCode." in answer.text
    assert "654321" not in answer.text


def test_who_takes_too_long_begins_again_with_where_they_were_going(ground: Ground) -> None:
    browser, page = first_step(ground, next="/settings")
    ground.identity.half_expired = True
    answer = browser.post("/login/code", data={"csrf_token": csrf(page), "code": CODE, "next": "/settings"})
    assert answer.status_code == 401
    assert "This is SignInExpired." in answer.text
    assert 'value="/settings"' in answer.text
    assert browser.get("/login/code").location == "/login"


def test_guessing_codes_has_to_wait_and_a_new_first_step_does_not_help(ground: Ground) -> None:
    for _ in range(5):
        browser, page = first_step(ground)
        assert browser.post("/login/code", data={"csrf_token": csrf(page), "code": "000000"}).status_code == 401
    browser, page = first_step(ground)
    answer = browser.post("/login/code", data={"csrf_token": csrf(page), "code": CODE})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 60


def test_a_form_that_was_kept_is_offered_after_the_code(ground: Ground) -> None:
    form = {"summary_line": "It broke"}
    ended = ground.browser().post("/support/new", data=form, headers={"Origin": "http://localhost"})
    resume = re.search(r'name="resume" value="([^"]+)"', ended.text)
    assert resume
    browser, page = first_step(ground, resume=resume[1])
    assert resume[1] in page
    answer = browser.post("/login/code", data={"csrf_token": csrf(page), "code": CODE, "resume": resume[1]})
    assert "It broke" in answer.text


def test_the_key_is_shown_as_picture_and_text_under_the_policy(ground: Ground) -> None:
    answer = ground.signed_in().get("/settings/second-factor")
    assert 'src="data:image/svg+xml' in answer.text
    assert "img-src 'self' data:" in answer.headers["Content-Security-Policy"]
    assert " ".join(SECRET[at : at + 4] for at in range(0, 32, 4)) in answer.text


def test_recovery_codes_are_shown_in_the_answer_and_never_again(ground: Ground) -> None:
    ground.commands.result = {"codes": ["abcde-fghij"]}
    browser = ground.signed_in()
    answer = post(browser, "/settings/second-factor", "/settings/second-factor", code=CODE, command_id=str(uuid4()))
    assert "abcde-fghij" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert ground.commands.sent[-1][1:3] == ("EnableSecondFactor", {"code": CODE})
    assert "abcde-fghij" not in browser.get("/settings").text


def test_the_settings_say_how_many_recovery_codes_are_left(ground: Ground) -> None:
    browser = ground.signed_in()
    assert "Set up an authenticator app" in browser.get("/settings").text
    has_factor(ground, codes=1)
    assert "1 recovery code left" in browser.get("/settings").text
    assert browser.get("/settings/second-factor").location == "/settings"


def test_a_portal_admin_removes_a_lost_one_and_nobody_else_does(ground: Ground) -> None:
    has_factor(ground)
    admin = ground.signed_in(STAFF_MAIL)
    page = admin.get(f"/contacts/{CUSTOMER}")
    assert "Remove lost authenticator app" in page.text
    form = {"csrf_token": token(page), "command_id": str(uuid4())}
    assert admin.post(f"/contacts/{CUSTOMER}/second-factor", data=form).status_code == 302
    assert ground.commands.sent[-1][1:3] == ("RemoveSecondFactor", {"contact_id": CUSTOMER})
    assert admin.post("/contacts/S-1/second-factor", data=form).status_code == 404, "staff are no admin's to let in"
    assert post(ground.signed_in(), "/settings", f"/contacts/{CUSTOMER}/second-factor").status_code == 403


def test_the_app_names_the_portal_as_its_admins_do(ground: Ground) -> None:
    ground.models["identity"].put(SETTINGS, setting="name", value="Weiß & Co")
    with ground.app.test_request_context("/"):
        key = app_key(SECRET, "ann@a.example")
    assert parse_qs(urlsplit(key.uri).query)["issuer"] == ["Weiß & Co"]
    assert key.text.replace(" ", "") == SECRET
