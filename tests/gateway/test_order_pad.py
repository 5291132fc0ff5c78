"""The Order Pad: what is typed is read safely, and an order is one that its buyer will see."""

from __future__ import annotations

import json
import re
import time
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from chassis.errors import Invalid
from gateway.orderpad.lines import MOST, Typed, decimal_of, quantity_of, read_pasted
from gateway.people import PERMISSIONS
from services.orders.contract import ITEMS, ORDERS, PRICES, TERMS
from services.orders.projections import PROJECTIONS as orders
from tests.gateway.ground import CUSTOMER, Ground, post


@pytest.fixture
def shop(ground: Ground) -> Ground:
    """Item I-1 costs 2.50 EUR; the company has branches north and south."""
    model = ground.model("orders", orders)
    model.put(TERMS, company="C-A", currency="EUR", price_list="P", discount_percent="0")
    model.put(ITEMS, item="I-1", name="Bolt", unit="pc", sellable=1)
    model.put(
        PRICES, price_list="P", item="I-1", currency="EUR", min_quantity="1", min_quantity_key=1, price="2.50",
        price_key=2.5,
    )  # fmt: skip
    model.move("orders", "C-A", 1)
    model.move("catalogue", "C-A", 1)
    ground.branch("C-A", "N", "North")
    ground.branch("C-A", "S", "South")
    return ground


def buyer(ground: Ground, branches: tuple[str, ...] | None, permissions: tuple[str, ...] = PERMISSIONS) -> FlaskClient:
    """A browser of somebody who may buy for these branches."""
    ground.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", permissions=permissions, branches=branches)
    return ground.signed_in()


def place(browser: FlaskClient, **fields: Any) -> TestResponse:
    """Order two bolts at the price they have."""
    line = {"item": "I-1", "quantity": "2", "shown": "2.5", "currency": "EUR"}
    sent = {"action": "place", "command_id": "6f6b0c0e-7f0e-4b0c-9e0a-000000000001"}
    return post(browser, "/order-pad", "/order-pad", **{**sent, **line, **fields})


def check(browser: FlaskClient, action: str = "check", **fields: Any) -> TestResponse:
    """Send the pad as it is, and the page that follows."""
    answer = post(browser, "/order-pad", "/order-pad", action=action, **fields)
    assert (answer.status_code, answer.location) == (302, "/order-pad")
    return browser.get("/order-pad")


def ordered_for(ground: Ground) -> list[str]:
    """The branches of the orders that were sent."""
    return [payload["branch"] for _, name, payload, _ in ground.commands.sent if name == "PlaceOrder"]


def test_who_buys_for_one_branch_orders_for_it(shop: Ground) -> None:
    assert place(buyer(shop, ("N",))).status_code == 302
    assert ordered_for(shop) == ["N"]


def test_who_buys_for_several_branches_has_to_choose(shop: Ground) -> None:
    browser = buyer(shop, ("N", "S"))
    page = browser.get("/order-pad").text
    assert '<option value="S">South</option>' in page
    refused = place(browser, branch="")
    assert refused.status_code == 422
    assert "Choose the branch it is for." in refused.text
    assert place(browser, branch="X").status_code == 422
    assert place(browser, branch="S").status_code == 302
    assert ordered_for(shop) == ["S"]


def test_who_looks_at_one_of_several_branches_orders_for_that(shop: Ground) -> None:
    browser = buyer(shop, ("N", "S"))
    post(browser, "/", "/branch", branch="S")
    assert place(browser).status_code == 302
    assert ordered_for(shop) == ["S"]


def test_who_buys_for_the_whole_company_orders_for_no_branch(shop: Ground) -> None:
    assert place(buyer(shop, None)).status_code == 302
    assert ordered_for(shop) == [""]


@pytest.mark.parametrize("text", ["1E+200000", "1,0E+200000", "1E-200000", "0E+999999", "9" * 40, "NaN", "x"])
def test_what_is_no_sensible_number_is_none(text: str) -> None:
    started = time.monotonic()
    assert decimal_of(text) is None
    assert quantity_of(text, "en_GB") is None
    assert time.monotonic() - started < 1


def test_quantities_are_read_as_people_and_spreadsheets_write_them() -> None:
    assert quantity_of("1,250.5", "en_GB") == Decimal("1250.5")
    assert quantity_of("1E+03", "en_GB") == Decimal(1000)


def test_a_forged_price_does_not_hang_the_page(shop: Ground) -> None:
    browser = buyer(shop, None)
    assert len(check(browser, item="I-1", quantity="2", shown="1E+200000").data) < 100_000


def test_what_was_typed_is_on_the_pad_until_it_is_ordered(shop: Ground) -> None:
    browser = buyer(shop, ("N",))
    page = check(browser, item="I-1", quantity="2", reference="PO-7").text
    assert 'value="I-1"' in page
    assert 'value="PO-7"' in page
    assert "5.00" in page
    assert browser.get("/order-pad").text.count('value="I-1"') == 1
    assert place(browser).status_code == 302
    assert 'value="I-1"' not in browser.get("/order-pad").text


def test_the_pad_can_be_cleared(shop: Ground) -> None:
    browser = buyer(shop, ("N",))
    check(browser, item="I-1", quantity="2")
    assert 'value="I-1"' not in check(browser, action="clear", item="I-1", quantity="2").text


def test_what_cannot_be_seen_is_no_part_of_an_item(shop: Ground) -> None:
    assert 'value="I-1"' in check(buyer(shop, ("N",)), item="i-1\0\u200b", quantity="2").text


