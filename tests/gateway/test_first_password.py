"""A password that an admin sets: one thing can be done with it; and the ways back after too many wrong tries."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

from flask.testing import FlaskClient

from chassis.errors import RemoteRefusal, Unavailable
from services.identity.projections.portal import SETTINGS
from tests.gateway.ground import CUSTOMER, PASSWORD, Ground, post, token

STAFF_MAIL, ANN = "sam@s.example", "ann@a.example"
NEW = "six swans on a lake"


def given(ground: Ground, **more: str) -> tuple[FlaskClient, str]:
    """A browser in which somebody logged in with an admin's password, and the page it got."""
    ground.identity.to_change.add(CUSTOMER)
    browser = ground.browser()
    answer = post(browser, "/login", "/login", email=ANN, password=PASSWORD, **more)
    assert answer.status_code == 200
    return browser, answer.text


def test_with_it_there_is_no_session_before_ones_own(ground: Ground) -> None:
    browser, page = given(ground, next="/settings")
    assert "Choose your own password" in page
    assert browser.get("/settings").status_code == 302
    assert browser.get("/login/code").location == "/login/password"
    form = {"password": NEW, "again": NEW, "next": "/settings", "command_id": str(uuid4())}
    answer = post(browser, "/login/password", "/login/password", **form)
    assert (answer.status_code, answer.location) == (302, "/settings")
    assert ground.identity.calls[-1][1]["password"] == NEW
    assert "Your own password holds from now on." in browser.get("/settings").text


def test_after_the_code_it_is_asked_too(ground: Ground) -> None:
    ground.identity.second_factors.add(CUSTOMER)
    browser, page = given(ground, next="/settings")
    assert "Enter your code" in page
    assert browser.get("/login/password").location == "/login/code"
    answer = post(browser, "/login/code", "/login/code", code="123456", next="/settings")
    assert "Choose your own password" in answer.text
    assert 'value="/settings"' in answer.text


def test_two_that_differ_are_said_and_nothing_is_sent(ground: Ground) -> None:
    browser, _page = given(ground)
    answer = post(browser, "/login/password", "/login/password", password=NEW, again="another one altogether")
    assert answer.status_code == 422
    assert "The two passwords are not the same." in answer.text
    assert "own_password" not in [method for method, _ in ground.identity.calls]


def test_who_takes_too_long_begins_again(ground: Ground) -> None:
    browser, _page = given(ground)
    ground.identity.half_expired = True
    answer = post(browser, "/login/password", "/login/password", password=NEW, again=NEW)
    assert answer.status_code == 410 or answer.status_code == 401
    assert "This is SignInExpired." in answer.text
    assert browser.get("/login/password").location == "/login"


def test_without_an_admins_password_there_is_no_such_page(ground: Ground) -> None:
    assert ground.browser().get("/login/password").location == "/login"
    assert post(ground.browser(), "/login", "/login/password", password=NEW, again=NEW).location == "/login"


def test_an_admin_sets_one_and_it_is_shown_nowhere(ground: Ground) -> None:
    admin = ground.signed_in(STAFF_MAIL)
    page = admin.get(f"/contacts/{CUSTOMER}/sign-in")
    assert "Set a first password" in page.text
    assert 'autocomplete="new-password"' in page.text
    form = {"csrf_token": token(page), "command_id": str(uuid4()), "password": NEW}
    answer = admin.post(f"/contacts/{CUSTOMER}/password", data=form)
    assert (answer.status_code, answer.location) == (302, f"/contacts/{CUSTOMER}/sign-in")
    assert ground.commands.sent[-1][1:3] == ("SetPassword", {"contact_id": CUSTOMER, "password": NEW})
    assert NEW not in admin.get(f"/contacts/{CUSTOMER}/sign-in").text


