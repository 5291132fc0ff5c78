"""Logging in: the answer says nothing about who exists, and guessing gets slower."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from gateway.security import safe_next
from services.identity.contract import SHORTEST_PASSWORD
from tests.gateway.ground import PASSWORD, Ground, post, token


def test_the_right_password_leads_to_where_one_was_going(ground: Ground) -> None:
    browser = ground.browser()
    answer = post(
        browser, "/login?next=/settings", "/login", email="ann@a.example", password=PASSWORD, next="/settings"
    )
    assert (answer.status_code, answer.location) == (302, "/settings")


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "", "/a\nb", "\t//evil"],
)
def test_a_target_elsewhere_leads_home(ground: Ground, target: str) -> None:
    assert safe_next(target) == "/"
    answer = post(ground.browser(), "/login", "/login", email="ann@a.example", password=PASSWORD, next=target)
    assert answer.location == "/"


def test_wrong_password_and_unknown_address_get_the_same_answer(ground: Ground) -> None:
    wrong = post(ground.browser(), "/login", "/login", email="ann@a.example", password="no")
    unknown = post(ground.browser(), "/login", "/login", email="nobody@a.example", password="no")
    assert wrong.status_code == unknown.status_code == 401
    assert "E-mail address or password is not right." in wrong.text
    assert "E-mail address or password is not right." in unknown.text


def test_the_address_stays_and_the_password_does_not(ground: Ground) -> None:
    page = post(ground.browser(), "/login", "/login", email="ann@a.example", password="not-this-one").text
    assert 'value="ann@a.example"' in page
    assert "not-this-one" not in page


def test_too_many_tries_have_to_wait_and_the_right_password_too(ground: Ground) -> None:
    for _ in range(5):
        assert post(ground.browser(), "/login", "/login", email="ann@a.example", password="no").status_code == 401
    answer = post(ground.browser(), "/login", "/login", email="Ann@A.example ", password=PASSWORD)
    assert answer.status_code == 429
    assert "Too many tries. Wait 1 minute," in answer.text
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert sum(method == "sign_in" for method, _ in ground.identity.calls) == 5


def test_the_wait_is_the_accounts_not_everybodys(ground: Ground) -> None:
    for _ in range(6):
        post(ground.browser(), "/login", "/login", email="ann@a.example", password="no")
    answer = post(ground.browser(), "/login", "/login", email="bo@b.example", password=PASSWORD)
    assert answer.status_code == 302


def test_trying_many_accounts_from_one_address_has_to_wait(ground: Ground) -> None:
    answers = [
        post(ground.browser(), "/login", "/login", email=f"p{number}@a.example", password="no").status_code
        for number in range(22)
    ]
    assert answers[:20] == [401] * 20
    assert answers[20:] == [429, 429]


def fail(ground: Ground, browser: FlaskClient, email: str, times: int, address: str = "127.0.0.1") -> list[int]:
    browser.environ_base["REMOTE_ADDR"] = address
    return [post(browser, "/login", "/login", email=email, password="no").status_code for _ in range(times)]


def known_browser(ground: Ground, email: str = "ann@a.example") -> FlaskClient:
    """A browser that somebody logged in with and out again."""
    browser = ground.signed_in(email)
    browser.post("/logout", data={"csrf_token": token(browser.get("/settings"))})
    assert browser.get("/settings").status_code == 302
    return browser


def test_a_browser_that_was_in_before_does_not_wait_for_strangers(ground: Ground) -> None:
    browser = known_browser(ground)
    assert fail(ground, ground.browser(), "ann@a.example", 6, "198.51.100.1") == [401] * 5 + [429]
    assert post(browser, "/login", "/login", email="ann@a.example", password=PASSWORD).status_code == 302
    assert fail(ground, ground.browser(), "ann@a.example", 1, "198.51.100.2") == [429], "strangers go on waiting"


def test_strangers_at_the_same_address_do_not_hold_it_up_either(ground: Ground) -> None:
    browser = known_browser(ground)
    for number in range(21):
        fail(ground, ground.browser(), f"p{number}@a.example", 1)
    assert fail(ground, ground.browser(), "bo@b.example", 1) == [429]
    assert post(browser, "/login", "/login", email="ann@a.example", password=PASSWORD).status_code == 302


def test_its_own_tries_are_counted_and_make_nobody_else_wait(ground: Ground) -> None:
    browser = known_browser(ground)
    assert fail(ground, browser, "ann@a.example", 7) == [401] * 5 + [429] * 2
    answer = post(ground.browser(), "/login", "/login", email="ann@a.example", password=PASSWORD)
    assert answer.status_code == 302, "another browser is another count"


def test_it_is_known_for_the_account_that_was_in_and_no_other(ground: Ground) -> None:
    browser = known_browser(ground)
    fail(ground, ground.browser(), "bo@b.example", 6, "198.51.100.1")
    assert fail(ground, browser, "bo@b.example", 1) == [429]


def test_several_people_of_one_browser_are_known(ground: Ground) -> None:
    browser = known_browser(ground)
    assert post(browser, "/login", "/login", email="bo@b.example", password=PASSWORD).status_code == 302
    browser.post("/logout", data={"csrf_token": token(browser.get("/settings"))})
    for email in ("ann@a.example", "bo@b.example"):
        fail(ground, ground.browser(), email, 6, "198.51.100.1")
    assert post(browser, "/login", "/login", email="ann@a.example", password=PASSWORD).status_code == 302


@pytest.mark.parametrize("made_up", ["x", "nonce.mark", "~~~", "a.b~c.d", "nonce." + "0" * 64, "é.è"])
def test_what_somebody_makes_up_is_no_known_browser(ground: Ground, made_up: str) -> None:
    browser = ground.browser()
    browser.set_cookie("portico_device", made_up)
    assert fail(ground, browser, "ann@a.example", 6) == [401] * 5 + [429]


def test_who_was_known_keeps_the_mark_of_the_first_time(ground: Ground) -> None:
    browser = known_browser(ground)
    first = browser.get_cookie("portico_device")
    assert first is not None
    assert first.http_only
    assert b"ann" not in first.value.encode()
    post(browser, "/login", "/login", email="ann@a.example", password=PASSWORD)
    again = browser.get_cookie("portico_device")
    assert again is not None
    assert again.value == first.value, "a new one each time would bring new tries"


def test_lifting_a_lock_lifts_that_of_known_browsers_too(ground: Ground) -> None:
    browser = known_browser(ground)
    fail(ground, browser, "ann@a.example", 6)
    throttle = ground.app.extensions["portico"].throttle
    assert throttle.waits("ann@a.example") > 0
    throttle.lift("ann@a.example")
    assert throttle.waits("ann@a.example") == 0
    assert post(browser, "/login", "/login", email="ann@a.example", password=PASSWORD).status_code == 302


def test_success_forgets_the_failures(ground: Ground) -> None:
    for _ in range(3):
        for _ in range(4):
            post(ground.browser(), "/login", "/login", email="ann@a.example", password="no")
        assert post(ground.browser(), "/login", "/login", email="ann@a.example", password=PASSWORD).status_code == 302


def test_a_service_that_is_away_is_not_a_failed_try(ground: Ground) -> None:
    ground.identity.away = True
    for _ in range(8):
        answer = post(ground.browser(), "/login", "/login", email="ann@a.example", password=PASSWORD)
        assert answer.status_code == 503
    assert "Nothing was lost" in answer.text
    ground.identity.away = False
    assert post(ground.browser(), "/login", "/login", email="ann@a.example", password=PASSWORD).status_code == 302


def test_nothing_typed_is_in_the_counters(ground: Ground) -> None:
    post(ground.browser(), "/login", "/login", email="ann@a.example", password="no")
    files = ground.settings.folder("gateway").iterdir()
    assert b"ann@a.example" not in b"".join(file.read_bytes() for file in files)


def test_an_invitation_is_accepted_with_a_chosen_password(ground: Ground) -> None:
    ground.person("K-300", "C-B", "new@b.example", "Nia New")
    browser = ground.browser()
    page = browser.get("/invitation/abc123")
    assert "Welcome, Nia New." in page.text
    answer = post(
        browser,
        "/invitation/abc123",
        "/invitation/abc123",
        password="a long enough one",
        again="a long enough one",
        command_id="6f6b0c0e-7f0e-4b0c-9e0a-000000000002",
    )
    assert (answer.status_code, answer.location) == (302, "/")
    sent = ground.identity.calls[-1]
    assert sent[0] == "accept_invitation"
    assert sent[1]["token"] == "abc123"
    assert sent[1]["password"] == "a long enough one"
    assert browser.get("/").status_code == 200


def test_a_short_password_is_refused_beside_the_field(ground: Ground) -> None:
    ground.person("K-300", "C-B", "new@b.example", "Nia New")
    answer = post(ground.browser(), "/invitation/abc", "/invitation/abc", password="short", again="short")
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert f"Use at least {SHORTEST_PASSWORD} characters" in answer.text


def test_the_throttle_knows_an_account_as_identity_does(ground: Ground) -> None:
    for spelling in (
        "straße@a.example",
        "STRASSE@a.example",
        "Strasse@A.EXAMPLE ",
        "strasse@a.example",
        "straSSe@a.example",
    ):
        post(ground.browser(), "/login", "/login", email=spelling, password="no")
    answer = post(ground.browser(), "/login", "/login", email="strasse@a.example", password="no")
    assert answer.status_code == 429
