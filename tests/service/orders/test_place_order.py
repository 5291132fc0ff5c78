"""An order from the Order Pad's form to its row, through the real processes, broker and store."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any
from uuid import uuid4

import pytest

from chassis.codec import loads
from chassis.errors import CommandReused, Invalid, NotAllowed, NotFound, RemoteRefusal, Unavailable
from chassis.messages import ALL_COMPANIES
from chassis.readmodel import database
from tests.support.examples.orders import (
    COMPANY,
    CONTACT,
    ERP_ITEMS,
    ERP_PRICES,
    ERP_TERMS,
    OTHER_COMPANY,
    OTHER_CONTACT,
    erp_price,
)
from tests.support.services import RunningService

FORM: dict[str, Any] = {
    "lines": [
        {"item": "SCN-100", "quantity": "2", "shown_price": "114.00", "shown_currency": "EUR"},
        {"item": "LBL-20", "quantity": "1000", "shown_price": "0.035625", "shown_currency": "EUR"},
    ],
    "reference": "PO-4711",
    "ship_date": "2026-12-01",
    "note": "Ring at gate 3.",
    "branch": "NORTH",
}


@pytest.fixture(scope="module")
def orders(start_service: Callable[[str], RunningService]) -> RunningService:
    """The running service, with the example's items, prices and terms."""
    service = start_service("orders")
    answers = [
        service.record("", ERP_ITEMS),
        service.record("", ERP_PRICES),
        service.record(COMPANY, [ERP_TERMS]),
    ]
    assert [answer["refused"] for answer in answers] == [[], [], []]
    for answer in answers:
        service.wait_position("catalogue_v1", answer["position"])
    return service


def ordering(*lines: tuple[str, str, str]) -> dict[str, Any]:
    """The form with these lines: item, quantity, the price that was shown."""
    return {
        **FORM,
        "lines": [
            {"item": item, "quantity": quantity, "shown_price": shown, "shown_currency": "EUR"}
            for item, quantity, shown in lines
        ],
    }


def row(orders: RunningService, answer: dict[str, Any]) -> dict[str, Any]:
    """The order's row, once the read model shows what the answer says."""
    orders.wait_position("orders_v2", answer["position"])
    [found] = orders.rows("SELECT * FROM orders_v2 WHERE key = ?", answer["id"])
    return found


def test_a_placed_order_is_in_the_companys_list_with_its_lines(orders: RunningService) -> None:
    answer = orders.send("PlaceOrder", FORM, COMPANY, CONTACT)
    shown = row(orders, answer)
    assert answer["stream"] == f"order-{answer['id']}"
    assert (shown["company"], shown["status"], shown["total_minor"], shown["currency"], shown["placed_by"]) == (
        COMPANY,
        "accepted",
        26363,
        "EUR",
        CONTACT,
    )
    [lines] = orders.rows("SELECT body FROM order_lines_v2 WHERE key = ?", answer["id"])
    assert [(one["item"], one["price"], one["amount"]) for one in loads(lines["body"])["lines"]] == [
        ("SCN-100", "114.00", "228.00"),
        ("LBL-20", "0.035625", "35.625000"),
    ]


def test_the_same_command_again_gets_the_first_reply_and_is_one_order(orders: RunningService) -> None:
    command_id = uuid4()
    form = {**FORM, "reference": "PO-twice"}
    first = orders.send("PlaceOrder", form, COMPANY, CONTACT, command_id)
    assert orders.send("PlaceOrder", form, COMPANY, CONTACT, command_id) == {**first, "repeated": True}
    row(orders, first)
    assert len(orders.rows("SELECT * FROM orders_v2 WHERE reference = 'PO-twice'")) == 1


def test_other_content_under_the_same_command_id_is_refused_with_the_first_ones_number(orders: RunningService) -> None:
    command_id = uuid4()
    number = orders.send("PlaceOrder", FORM, COMPANY, CONTACT, command_id)["id"]
    with pytest.raises(CommandReused, match=number):
        orders.send("PlaceOrder", {**FORM, "reference": "PO-4712"}, COMPANY, CONTACT, command_id)


def test_a_price_that_changed_since_it_was_shown_refuses_with_both(orders: RunningService) -> None:
    new_price = erp_price("CBL-7", "25", "3.60", stamp="2026-11-21T08:00:00Z")
    orders.wait_position("catalogue_v1", orders.record("", [new_price])["position"])
    with pytest.raises(RemoteRefusal) as refused:
        orders.send("PlaceOrder", ordering(("CBL-7", "25", "3.04")), COMPANY, CONTACT)
    assert (refused.value.code, refused.value.status) == ("PriceChanged", 409)
    [line] = refused.value.details["lines"]
    assert (line["line"], line["shown"], float(line["now"]), line["currency"]) == (1, "3.04", 3.42, "EUR")
    again = orders.send("PlaceOrder", ordering(("CBL-7", "25", line["now"])), COMPANY, CONTACT)
    assert row(orders, again)["total_minor"] == 8550


