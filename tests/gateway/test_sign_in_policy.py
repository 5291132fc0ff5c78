"""The sign-in policy at the gateway: open sessions that do not meet it end; the page where admins set it."""

from __future__ import annotations

import json
import time
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from services.identity.contract import Policy, written_policy
from services.identity.projections.portal import SETTINGS
from tests.gateway.ground import CODE, CUSTOMER, PASSWORD, SECRET, Ground, post, token

ANN, BO, SAM = "ann@a.example", "bo@b.example", "sam@s.example"
PAGE = "/administration/sign-in"


def decide(ground: Ground, company: str, policy: Policy) -> None:
    """Have identity know a policy."""
    ground.models["identity"].put(SETTINGS, setting=f"sign_in/{company}", value=written_policy(policy))


def is_in(browser: FlaskClient) -> bool:
    """Whether there is a session still."""
    return browser.get("/settings").status_code == 200


def test_a_session_by_password_alone_ends_when_a_second_factor_is_asked(ground: Ground) -> None:
    ann, bo, sam = (ground.signed_in(email) for email in (ANN, BO, SAM))
    decide(ground, "C-A", Policy(factor=True))
    assert [is_in(one) for one in (ann, bo, sam)] == [False, True, True]
    decide(ground, "*", Policy(factor=True))
    assert [is_in(one) for one in (bo, sam)] == [False, False]


def test_a_session_with_a_second_factor_goes_on(ground: Ground) -> None:
    ground.identity.second_factors.add(CUSTOMER)
    browser = ground.browser()
    post(browser, "/login", "/login", email=ANN, password=PASSWORD)
    post(browser, "/login/code", "/login/code", code=CODE)
    decide(ground, "C-A", Policy(factor=True))
    assert is_in(browser)


def test_a_session_of_a_way_that_was_closed_ends_for_contacts_alone(ground: Ground) -> None:
    ann, sam = ground.signed_in(), ground.signed_in(SAM)
    decide(ground, "*", Policy(("sso",)))
    assert [is_in(one) for one in (ann, sam)] == [False, True]


@pytest.mark.parametrize(
    ("policy", "column"),
    [(Policy(idle_minutes=5), "seen_at"), (Policy(longest_hours=1), "created_at")],
    ids=["unused", "long"],
)
def test_a_session_ends_after_its_companys_time(ground: Ground, policy: Policy, column: str) -> None:
    ann, bo = ground.signed_in(), ground.signed_in(BO)
    decide(ground, "C-A", policy)
    assert is_in(ann)
    ground.age_sessions(column, int(time.time()) - 3601)
    assert [is_in(one) for one in (ann, bo)] == [False, True]
    assert not is_in(ann), "it stays ended, though it was just asked for"


@pytest.mark.parametrize("address", ["/login", "/branding/logo/none", "/nowhere"])
def test_what_anybody_may_ask_for_brings_no_unused_session_back(ground: Ground, address: str) -> None:
    ann = ground.signed_in()
    decide(ground, "C-A", Policy(idle_minutes=5))
    ground.age_sessions("seen_at", int(time.time()) - 3600)
    ann.get(address)
    assert not is_in(ann)


@pytest.mark.parametrize(
    ("address", "headers", "sees", "uses"),
    [
        ("/settings", {}, (), True),
        ("/settings", {"X-Portico": "live"}, (), False),
        ("/settings", {}, ("see_balance",), False),
        ("/administration", {}, (), False),
    ],
    ids=["a person", "a page that heard of a change", "one that is being prepared", "one not to be seen any more"],
)
def test_only_what_a_person_asks_for_is_use(
    ground: Ground, address: str, headers: dict[str, str], sees: tuple[str, ...], uses: bool
) -> None:
    ground.person(CUSTOMER, "C-A", ANN, "Ann Archer", permissions=sees)
    ann = ground.signed_in()
    before = int(time.time()) - 240
    ground.age_sessions("seen_at", before)
    ann.get(address, headers=headers)
    assert (ground.last_use() > before) is uses


def test_an_app_is_set_up_while_logging_in_and_the_codes_are_shown_once(ground: Ground) -> None:
    ground.identity.to_set_up.add(CUSTOMER)
    browser = ground.browser()
    answer = post(browser, "/login", "/login", email=ANN, password=PASSWORD, next="/invoices")
    page = browser.get(answer.location)
    assert SECRET[:4] in page.text
    assert browser.get("/login/code").location == "/login/second-factor"
    assert not is_in(browser)
    form = {"csrf_token": token(page), "command_id": str(uuid4()), "next": "/invoices"}
    wrong = browser.post("/login/second-factor", data=form | {"code": "000000"})
    assert (wrong.status_code, "This is WrongCode." in wrong.text) == (422, True)
    done = browser.post("/login/second-factor", data=form | {"code": CODE})
    assert "AAAAA-BBBBB" in done.text
    assert 'href="/invoices"' in done.text
    assert is_in(browser)
    assert browser.get("/login/second-factor").location == "/login"


def test_setting_up_waits_for_a_service_that_is_away(ground: Ground) -> None:
    ground.identity.to_set_up.add(CUSTOMER)
    browser = ground.browser()
    post(browser, "/login", "/login", email=ANN, password=PASSWORD)
    ground.identity.away = True
    assert browser.get("/login/second-factor").status_code == 503
    ground.identity.away = False
    assert SECRET[:4] in browser.get("/login/second-factor").text


def test_an_admin_sets_the_policy_of_everybody_and_of_a_company(ground: Ground) -> None:
    admin = ground.signed_in(SAM)
    form = {"ways": ["password", "sso"], "factor": "y", "idle_minutes": "30", "longest_hours": ""}
    assert post(admin, PAGE, PAGE, command_id=str(uuid4()), **form).location == PAGE
    ((name, value),) = ground.commands.sent[-1][2]["settings"].items()
    wanted = {"ways": ["password", "sso"], "factor": True, "idle_minutes": 30, "longest_hours": 0}
    assert (name, json.loads(value)) == ("sign_in/*", wanted)
    own = f"{PAGE}/C-A"
    assert post(admin, PAGE, f"{PAGE}/company", company="C-A").location == own
    post(admin, own, own, command_id=str(uuid4()), **form)
    assert list(ground.commands.sent[-1][2]["settings"]) == ["sign_in/C-A"]
    decide(ground, "C-A", Policy(("sso",), idle_minutes=15))
    page = admin.get(PAGE).text
    assert "Aldergrove Ltd" in page
    assert "ends after 15 minutes without use" in page
    post(admin, own, own, command_id=str(uuid4()), action="drop", **form)
    assert ground.commands.sent[-1][2]["settings"] == {"sign_in/C-A": ""}


def test_what_makes_no_sense_is_said_beside_its_field_and_nothing_is_sent(ground: Ground) -> None:
    admin = ground.signed_in(SAM)
    answer = post(admin, PAGE, PAGE, command_id=str(uuid4()), ways=["password"], idle_minutes="2")
    assert (answer.status_code, "From 5 minutes to a week." in answer.text) == (422, True)
    assert ground.commands.sent == []
    answer = post(admin, PAGE, f"{PAGE}/company", company="NONE")
    assert (answer.status_code, "There is no company with the number “NONE”." in answer.text) == (422, True)
    assert 'value="NONE"' in answer.text, "what was typed is still there"
    assert f'action="{PAGE}" ' in answer.text, "the policy of everybody is still sent to its own page"
    assert admin.get(f"{PAGE}/NONE").status_code == 404
