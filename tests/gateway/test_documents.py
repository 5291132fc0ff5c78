"""A document's page: whose it is, and what else it leads to."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from gateway.people import PERMISSIONS
from services.orders.contract import ORDERS
from services.orders.projections import PROJECTIONS as orders
from tests.gateway.ground import CUSTOMER, Ground, post

ORDER_ONLY = ("order",)


@pytest.fixture
def filled(ground: Ground) -> Ground:
    """Ann's order W-1 for branch north, her company's W-2 for branch south."""
    ground.model("orders", orders)
    put(ground, "order", "W-1", branch="N", status="accepted", placed_by=CUSTOMER)
    put(ground, "order", "W-2", branch="S", status="accepted", placed_by="K-999")
    ground.models["orders"].move("orders", "C-A", 5)
    return ground


def put(ground: Ground, kind: str, number: str, **values: Any) -> None:
    """A document of the company's."""
    where = {"company": "C-A", "kind": kind, "key": number}
    row = {"number": number, "currency": "EUR", "date": "2026-05-01", **values}
    ground.models["orders"].put(ORDERS.documents, **where, **row)
    ground.models["orders"].put(ORDERS.lines, **where, body=json.dumps({}).encode())


def ann(
    ground: Ground, permissions: tuple[str, ...] = PERMISSIONS, branches: tuple[str, ...] | None = None
) -> FlaskClient:
    """Ann's browser."""
    ground.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", permissions=permissions, branches=branches)
    return ground.signed_in()


def test_an_order_that_is_still_on_its_way_is_being_processed(filled: Ground) -> None:
    browser = ann(filled)
    with browser.session_transaction() as web:
        web["waits"] = {"orders.orders_v2": [9, 2**33]}
    page = browser.get("/orders/W-3")
    assert page.status_code == 200
    assert "being processed" in page.text
    assert "data-pending" in page.text


def test_an_order_that_is_not_there_is_not_found(filled: Ground) -> None:
    assert ann(filled).get("/orders/W-3").status_code == 404


def test_who_may_order_sees_their_own_orders_and_no_others(filled: Ground) -> None:
    browser = ann(filled, ORDER_ONLY)
    page = browser.get("/orders/W-1")
    assert page.status_code == 200
    assert 'href="/orders"' not in page.text
    assert browser.get("/orders/W-2").status_code == 404
    assert browser.get("/orders").status_code == 403


def link(ground: Ground, kind: str, number: str, base_kind: str, base_number: str) -> None:
    """Say what a document was made from."""
    names = ("kind", "number", "base_kind", "base_number")
    values = dict(zip(names, (kind, number, base_kind, base_number), strict=True))
    ground.models["orders"].put(ORDERS.links, company="C-A", **values)


def test_the_chain_shows_what_may_be_opened_and_nothing_else(filled: Ground) -> None:
    put(filled, "delivery", "D-1", branch="N")
    put(filled, "delivery", "D-2", branch="S")
    for delivery in ("D-1", "D-2"):
        link(filled, "delivery", delivery, "order", "W-1")
    page = ann(filled, branches=("N",)).get("/orders/W-1").text
    assert 'href="/deliveries/D-1"' in page
    assert "D-2" not in page
    page = ann(filled, ("report_orders",)).get("/orders/W-1").text
    assert "D-1" not in page


def cancel(browser: FlaskClient, number: str) -> int:
    """The status of the answer to cancelling an order."""
    command = "6f6b0c0e-7f0e-4b0c-9e0a-000000000003"
    return post(browser, "/settings", f"/orders/{number}/cancel", command_id=command).status_code


def test_an_order_of_another_branch_cannot_be_cancelled(filled: Ground) -> None:
    browser = ann(filled, branches=("N",))
    assert cancel(browser, "W-2") == 404
    assert filled.commands.sent == []
    assert cancel(browser, "W-1") == 302
    assert [payload for _, _, payload, _ in filled.commands.sent] == [{"order": "W-1"}]


@pytest.mark.parametrize(
    "address",
    [
        "?until=9999-12-31",
        "?since=9999-12-15",
        "?until=0001-01-05",
        "?since=2200-12-31&until=1900-01-01",
        "?sort=total&after=--5&after=x",
        "?sort=total&after=²&after=x",
        "?sort=-open&before=&before=",
        "?until=2026-02-30",
    ],
)
def test_a_report_answers_whatever_its_address_says(filled: Ground, address: str) -> None:
    page = ann(filled).get("/orders" + address)
    assert page.status_code == 200
    assert ("days are taken from 1900 to 2200" in page.text) == ("9999" in address or "0001" in address)
    assert ("is not a date like" in page.text) == ("02-30" in address)


def test_a_long_report_is_read_page_by_page_and_back(filled: Ground) -> None:
    model = filled.models["orders"]
    for number in range(60):
        put(filled, "order", f"X-{number:02}", date="2026-06-01")
    for table, period, value in ((ORDERS.totals, "date", "2026-06-01"), (ORDERS.months, "month", "2026-06")):
        model.put(table, company="C-A", kind="order", currency="EUR", count=60, **{period: value})
    browser = ann(filled)
    first = browser.get("/orders").text
    assert "<strong>1–50</strong> of 60" in first
    second = browser.get(neighbour(first, "next")).text
    assert "<strong>51–62</strong>" in second
    assert "W-1" in second
    assert ">X-59<" not in second
    back = browser.get(neighbour(second, "prev")).text
    assert re.findall(">(X-[0-9]+)<", back) == re.findall(">(X-[0-9]+)<", first)


def neighbour(page: str, rel: str) -> str:
    """The address of the page before or behind this one."""
    found = re.search(f'rel="{rel}" href="([^"]+)"', page)
    assert found is not None
    return html.unescape(found.group(1))
