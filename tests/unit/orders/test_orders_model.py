"""The orders read model: an order placed here and the ERP's are one row, in whatever order they are told."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from chassis.codec import loads
from chassis.messages import Event
from services.orders.contract import CODEC, ORDERS
from services.orders.events import DeliveryRecorded, OrderRecorded
from services.orders.projections import orders
from tests.support.examples.orders import (
    ASKED,
    CANCELLED,
    COMPANY,
    CONTACT,
    ERP_NUMBER,
    PLACED,
    POSTED,
    QUEUED,
    REFERENCE,
    REJECTED,
    TOO_LATE,
    erp_order,
)
from tests.support.projecting import ReadModel, kept, recount

LINKED = OrderRecorded(COMPANY, ERP_NUMBER, erp_order(portal_reference=REFERENCE))
UNLINKED = OrderRecorded(COMPANY, ERP_NUMBER, erp_order())
PORTAL = (PLACED, QUEUED, POSTED)


@pytest.fixture
def model(tmp_path: Path) -> ReadModel:
    """An empty read model."""
    return ReadModel(tmp_path, orders.PROJECTION, CODEC)


def only(model: ReadModel) -> dict[str, Any]:
    """The one row there is; its totals are in step."""
    assert kept(model, "order_totals_v2") == recount(model, ORDERS, 10)
    [row] = model.rows("SELECT * FROM orders_v2")
    return row


def test_a_placed_order_is_a_row(model: ReadModel) -> None:
    model.see(PLACED)
    assert only(model) == {
        "company": COMPANY,
        "kind": "order",
        "key": REFERENCE,
        "number": REFERENCE,
        "number_key": "W-000000000007K000000000003Q-M000000000002XA",
        "branch": "NORTH",
        "date": "2026-11-21",
        "due_date": "2026-12-01",
        "currency": "EUR",
        "total_minor": 26363,
        "open_minor": 26363,
        "status": "accepted",
        "reference": "PO-4711",
        "portal_reference": REFERENCE,
        "erp_number": "",
        "from_erp": 0,
        "placed_by": CONTACT,
        "message": "",
        "position": 1,
    }
    [lines] = model.rows("SELECT body FROM order_lines_v2")
    body = loads(lines["body"])
    assert (body["exact_total"], body["price_list"], body["discount_percent"]) == ("263.625", "WHOLESALE", "5")
    assert [(one["item"], one["description"], one["quantity"], one["price"]) for one in body["lines"]] == [
        ("SCN-100", "Warehouse scanner", "2", "114.00"),
        ("LBL-20", "Label 20 mm", "1000", "0.035625"),
    ]


@pytest.mark.parametrize(
    ("events", "status", "still_open", "number", "message"),
    [
        ([QUEUED], "queued", 26363, REFERENCE, ""),
        ([QUEUED, POSTED], "posted", 26363, ERP_NUMBER, ""),
        ([QUEUED, REJECTED], "rejected", 0, REFERENCE, "Credit limit exceeded (-5002)"),
        ([CANCELLED], "cancelled", 0, REFERENCE, "Ordered twice"),
        ([QUEUED, ASKED], "cancelling", 26363, REFERENCE, "Ordered twice"),
        ([QUEUED, ASKED, CANCELLED], "cancelled", 0, REFERENCE, "Ordered twice"),
        ([QUEUED, ASKED, TOO_LATE], "queued", 26363, REFERENCE, "It was handed over before it could be taken back."),
        ([CANCELLED, POSTED], "posted", 26363, ERP_NUMBER, "Cancelled here when the ERP already had it."),
    ],
)
def test_its_row_follows_it(
    model: ReadModel, events: list[Event], status: str, still_open: int, number: str, message: str
) -> None:
    model.see(PLACED, *events)
    row = only(model)
    assert (row["status"], row["open_minor"], row["number"], row["message"]) == (status, still_open, number, message)
    assert (row["key"], row["placed_by"]) == (REFERENCE, CONTACT)


@pytest.mark.parametrize("at", range(len(PORTAL) + 1))
@pytest.mark.parametrize("told", [LINKED, UNLINKED], ids=["with our reference", "without it"])
def test_the_erps_order_and_ours_are_one_row(model: ReadModel, told: OrderRecorded, at: int) -> None:
    model.see(*PORTAL[:at], told, *PORTAL[at:])
    row = only(model)
    assert (row["key"], row["number"], row["erp_number"]) == (REFERENCE, ERP_NUMBER, ERP_NUMBER)
    assert (row["portal_reference"], row["placed_by"], row["status"]) == (REFERENCE, CONTACT, "open")
    assert (row["total_minor"], row["reference"], row["from_erp"]) == (57000, "PO-4700", 1)
    [lines] = model.rows("SELECT * FROM order_lines_v2")
    assert (lines["key"], loads(lines["body"])["lines"]) == (REFERENCE, erp_order()["lines"])
    assert {one["key"] for one in model.rows("SELECT key FROM order_search_v2")} == {REFERENCE}


@pytest.mark.parametrize("order", list(itertools.permutations([LINKED, UNLINKED, PLACED])))
def test_an_erp_that_tells_our_reference_later_names_the_same_order(model: ReadModel, order: tuple[Event, ...]) -> None:
    model.see(*order, POSTED)
    assert only(model)["key"] == REFERENCE


def test_the_erp_closes_the_order(model: ReadModel) -> None:
    closed = erp_order(portal_reference=REFERENCE, status="closed")
    model.see(*PORTAL, LINKED, OrderRecorded(COMPANY, ERP_NUMBER, closed))
    row = only(model)
    assert (row["status"], row["open_minor"]) == ("closed", 0)


def test_a_second_erp_order_with_a_copied_reference_is_a_row_of_its_own(model: ReadModel) -> None:
    copied = OrderRecorded(COMPANY, "10300", erp_order("10300", portal_reference=REFERENCE))
    model.see(*PORTAL, LINKED, copied)
    rows = model.rows("SELECT key, number FROM orders_v2 ORDER BY number")
    assert rows == [{"key": REFERENCE, "number": ERP_NUMBER}, {"key": "10300", "number": "10300"}]


def test_what_is_not_our_kind_of_reference_names_nothing(model: ReadModel) -> None:
    model.see(OrderRecorded(COMPANY, "10300", erp_order("10300", portal_reference="see mail")))
    assert only(model)["key"] == "10300"


def test_deliveries_lead_back_to_their_order(model: ReadModel) -> None:
    body = erp_order("5011", base=[{"kind": "order", "number": ERP_NUMBER}], open_amount="0", status="closed")
    model.see(*PORTAL, LINKED, DeliveryRecorded(COMPANY, "5011", body))
    [delivery] = model.rows("SELECT * FROM orders_v2 WHERE kind = 'delivery'")
    assert (delivery["key"], delivery["status"], delivery["open_minor"]) == ("5011", "closed", 0)
    assert model.rows(
        "SELECT o.key FROM order_links_v2 l JOIN orders_v2 o"
        " ON o.company = l.company AND o.kind = l.base_kind AND o.number = l.base_number WHERE l.number = '5011'"
    ) == [{"key": REFERENCE}]
    assert kept(model, "order_totals_v2") == recount(model, ORDERS, 10)
    assert kept(model, "order_months_v2") == recount(model, ORDERS, 7)
