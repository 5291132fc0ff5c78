"""Passkeys at the gateway: a challenge is the browser's it was given to; what is missing is explained."""

from __future__ import annotations

import re
from uuid import uuid4

from tests.gateway.ground import CUSTOMER, PASSWORD, Ground, post, token

ANSWER = '{"id": "x"}'


def test_a_passkey_alone_opens_a_session(ground: Ground) -> None:
    browser = ground.browser()
    page = browser.get("/login/passkey?next=/settings")
    form = {"csrf_token": token(page), "answer": ANSWER, "next": "/settings"}
    answer = browser.post("/login/passkey", data=form)
    assert (answer.status_code, answer.location) == (302, "/settings")
    sent = ground.identity.calls[-1]
    assert sent[0] == "passkey_sign_in"
    assert (sent[1]["answer"], sent[1]["challenge"], sent[1]["origin"]) == (ANSWER, "challenge-1", "http://localhost")
    assert "by passkey" in browser.get("/settings").text


def test_the_challenge_is_for_the_browser_that_was_asked_and_for_one_answer(ground: Ground) -> None:
    browser, other = ground.browser(), ground.browser()
    page, elsewhere = browser.get("/login/passkey"), other.get("/login")
    stolen = other.post("/login/passkey", data={"csrf_token": token(elsewhere), "answer": ANSWER})
    assert stolen.status_code == 401
    tried = [payload["challenge"] for method, payload in ground.identity.calls if method == "passkey_sign_in"]
    assert len(tried) == 1
    assert "challenge-1" not in tried
    ground.identity.refuse_passkeys = True
    first = browser.post("/login/passkey", data={"csrf_token": token(page), "answer": ANSWER})
    assert (first.status_code, "This passkey was not accepted." in first.text) == (401, True)
    assert ANSWER not in first.text.replace("&#34;", '"')


def test_after_the_password_the_page_asks_for_what_there_is(ground: Ground) -> None:
    ground.identity.second_factors.add(CUSTOMER)
    for ways, code, key in ((["app"], True, False), (["key"], False, True), (["app", "key"], True, True)):
        ground.identity.ways = ways
        page = post(ground.browser(), "/login", "/login", email="ann@a.example", password=PASSWORD).text
        assert ("the six digits it shows" in page, "data-passkey=" in page) == (code, key)
        assert "recovery codes you kept" in page


def test_the_passkey_after_the_password_goes_on_where_the_person_was_going(ground: Ground) -> None:
    ground.identity.second_factors.add(CUSTOMER)
    ground.identity.ways = ["key"]
    browser = ground.browser()
    page = post(browser, "/login", "/login", email="ann@a.example", password=PASSWORD, next="/settings").text
    assert browser.get("/settings").status_code == 302
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    form = {"csrf_token": found[1], "answer": ANSWER, "next": "/settings"}
    answer = browser.post("/login/passkey", data=form)
    assert (answer.status_code, answer.location) == (302, "/settings")
    assert ground.identity.calls[-1][0] == "passkey_step"
    assert "by password and passkey" in browser.get("/settings").text


def test_the_log_in_page_leads_there_and_nothing_is_lost_on_the_way(ground: Ground) -> None:
    form = {"summary_line": "It broke"}
    ended = ground.browser().post("/support/new", data=form, headers={"Origin": "http://localhost"})
    resume = re.search(r'name="resume" value="([^"]+)"', ended.text)
    assert resume
    browser = ground.browser()
    page = post(browser, "/login", "/login", way="passkey", resume=resume[1], next="/settings")
    assert "Log in with a passkey" in page.text
    assert resume[1] in page.text
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found
    answer = browser.post("/login/passkey", data={"csrf_token": found[1], "answer": ANSWER, "resume": resume[1]})
    assert "It broke" in answer.text


def test_without_a_script_the_pages_say_so_and_send_nothing(ground: Ground) -> None:
    anonymous, browser = ground.browser(), ground.signed_in()
    for one, page, form in (
        (anonymous, "/login/passkey", {}),
        (browser, "/settings/passkeys/new", {"name": "Phone", "password": PASSWORD}),
    ):
        opened = one.get(page)
        assert "<noscript>" in opened.text
        assert "scripts are switched off" in opened.text
        assert re.search(r'<script src="/assets/[^"]*passkeys[^"]*" defer></script>', opened.text)
        answer = one.post(page, data={"csrf_token": token(opened), **form, "command_id": str(uuid4())})
        assert (answer.status_code, "It needs a script" in answer.text) == (422, True)
    assert ground.commands.sent == []


def test_trying_often_has_to_wait_and_passwords_do_not(ground: Ground) -> None:
    ground.identity.refuse_passkeys = True
    answers = []
    for _ in range(21):
        browser = ground.browser()
        form = {"csrf_token": token(browser.get("/login/passkey")), "answer": ANSWER}
        answers.append(browser.post("/login/passkey", data=form).status_code)
    assert answers == [401] * 20 + [429]
    ground.signed_in()


def test_adding_one_sends_what_this_browser_was_asked(ground: Ground) -> None:
    ground.commands.result = {"codes": ["abcde-fghij"]}
    browser = ground.signed_in()
    page = browser.get("/settings/passkeys/new")
    form = {"csrf_token": token(page), "command_id": str(uuid4()), "name": "Phone", "password": PASSWORD}
    answer = browser.post("/settings/passkeys/new", data={**form, "answer": ANSWER})
    assert "abcde-fghij" in answer.text
    service, name, payload, _context = ground.commands.sent[-1]
    assert (service, name) == ("identity", "AddPasskey")
    assert payload == {
        "name": "Phone",
        "password": PASSWORD,
        "answer": ANSWER,
        "challenge": "challenge-1",
        "origin": "http://localhost",
    }
    assert "abcde-fghij" not in browser.get("/settings/passkeys").text
