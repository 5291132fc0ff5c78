"""Forgotten passwords: the answer does not say who exists, asking gets slower, a new one ends all sessions."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

import pytest

from services.identity.projections.portal import SETTINGS
from tests.gateway.ground import Ground, post

NEW = "six swans on a lake"


def asked(ground: Ground) -> list[str]:
    """The addresses that identity was told of."""
    return [payload["email"] for method, payload in ground.identity.calls if method == "ask_reset"]


def test_the_log_in_page_leads_to_the_form(ground: Ground) -> None:
    assert 'href="/forgot"' in ground.browser().get("/login").text


def test_the_answer_is_the_same_for_an_address_that_nobody_has(ground: Ground) -> None:
    pages = [post(ground.browser(), "/forgot", "/forgot", email=email) for email in ("ann@a.example", "no@no.example")]
    assert [page.status_code for page in pages] == [200, 200]
    # The menu of languages is a form, whose token is the browser's own.
    said = [re.sub(r'name="csrf_token"[^>]* value="[^"]*"', "", page.text) for page in pages]
    assert said[0] == said[1]
    assert "a mail with a link to a new password is on its way" in pages[0].text
    assert asked(ground) == ["ann@a.example", "no@no.example"], "who has it is not looked up here"


def test_without_an_address_nothing_is_asked(ground: Ground) -> None:
    answer = post(ground.browser(), "/forgot", "/forgot", email="")
    assert answer.status_code == 422
    assert "Enter your e-mail address." in answer.text
    assert asked(ground) == []


def test_asking_often_for_an_account_has_to_wait(ground: Ground) -> None:
    answers = [post(ground.browser(), "/forgot", "/forgot", email="Ann@a.example").status_code for _ in range(6)]
    assert answers == [200] * 5 + [429]
    assert len(asked(ground)) == 5
    assert post(ground.browser(), "/forgot", "/forgot", email="bo@b.example").status_code == 200


def test_asking_for_many_accounts_from_an_address_has_to_wait_and_log_ins_do_not(ground: Ground) -> None:
    for number in range(20):
        assert post(ground.browser(), "/forgot", "/forgot", email=f"p{number}@a.example").status_code == 200
    assert post(ground.browser(), "/forgot", "/forgot", email="one@more.example").status_code == 429
    ground.signed_in()


def test_a_service_that_is_away_is_said_and_nothing_is_lost(ground: Ground) -> None:
    ground.identity.away = True
    answer = post(ground.browser(), "/forgot", "/forgot", email="ann@a.example")
    assert answer.status_code == 503
    assert 'value="ann@a.example"' in answer.text


def test_a_new_password_ends_every_session_of_that_person_and_no_other(ground: Ground) -> None:
    own, second, other = ground.signed_in(), ground.signed_in(), ground.signed_in("bo@b.example")
    page = own.get("/reset/abc")
    assert "For ann@a.example." in page.text
    form = {"password": NEW, "again": NEW, "command_id": str(uuid4())}
    answer = post(own, "/reset/abc", "/reset/abc", **form)
    assert (answer.status_code, answer.location) == (302, "/login")
    assert "Your new password holds" in own.get("/login").text
    assert ground.identity.calls[-1][1]["password"] == NEW
    for browser in (own, second):
        assert browser.get("/settings").status_code == 302
    assert other.get("/settings").status_code == 200


def test_a_short_password_is_refused_beside_the_field(ground: Ground) -> None:
    answer = post(ground.browser(), "/reset/abc", "/reset/abc", password="short", again="short")
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text


@pytest.mark.parametrize("path", ["/forgot", "/reset/abc"])
def test_switched_off_there_is_no_such_page(tmp_path: Path, path: str) -> None:
    ground = Ground(tmp_path / "off", {"PORTICO_FORGOT_PASSWORD": "0"})
    assert "/forgot" not in ground.browser().get("/login").text
    assert ground.browser().get(path).status_code == 404
    assert post(ground.browser(), "/login", path, email="ann@a.example").status_code == 404
    assert ground.identity.calls == []
    ground.close()


def test_an_admin_switches_it_off_without_a_restart(ground: Ground) -> None:
    browser = ground.browser()
    assert "/forgot" in browser.get("/login").text
    ground.models["identity"].put(SETTINGS, setting="feature_forgotten_password", value="off")
    assert "/forgot" not in browser.get("/login").text
    assert browser.get("/forgot").status_code == 404
    assert browser.get("/reset/abc").status_code == 404
