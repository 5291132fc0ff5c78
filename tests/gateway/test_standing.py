"""Somebody of several companies chooses one in the top bar; everything they see and send is then that one's."""

from __future__ import annotations

import json

import pytest
from flask.testing import FlaskClient

from gateway.parts import parts
from services.identity.projections.memberships import MEMBERSHIPS
from tests.gateway.ground import CUSTOMER, OTHER, Ground, post, token
from tests.gateway.test_scope import scope_of


@pytest.fixture
def both(ground: Ground) -> Ground:
    """Ann of Aldergrove works for Borealis, too, and may do nothing but support cases of branch OSL there."""
    ground.all_models()
    ground.branch("C-B", "OSL", "Oslo")
    ground.branch("C-B", "BGO", "Bergen")
    ground.models["identity"].put(
        MEMBERSHIPS,
        contact_id=CUSTOMER,
        company="C-B",
        permissions=json.dumps(["open_cases"]),
        branches=json.dumps(["OSL"]),
        roles="[]",
        ends="{}",
    )
    return ground


def test_there_is_a_switcher_only_where_there_is_a_choice(both: Ground) -> None:
    assert 'action="/company"' in both.signed_in().get("/").text
    alone = both.signed_in("bo@b.example")
    assert 'action="/company"' not in alone.get("/").text
    assert post(alone, "/settings", "/company", company="C-A").status_code == 404


def test_permissions_branches_and_commands_are_the_chosen_companys(both: Ground) -> None:
    browser = both.signed_in()
    assert browser.get("/invoices").status_code == 200
    assert post(browser, "/settings", "/company", company="C-B").headers["Location"] == "/"
    assert "Borealis GmbH" in browser.get("/settings").text
    assert browser.get("/invoices").status_code == 403
    for branch, status in (("OSL", 302), ("BGO", 404)):
        assert post(browser, "/settings", "/branch", branch=branch).status_code == status
    sent = post(browser, "/support/new", "/support/new", summary_line="Help", detail="It broke.", command_id=_ID)
    assert sent.status_code == 302, sent.text
    (_service, _name, _payload, context) = both.commands.sent[-1]
    assert (context.company, context.actor) == ("C-B", CUSTOMER)
    assert post(browser, "/settings", "/company", company="C-A").status_code == 302
    assert browser.get("/invoices").status_code == 200


_ID = "6f3b3d0e-5d5c-5b0e-9a54-1f0a3c6c7f22"


def test_a_form_of_the_company_before_is_not_sent_for_the_other(both: Ground) -> None:
    browser = both.signed_in()
    form = {"csrf_token": token(browser.get("/support/new")), "command_id": _ID, "summary_line": "x", "detail": "y"}
    post(browser, "/settings", "/company", company="C-B")
    answer = browser.post("/support/new", data=form)
    assert answer.status_code == 400
    assert "expired" in answer.text
    assert both.commands.sent == []


def test_nothing_begun_in_one_company_goes_along(both: Ground) -> None:
    browser = both.signed_in()
    post(browser, "/order-pad", "/order-pad", item="A-1", quantity="2", reference="for Alder alone", action="check")
    browser.get("/invoices")
    post(browser, "/settings", "/company", company="C-B")
    with both.app.app_context():
        (session,) = parts().store.of_contact(CUSTOMER)
    assert (session.company, session.branch) == ("C-B", None)
    assert "for Alder alone" not in json.dumps(session.data)
    assert "/invoices" not in json.dumps(session.data)


def test_who_is_taken_out_stands_in_their_first_company_again(both: Ground) -> None:
    browser = both.signed_in()
    post(browser, "/settings", "/company", company="C-B")
    both.models["identity"].execute(f"DELETE FROM {MEMBERSHIPS.name} WHERE contact_id = ?", (CUSTOMER,))
    page = browser.get("/settings").text
    assert "Aldergrove Ltd" in page
    assert "Borealis GmbH" not in page


def test_the_branch_of_the_company_before_limits_nothing_and_another_is_chosen_anew(both: Ground) -> None:
    both.branch("C-A", "OSL", "Aldergrove Oslo")
    browser = both.signed_in()
    post(browser, "/settings", "/company", company="C-B")
    post(browser, "/settings", "/branch", branch="OSL")
    both.models["identity"].execute(f"DELETE FROM {MEMBERSHIPS.name} WHERE contact_id = ?", (CUSTOMER,))
    assert standing(both, browser) == ("C-A", None)
    post(browser, "/settings", "/branch", branch="OSL")
    assert standing(both, browser) == ("C-A", ("OSL",))


def standing(both: Ground, browser: FlaskClient) -> tuple[str, tuple[str, ...] | None]:
    """Where a browser's person stands, and the branches that what they see is limited to."""
    with scope_of(both, browser) as scope:
        return scope.company, scope.branches


def test_the_same_person_elsewhere_is_nobodys_business(both: Ground) -> None:
    assert both.signed_in("bo@b.example").get("/settings").status_code == 200
    with both.app.app_context():
        (session,) = parts().store.of_contact(OTHER)
    assert session.company == "C-B"
