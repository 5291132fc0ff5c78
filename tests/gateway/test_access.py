"""Who gets which page."""

from __future__ import annotations

import pytest
from flask import Flask

from gateway.routes import Pages, access_table
from tests.gateway.ground import CUSTOMER, STAFF, Ground, post


def test_every_route_says_who_may_see_it(ground: Ground) -> None:
    assert access_table(ground.app).keys() == {rule.endpoint for rule in ground.app.url_map.iter_rules()}


def test_a_route_registered_in_any_other_way_stops_the_start() -> None:
    app = Flask("sample")
    with pytest.raises(TypeError, match="static"):
        access_table(app)


def test_pages_refuse_flasks_own_registration() -> None:
    pages = Pages("sample", __name__)
    with pytest.raises(TypeError, match="page, staff_page or public_page"):
        pages.get("/open")(lambda: "")


def test_a_page_names_permissions_and_roles_that_exist() -> None:
    pages = Pages("sample", __name__)
    with pytest.raises(ValueError, match="see_everything"):
        pages.page("/x", needs="see_everything")
    with pytest.raises(ValueError, match="root"):
        pages.staff_page("/x", role="root")


def test_without_a_session_a_page_leads_to_the_login_and_back(ground: Ground) -> None:
    answer = ground.browser().get("/settings?tab=1")
    assert (answer.status_code, answer.location) == (302, "/login?next=%2Fsettings%3Ftab%3D1")


def test_every_page_but_public_ones_asks_for_a_session(ground: Ground) -> None:
    browser = ground.browser()
    for rule in ground.app.url_map.iter_rules():
        access = access_table(ground.app)[rule.endpoint]
        if access.public:
            continue
        path = rule.rule.replace("<", "").replace(">", "").replace("path:", "").replace("int:", "")
        answer = browser.get(path) if "GET" in (rule.methods or ()) else browser.post(path)
        assert answer.status_code in (302, 401, 404), rule.rule
        if answer.status_code == 302:
            assert answer.location.startswith("/login?"), rule.rule


def test_without_the_order_pad_licence_the_feature_is_not_there(ground: Ground) -> None:
    browser = ground.signed_in()
    assert 'href="/order-pad"' in browser.get("/").text
    ground.unlicense("order_pad", "*")
    assert 'href="/order-pad"' not in browser.get("/").text
    assert browser.get("/order-pad").status_code == 403
    ground.license("order_pad", "C-A")
    assert browser.get("/order-pad").status_code != 403


def test_a_missing_permission_hides_the_page_and_refuses_it(ground: Ground) -> None:
    browser = ground.signed_in()
    assert 'href="/order-pad"' in browser.get("/").text
    ground.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", permissions=("open_cases",))
    page = browser.get("/")
    assert 'href="/order-pad"' not in page.text
    refused = browser.get("/order-pad")
    assert refused.status_code == 403
    assert "needs a permission" in refused.text


def test_staff_pages_are_refused_to_customers_and_customers_pages_to_staff(ground: Ground) -> None:
    assert ground.signed_in().get("/desk").status_code == 403
    assert ground.signed_in("sam@s.example").get("/order-pad").status_code == 403


def test_staff_have_their_own_tabs(ground: Ground) -> None:
    page = ground.signed_in("sam@s.example").get("/").text
    assert "Companies &amp; contacts" in page or "Companies &#38; contacts" in page or "Companies & contacts" in page
    assert "Invoices" not in page


@pytest.mark.parametrize("status", ["inactive", "erased"])
def test_somebody_switched_off_is_signed_out_at_the_next_request(ground: Ground, status: str) -> None:
    browser = ground.signed_in()
    ground.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", status=status)
    assert browser.get("/").location.startswith("/login")
    ground.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer")
    assert browser.get("/").status_code == 302


def test_a_role_taken_away_works_at_once(ground: Ground) -> None:
    browser = ground.signed_in("sam@s.example")
    assert browser.get("/desk").status_code != 403
    ground.person(STAFF, "", "sam@s.example", "Sam Steel", roles=("operator",))
    assert browser.get("/desk").status_code == 403


def test_an_address_without_a_page_is_said_within_the_frame(ground: Ground) -> None:
    answer = ground.signed_in().get("/no/such/page")
    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert 'aria-label="Main"' in answer.text
    assert answer.headers["X-Correlation-Id"] in answer.text


def test_somebody_with_several_roles_gets_each_part_of_the_start_page_once(ground: Ground) -> None:
    page = ground.signed_in("sam@s.example").get("/").text
    assert page.count("Not ready yet") == 2


@pytest.mark.parametrize("what", ["invite", "access"])
def test_staff_are_no_contacts_to_let_in_or_switch_off(ground: Ground, what: str) -> None:
    browser = ground.signed_in("sam@s.example")
    command = "6f6b0c0e-7f0e-4b0c-9e0a-000000000004"
    answer = post(browser, "/settings", f"/contacts/{STAFF}/{what}", command_id=command, off="1")
    assert answer.status_code == 404
    assert ground.commands.sent == []


@pytest.mark.parametrize(
    ("permissions", "said"),
    [
        (("open_cases",), "This is your way to our support"),
        ((), "Your account has nothing to show yet"),
        (("pay",), "Nothing to show yet"),
    ],
)
def test_home_says_why_it_is_empty(ground: Ground, permissions: tuple[str, ...], said: str) -> None:
    ground.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", permissions=permissions)
    answer = ground.signed_in().get("/")
    assert answer.status_code == 200
    assert said in answer.text
