"""Staff look at the portal as a contact sees it: what they get, what they cannot, how it ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from chassis.messages import ALL_COMPANIES
from gateway.parts import parts
from gateway.people import VIEWING
from tests.gateway.ground import CUSTOMER, STAFF, Ground, post, token

BANNER = "You see the portal as Ann Archer of Aldergrove Ltd sees it"


def looking(ground: Ground, minutes: float = 30) -> FlaskClient:
    """A browser of Sam's, who looks as Ann for so long."""
    until = (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()
    ground.commands.result = {"until": until, "company": "C-A"}
    browser = ground.signed_in("sam@s.example")
    answer = post(browser, "/settings", f"/contacts/{CUSTOMER}/view-as", command_id=VIEW)
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
    for path in ("/support/new", "/branch", "/settings/mails", "/settings/password", "/order-pad"):
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
        assert "recent" not in own.data or all(path != "/invoices" for _name, path in own.data["recent"])
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
