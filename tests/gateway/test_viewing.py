"""Staff look at the portal as a contact sees it: what they get, what they cannot, how it ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from chassis.messages import ALL_COMPANIES
from gateway.parts import parts
from gateway.people import VIEWING
from services.identity.projections.memberships import MEMBERSHIPS
from tests.gateway.ground import CUSTOMER, STAFF, Ground, post, token

BANNER = "You see the portal as Ann Archer of Aldergrove Ltd sees it"


def looking(ground: Ground, minutes: float = 30, company: str = "") -> FlaskClient:
    """A browser of Sam's, who looks as Ann for so long, in her own company or the one that is named."""
    until = (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()
    ground.commands.result = {"until": until, "company": company or "C-A"}
    browser = ground.signed_in("sam@s.example")
    answer = post(browser, "/settings", f"/contacts/{CUSTOMER}/view-as", command_id=VIEW, company=company)
    assert answer.headers["Location"] == "/"
    return browser


VIEW = "6f3b3d0e-5d5c-5b0e-9a54-1f0a3c6c7f21"


def sent(ground: Ground) -> list[tuple[str, dict[str, Any], str, str]]:
    """The commands that were sent: name, payload, company, actor."""
    return [(name, payload, of.company, of.actor) for _service, name, payload, of in ground.commands.sent]


def test_they_see_the_contacts_pages_under_a_banner_and_the_way_out(ground: Ground) -> None:
    ground.all_models()
    browser = looking(ground)
    assert sent(ground) == [("BeginViewAs", {"contact_id": CUSTOMER}, ALL_COMPANIES, STAFF)]
    for path in ("/", "/invoices", "/settings", "/no-such-page", "/desk"):
        assert BANNER in browser.get(path).text, path
    assert browser.get("/desk").status_code == 403
    answer = browser.post("/view-as/end", data={"csrf_token": token(browser.get("/"))})
    assert answer.headers["Location"] == f"/contacts/{CUSTOMER}"
    assert sent(ground)[1] == ("EndViewAs", {"view": "X-1"}, ALL_COMPANIES, STAFF)
    assert "You see the portal as" not in browser.get("/").text
    assert browser.get("/desk").status_code == 200


def test_nothing_can_be_sent_and_secrets_are_not_shown(ground: Ground) -> None:
    ground.all_models()
    browser = looking(ground)
    ground.commands.sent.clear()
    form = {"csrf_token": token(browser.get("/")), "branch": "", "summary_line": "x", "detail": "y", "wanted": "x"}
    for path in ("/support/new", "/settings/mails", "/settings/password", "/order-pad"):
        answer = browser.post(path, data=form)
        assert answer.status_code == 403, path
        assert "nothing can be changed" in answer.text
    for path in ("/settings/password", "/settings/second-factor"):
        assert browser.get(path).status_code == 403, path
    assert sent(ground) == []
    assert [method for method, _payload in ground.identity.calls] == ["sign_in"]


def test_the_contacts_and_the_staffs_own_traces_stay_as_they_were(ground: Ground) -> None:
    ground.all_models()
    ann, browser = ground.signed_in(), looking(ground)
    with ground.app.app_context():
        before = parts().store.of_contact(CUSTOMER)
        for path in ("/", "/invoices", "/support"):
            assert browser.get(path).status_code == 200
        assert parts().store.of_contact(CUSTOMER) == before
        (own,) = parts().store.of_contact(STAFF)
        assert "recent" not in own.data or all(path != "/invoices" for _name, path, _language in own.data["recent"])
    assert BANNER not in ann.get("/").text


@pytest.mark.parametrize("change", ["over", "deactivated", "no longer staff"])
def test_it_ends_by_itself(ground: Ground, change: str) -> None:
    browser = looking(ground, -1 if change == "over" else 30)
    if change == "deactivated":
        ground.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", status="inactive")
    if change == "no longer staff":
        ground.person(STAFF, "", "sam@s.example", "Sam Steel", roles=("operator",))
    answer = browser.get("/invoices")
    assert answer.headers["Location"] == f"/contacts/{CUSTOMER}"
    assert "ends by itself after a time" in browser.get("/settings").text
    assert browser.get("/invoices").status_code == 403


def test_who_cannot_log_in_any_more_sees_nothing_at_all(ground: Ground) -> None:
    browser = looking(ground)
    ground.person(STAFF, "", "sam@s.example", "Sam Steel", roles=("agent",), status="inactive")
    assert browser.get("/").headers["Location"].startswith("/login")


@pytest.fixture
def both(ground: Ground) -> Ground:
    """Ann of Aldergrove works for Borealis, too, and may do nothing but support cases of two branches there."""
    ground.all_models()
    for key, name in (("OSL", "Oslo"), ("BGO", "Bergen"), ("TRD", "Trondheim")):
        ground.branch("C-B", key, name)
    member = {"contact_id": CUSTOMER, "company": "C-B", "permissions": '["open_cases"]', "roles": "[]", "ends": "{}"}
    ground.models["identity"].put(MEMBERSHIPS, **member, branches='["OSL", "BGO"]')
    return ground


def test_they_begin_in_a_company_of_the_contacts_or_change_to_it_by_the_contacts_own_switch(both: Ground) -> None:
    browser = looking(both, company="C-B")
    assert sent(both) == [("BeginViewAs", {"contact_id": CUSTOMER, "in_company": "C-B"}, ALL_COMPANIES, STAFF)]
    assert "Ann Archer of Borealis GmbH sees it" in browser.get("/").text
    assert browser.get("/invoices").status_code == 403
    both.commands.result = {**both.commands.result, "company": "C-A"}
    form = {"csrf_token": token(browser.get("/"))}
    assert browser.post("/company", data={**form, "company": "C-A"}).headers["Location"] == "/"
    again = ("BeginViewAs", {"contact_id": CUSTOMER, "in_company": "C-A"}, ALL_COMPANIES, STAFF)
    assert sent(both)[1:] == [again, ("EndViewAs", {"view": "X-1"}, ALL_COMPANIES, STAFF)]
    assert BANNER in browser.get("/invoices").text
    assert browser.post("/company", data={**form, "company": "C-Z"}).status_code == 404


def test_the_contacts_switches_change_nothing_of_the_contacts_or_the_staffs_session(both: Ground) -> None:
    ann, browser = both.signed_in(), looking(both, company="C-B")
    form = {"csrf_token": token(browser.get("/"))}
    with both.app.app_context():
        before = parts().store.of_contact(CUSTOMER)
        assert browser.post("/branch", data={**form, "branch": "TRD"}).status_code == 404
        assert browser.post("/branch", data={**form, "branch": "BGO"}).status_code == 302
        assert 'value="BGO" aria-pressed="true"' in browser.get("/").text
        browser.post("/company", data={**form, "company": "C-A"})
        assert parts().store.of_contact(CUSTOMER) == before
        (own,) = parts().store.of_contact(STAFF)
        assert (own.company, own.branch) == (ALL_COMPANIES, None)
    assert "Aldergrove Ltd" in ann.get("/settings").text


def test_a_view_ends_when_the_contact_is_taken_out_of_its_company(both: Ground) -> None:
    browser = looking(both, company="C-B")
    both.models["identity"].execute(f"DELETE FROM {MEMBERSHIPS.name} WHERE contact_id = ?", (CUSTOMER,))
    assert browser.get("/support").headers["Location"] == f"/contacts/{CUSTOMER}"
    assert "ends by itself" in browser.get("/settings").text


def test_logging_out_ends_it_even_when_identity_is_away(ground: Ground) -> None:
    from chassis.errors import Unavailable

    browser = looking(ground)
    form = {"csrf_token": token(browser.get("/"))}
    ground.commands.error = Unavailable("away")
    assert browser.post("/logout", data=form).headers["Location"] == "/login"
    assert browser.get("/").headers["Location"].startswith("/login")


def test_staff_are_not_looked_as(ground: Ground) -> None:
    ground.person("S-2", "", "eve@s.example", "Eve Elm", roles=("agent",))
    browser = ground.signed_in("sam@s.example")
    assert post(browser, "/settings", "/contacts/S-2/view-as", command_id=VIEW).status_code == 404
    with ground.app.app_context():
        (own,) = parts().store.of_contact(STAFF)
        assert VIEWING not in own.data
    assert ground.commands.sent == []