def test_a_refused_one_is_said_beside_the_form(ground: Ground) -> None:
    admin = ground.signed_in(STAFF_MAIL)
    form = {"csrf_token": token(admin.get(f"/contacts/{CUSTOMER}/sign-in")), "command_id": str(uuid4())}
    short = admin.post(f"/contacts/{CUSTOMER}/password", data={**form, "password": "short"})
    assert (short.status_code, "Use at least 12 characters" in short.text) == (422, True)
    ground.commands.error = RemoteRefusal("This password is one that attackers try first.", "WeakPassword", 422)
    answer = admin.post(f"/contacts/{CUSTOMER}/password", data={**form, "password": "password1234"})
    assert (answer.status_code, "attackers try first" in answer.text) == (422, True)
    assert "password1234" not in answer.text


def lock(ground: Ground) -> None:
    """Type Ann's password wrong too often."""
    for _ in range(5):
        assert post(ground.browser(), "/login", "/login", email=ANN, password="not it").status_code == 401
    answer = post(ground.browser(), "/login", "/login", email=ANN, password=PASSWORD)
    assert answer.status_code == 429
    assert "choose a new password now by" in answer.text
    assert 'href="/forgot"' in answer.text


def test_who_guessed_codes_too_often_is_told_the_support_contact_that_admins_set(ground: Ground) -> None:
    ground.models["identity"].put(SETTINGS, setting="support_phone", value="+49 40 77")
    ground.identity.second_factors.add(CUSTOMER)
    browser = ground.browser()
    post(browser, "/login", "/login", email=ANN, password=PASSWORD)
    answers = [post(browser, "/login/code", "/login/code", code="000000") for _ in range(6)]
    assert answers[-1].status_code == 429
    assert "who can let you in: +49 40 77." in answers[-1].text


def test_a_mailed_link_lets_in_whom_wrong_tries_shut_out(ground: Ground) -> None:
    lock(ground)
    browser = ground.browser()
    browser.get("/login")
    form = {"password": NEW, "again": NEW, "command_id": str(uuid4())}
    assert post(browser, "/reset/abc", "/reset/abc", **form).location == "/login"
    ground.signed_in()


def test_an_admin_sees_a_lock_and_lifts_it_on_record(ground: Ground) -> None:
    admin = ground.signed_in(STAFF_MAIL)
    assert "Not locked by wrong tries." in admin.get(f"/contacts/{CUSTOMER}/sign-in").text
    lock(ground)
    page = admin.get(f"/contacts/{CUSTOMER}/sign-in")
    assert "Wrong passwords were typed too often" in page.text
    form = {"csrf_token": token(page), "command_id": str(uuid4())}
    ground.commands.error = Unavailable("The identity service does not answer.")
    admin.post(f"/contacts/{CUSTOMER}/unlock", data=form)
    assert "Lift the lock" in admin.get(f"/contacts/{CUSTOMER}/sign-in").text, "what is not on record is not done"
    ground.commands.error = None
    assert admin.post(f"/contacts/{CUSTOMER}/unlock", data=form).status_code == 302
    assert ground.commands.sent[-1][1:3] == ("LiftSignInLock", {"contact_id": CUSTOMER})
    ground.signed_in()


def test_where_no_link_is_mailed_the_page_says_whom_to_ask(tmp_path: Path) -> None:
    for number, (contact, said) in enumerate(
        (
            ({"PORTICO_SUPPORT_PHONE": "+49 40 123"}, "who can let you in: +49 40 123"),
            ({}, "the person at Portico you usually speak to"),
        )
    ):
        ground = Ground(tmp_path / str(number), {"PORTICO_FORGOT_PASSWORD": "0", **contact})
        for _ in range(6):
            answer = post(ground.browser(), "/login", "/login", email=ANN, password="not it")
        assert answer.status_code == 429
        assert said in answer.text
        ground.close()


def test_every_password_field_can_be_looked_at(ground: Ground) -> None:
    browser = ground.signed_in()
    for page in ("/settings/password", "/settings/second-factor/off"):
        text = browser.get(page).text
        assert text.count('type="password"') == text.count("data-secret") > 0
    anonymous = ground.browser()
    for page in ("/login", "/reset/abc"):
        text = anonymous.get(page).text
        assert text.count('type="password"') == text.count("data-secret") > 0