def test_looking_up_nothing_says_what_to_do(shop: Ground) -> None:
    assert "type an item and a quantity" in check(buyer(shop, ("N",))).text


def test_what_was_typed_is_kept_when_an_order_is_refused(shop: Ground) -> None:
    browser = buyer(shop, ("N",))
    assert place(browser, ship_date="2020-01-01").status_code == 422
    assert ordered_for(shop) == []
    assert 'value="I-1"' in browser.get("/order-pad").text


def test_a_day_that_is_past_is_refused(shop: Ground) -> None:
    assert "That day is past" in place(buyer(shop, ("N",)), ship_date="2020-01-01").text


def test_a_heading_that_was_pasted_is_no_line() -> None:
    assert read_pasted("Item\tQty\nCE-35\t4") == [Typed("CE-35", "4")]
    assert read_pasted("BOLT\tmany") == [Typed("BOLT", "many")]


def test_a_quantity_that_is_too_large_is_told_the_limit(shop: Ground) -> None:
    assert "less than 1,000,000,000" in check(buyer(shop, ("N",)), item="I-1", quantity="9" * 20).text


def test_a_refusal_names_the_line_it_is_about(shop: Ground) -> None:
    shop.commands.error = Invalid("Some of it is missing.", fields={"lines": {"0": {"quantity": ["Not a number."]}}})
    page = place(buyer(shop, None)).text
    assert "Line 1: Not a number." in page
    assert "<li>0</li>" not in page


def test_a_quantity_has_no_more_decimals_than_an_order_takes(shop: Ground) -> None:
    answer = place(buyer(shop, None), quantity="1.00001")
    assert answer.status_code == 422
    assert "A quantity has at most 4 decimals." in answer.text
    assert ordered_for(shop) == []


@pytest.mark.parametrize("action", ["place", "check"])
def test_more_lines_than_an_order_has_are_refused_whole_and_none_is_lost(shop: Ground, action: str) -> None:
    pasted = "\n".join("I-1\t3" for _ in range(MOST))
    browser = buyer(shop, ("N",))
    refused = place(browser, action=action, pasted=pasted)
    assert refused.status_code == 422
    assert f"at most {MOST} lines, and here are {MOST + 1}: nothing was ordered." in refused.text
    assert refused.text.count("I-1\t3") == MOST
    assert 'value="I-1"' in refused.text
    assert ordered_for(shop) == []


def offer(ground: Ground, lines: list[tuple[str, str]], kind: str = "order") -> None:
    """A document of the company's with these items and quantities; its number is SO-1."""
    where = {"company": "C-A", "kind": kind, "key": "SO-1"}
    body = {"lines": [{"line": n, "item": item, "quantity": count} for n, (item, count) in enumerate(lines, 1)]}
    blank = {"description": "", "unit": "", "price": "1", "amount": "1"}
    body["lines"] = [{**blank, **line} for line in body["lines"]]
    ground.models["orders"].put(ORDERS.documents, **where, number="SO-1", currency="EUR", date="2026-05-01")
    ground.models["orders"].put(ORDERS.lines, **where, body=json.dumps(body).encode())


def again(browser: FlaskClient, command: str = "6f6b0c0e-7f0e-4b0c-9e0a-000000000007") -> str:
    """The pad after "order again" on the document's page."""
    answer = post(browser, "/orders/SO-1", "/order-pad/again", kind="order", number="SO-1", command_id=command)
    assert (answer.status_code, answer.location) == (302, "/order-pad"), answer.text
    return browser.get("/order-pad").text


def typed(page: str) -> list[tuple[str, str]]:
    """What stands on the pad."""
    found = re.findall(r'name="item" value="([^"]+)".*?name="quantity" value="([^"]+)"', page, re.S)
    return [(item, quantity) for item, quantity in found]


def test_an_order_is_put_on_the_pad_again_and_not_ordered(shop: Ground) -> None:
    offer(shop, [("I-1", "1250.5"), ("", "1"), ("I-1", "-3")])
    browser = buyer(shop, None)
    assert 'action="/order-pad/again"' in browser.get("/orders/SO-1").text
    page = again(browser)
    assert typed(page) == [("I-1", "1,250.5")]
    assert "The lines of Order SO-1 are on the pad; nothing is ordered yet." in page
    assert shop.commands.sent == []


def test_a_second_click_puts_nothing_there_twice_and_another_order_adds(shop: Ground) -> None:
    offer(shop, [("I-1", "2")])
    browser = buyer(shop, None)
    for command, count in (("1", 1), ("1", 1), ("2", 2)):
        page = again(browser, f"6f6b0c0e-7f0e-4b0c-9e0a-00000000000{command}")
        assert typed(page) == [("I-1", "2")] * count


def test_an_item_that_is_not_sold_any_more_is_told(shop: Ground) -> None:
    offer(shop, [("I-1", "2"), ("OLD-9", "5")])
    page = again(buyer(shop, None))
    assert "Not to be had as it was: OLD-9." in page
    assert "There is no item “OLD-9”." in page


def test_what_does_not_fit_on_the_pad_is_left_away_as_a_whole(shop: Ground) -> None:
    offer(shop, [("I-1", "2")] * (MOST + 1))
    page = again(buyer(shop, None))
    assert "at most 500 lines" in page
    assert typed(page) == []


def test_only_what_is_theirs_is_put_on_the_pad(shop: Ground) -> None:
    offer(shop, [("I-1", "2")])
    browser = shop.signed_in("bo@b.example")
    for kind, number in (("order", "SO-1"), ("order", "SO-2"), ("nonsense", "SO-1")):
        assert post(browser, "/order-pad", "/order-pad/again", kind=kind, number=number).status_code == 404
