"""A person pins pages to the top of their menu (R3)."""

from __future__ import annotations

import re

import pytest

from chassis.errors import Refused
from services.identity.projections.favourites import FAVOURITES
from tests.gateway.ground import CUSTOMER, OTHER, Ground, post, token


@pytest.fixture
def pinned(ground: Ground) -> Ground:
    """Ann has pinned her payments, then her orders, then a page that there is no more; Bo has pinned deliveries."""
    ground.all_models()
    rows = ((CUSTOMER, "/payments", 1), (CUSTOMER, "/orders", 2), (CUSTOMER, "/gone", 3), (OTHER, "/deliveries", 4))
    for contact, page, position in rows:
        ground.models["identity"].put(FAVOURITES, contact_id=contact, page=page, position=position)
    return ground


def favourites(page: str) -> list[str]:
    """The paths of the first group of the report menu, where it is that of the favourites."""
    group = re.search(r"<details class=\"group\" open><summary>Favourites.*?</details>", page, re.DOTALL)
    return re.findall(r'<a href="([^"]+)"', group[0]) if group else []


def test_favourites_stand_on_top_of_ones_own_menu(pinned: Ground) -> None:
    assert favourites(pinned.signed_in().get("/").text) == ["/payments", "/orders"]
    assert favourites(pinned.signed_in("bo@b.example").get("/").text) == ["/deliveries"]


def test_what_one_may_not_see_any_more_is_not_among_them(pinned: Ground) -> None:
    pinned.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", ("report_orders",))
    assert favourites(pinned.signed_in().get("/").text) == ["/orders"]


def test_a_star_pins_and_unpins_and_leads_back(pinned: Ground) -> None:
    browser = pinned.signed_in()
    for field, name, page in (("pin", "PinPage", "/invoices"), ("unpin", "UnpinPage", "/orders")):
        form = {"csrf_token": token(browser.get("/deliveries")), field: page}
        answer = browser.post("/favourites", data=form, headers={"Referer": "http://localhost/deliveries"})
        assert (answer.status_code, answer.headers["Location"]) == (302, "/deliveries")
        _service, sent, payload, context = pinned.commands.sent[-1]
        assert (sent, payload, context.actor) == (name, {"page": page}, CUSTOMER)


def test_what_is_not_in_ones_menu_cannot_be_pinned(pinned: Ground) -> None:
    browser = pinned.signed_in()
    for page in ("/administration", "https://elsewhere.example/", "//elsewhere.example", ""):
        assert post(browser, "/settings", "/favourites", pin=page).status_code == 404
    assert pinned.commands.sent == []


def test_a_refusal_is_said_on_the_page_one_was_on(pinned: Ground) -> None:
    browser = pinned.signed_in()
    pinned.commands.error = Refused("You have twelve favourites already.")
    post(browser, "/deliveries", "/favourites", pin="/invoices")
    assert "You have twelve favourites already." in browser.get("/deliveries").text