def test_a_repeat_is_answered_though_prices_changed_meanwhile(orders: RunningService) -> None:
    command_id = uuid4()
    form = ordering(("SCN-100", "10", "104.50"))
    first = orders.send("PlaceOrder", form, COMPANY, CONTACT, command_id)
    dearer = erp_price("SCN-100", "10", "118.00", stamp="2026-11-21T08:00:00Z")
    orders.wait_position("catalogue_v1", orders.record("", [dearer])["position"])
    assert orders.send("PlaceOrder", form, COMPANY, CONTACT, command_id)["id"] == first["id"]


def test_what_cannot_be_ordered_is_named_by_line(orders: RunningService) -> None:
    form = ordering(("NOPE", "1", "1"), ("SCN-100", "2", "114.00"), ("OLD-1", "1", "9.405"), ("NEW-1", "1", "1"))
    with pytest.raises(RemoteRefusal, match="line 1: there is no item “NOPE”") as refused:
        orders.send("PlaceOrder", form, COMPANY, CONTACT)
    assert refused.value.code == "LinesRefused"
    assert [line["line"] for line in refused.value.details["lines"]] == [1, 3, 4]


def test_a_company_without_a_price_list_is_told_so(orders: RunningService) -> None:
    with pytest.raises(RemoteRefusal, match="No price list is set for your company") as refused:
        orders.send("PlaceOrder", FORM, OTHER_COMPANY, OTHER_CONTACT)
    assert refused.value.code == "NoPriceList"


def test_what_is_missing_is_named_field_by_field(orders: RunningService) -> None:
    form = {**FORM, "lines": [{"item": "SCN-100", "quantity": "0", "shown_price": "114.00"}], "urgent": True}
    with pytest.raises(Invalid) as refused:
        orders.send("PlaceOrder", form, COMPANY, CONTACT)
    fields = refused.value.details["fields"]
    assert set(fields) == {"lines", "urgent"}
    assert set(fields["lines"]["0"]) == {"quantity", "shown_currency"}


def test_nothing_is_ordered_while_prices_are_still_being_read_in(orders: RunningService) -> None:
    with closing(database(orders.settings, "orders").connect()) as connection:
        connection.execute("INSERT INTO readmodel_building VALUES ('catalogue_v1', 'items_v1')")
        with pytest.raises(Unavailable, match="Prices cannot be read at the moment. Nothing was ordered"):
            orders.send("PlaceOrder", FORM, COMPANY, CONTACT)
        connection.execute("DELETE FROM readmodel_building WHERE model = 'catalogue_v1'")
    orders.send("PlaceOrder", FORM, COMPANY, CONTACT)


def test_prices_of_a_release_that_marked_nothing_as_being_built_are_read(orders: RunningService) -> None:
    with closing(database(orders.settings, "orders").connect()) as connection:
        connection.execute("DROP TABLE readmodel_building")
        try:
            orders.send("PlaceOrder", FORM, COMPANY, CONTACT)
        finally:
            database(orders.settings, "orders").create_tables(connection, [])


def test_staff_order_for_one_company_only(orders: RunningService) -> None:
    with pytest.raises(NotAllowed, match="choose a company"):
        orders.send("PlaceOrder", FORM, ALL_COMPANIES, "K-9001")


def test_a_cancelled_order_is_shown_as_such(orders: RunningService) -> None:
    number = orders.send("PlaceOrder", FORM, COMPANY, CONTACT)["id"]
    answer = orders.send("CancelOrder", {"order": number, "reason": "Ordered twice"}, COMPANY, CONTACT)
    shown = row(orders, answer)
    assert (shown["status"], shown["message"], shown["open_minor"]) == ("cancelled", "Ordered twice", 0)


def test_another_companys_order_is_not_found(orders: RunningService) -> None:
    number = orders.send("PlaceOrder", FORM, COMPANY, CONTACT)["id"]
    with pytest.raises(NotFound) as refused:
        orders.send("CancelOrder", {"order": number}, OTHER_COMPANY, OTHER_CONTACT)
    with pytest.raises(NotFound) as absent:
        orders.send("CancelOrder", {"order": "W-0000-0000"}, OTHER_COMPANY, OTHER_CONTACT)
    assert refused.value.message == absent.value.message, "nobody learns which numbers exist"


@pytest.mark.parametrize(
    ("command", "facts"),
    [
        ("MarkOrderQueued", {}),
        ("MarkOrderPosted", {"erp_number": "1"}),
        ("MarkOrderRejected", {"reason": "no"}),
    ],
)
def test_nobody_of_a_company_can_speak_for_the_erp(orders: RunningService, command: str, facts: dict[str, str]) -> None:
    number = orders.send("PlaceOrder", FORM, COMPANY, CONTACT)["id"]
    with pytest.raises(NotAllowed):
        orders.send(command, {"order": number, **facts}, COMPANY, CONTACT)
