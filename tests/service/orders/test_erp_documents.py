"""The ERP's orders, deliveries, items and prices, over the bus into the read models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.examples.orders import COMPANY, OTHER_COMPANY, erp, erp_order, erp_price
from tests.support.services import RunningService

LATER = "2026-11-21T08:00:00Z"


@pytest.fixture(scope="module")
def orders(start_service: Callable[[str], RunningService]) -> RunningService:
    """The running service."""
    return start_service("orders")


def order(number: str, stamp: str = "2026-11-20T09:30:00Z", **changes: Any) -> dict[str, Any]:
    """An order as erp_sync sends it."""
    return erp("order", number, erp_order(number, **changes), stamp)


def outcome(answer: dict[str, Any]) -> tuple[int, int, int, int]:
    """How many changed, stayed, were older, were refused."""
    return answer["changed"], answer["unchanged"], answer["stale"], len(answer["refused"])


def test_orders_and_deliveries_are_rows_with_links(orders: RunningService) -> None:
    delivery = erp("delivery", "5011", erp_order("5011", base=[{"kind": "order", "number": "10234"}], status="closed"))
    answer = orders.record(COMPANY, [order("10234"), delivery])
    orders.wait_position("orders_v2", answer["position"])
    assert outcome(answer) == (2, 0, 0, 0)
    rows = orders.rows("SELECT kind, number, status, total_minor FROM orders_v2 WHERE company = ? ORDER BY 1", COMPANY)
    assert [tuple(row.values()) for row in rows] == [
        ("delivery", "5011", "closed", 57000),
        ("order", "10234", "open", 57000),
    ]
    [link] = orders.rows("SELECT * FROM order_links_v2 WHERE company = ?", COMPANY)
    assert (link["number"], link["base_kind"], link["base_number"]) == ("5011", "order", "10234")


def test_the_same_again_changes_nothing_and_one_changed_changes_one(orders: RunningService) -> None:
    first = [order(str(number)) for number in range(20001, 20011)]
    assert outcome(orders.record(OTHER_COMPANY, first)) == (10, 0, 0, 0)
    assert outcome(orders.record(OTHER_COMPANY, first)) == (0, 10, 0, 0)
    changed = [*first[:9], order("20010", LATER, status="closed")]
    answer = orders.record(OTHER_COMPANY, changed)
    orders.wait_position("orders_v2", answer["position"])
    assert outcome(answer) == (1, 9, 0, 0)
    totals = orders.rows(
        "SELECT status, count, total_minor, open_minor FROM order_totals_v2 WHERE company = ? ORDER BY status",
        OTHER_COMPANY,
    )
    assert [tuple(row.values()) for row in totals] == [("closed", 1, 57000, 0), ("open", 9, 513000, 513000)]


def test_what_does_not_add_up_is_refused_and_the_rest_taken(orders: RunningService) -> None:
    answer = orders.record(COMPANY, [order("30001", total="570.01"), order("30002"), order("30003", colour="red")])
    assert outcome(answer) == (1, 0, 0, 2)
    assert [(one["key"], set(one["errors"])) for one in answer["refused"]] == [
        ("30001", {"total"}),
        ("30003", {"colour"}),
    ]


def test_items_and_prices_are_taken_and_changed(orders: RunningService) -> None:
    item = erp("item", "SCN-100", {"name": "Warehouse scanner", "available": "12.5"})
    answer = orders.record("", [item, erp_price("SCN-100", "1", "120.00"), erp_price("SCN-100", "1", "119.00", LATER)])
    orders.wait_position("catalogue_v1", answer["position"])
    assert outcome(answer) == (3, 0, 0, 0)
    [row] = orders.rows("SELECT * FROM items_v1")
    assert (row["item"], row["name"], row["sellable"], row["available"]) == ("SCN-100", "Warehouse scanner", 1, "12.5")
    [price] = orders.rows("SELECT * FROM prices_v1")
    assert (price["min_quantity"], price["price"]) == ("1", "119.00")


def test_a_price_that_is_no_number_is_refused(orders: RunningService) -> None:
    answer = orders.record("", [erp_price("SCN-100", "1", "12,50", LATER)])
    [refused] = answer["refused"]
    assert "price" in refused["errors"]


def test_a_company_may_have_no_price_list(orders: RunningService) -> None:
    terms = erp("customer_terms", COMPANY, {"currency": "GBP", "price_list": None, "discount_percent": "0"})
    answer = orders.record(COMPANY, [terms])
    orders.wait_position("catalogue_v1", answer["position"])
    assert outcome(answer) == (1, 0, 0, 0)
    [row] = orders.rows("SELECT currency, price_list FROM terms_v1 WHERE company = ?", COMPANY)
    assert row == {"currency": "GBP", "price_list": ""}
