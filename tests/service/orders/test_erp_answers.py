"""What erp_sync publishes moves the order on, however often and in whatever order it comes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any
from uuid import UUID, uuid4

import pytest
from esdbclient import EventStoreDBClient

from chassis import bus
from chassis.codec import dumps, loads
from chassis.errors import RemoteRefusal
from chassis.link import Message
from chassis.messages import Recorded
from tests.support.examples.orders import COMPANY, CONTACT, ERP_ITEMS, ERP_PRICES, ERP_TERMS
from tests.support.given import NOW
from tests.support.services import RunningService

FORM = {"lines": [{"item": "SCN-100", "quantity": "2", "shown_price": "114.00", "shown_currency": "EUR"}]}


@pytest.fixture(scope="module")
def orders(start_service: Callable[[str], RunningService]) -> RunningService:
    """The running service, with something to order."""
    service = start_service("orders")
    for company, documents in (("", ERP_ITEMS), ("", ERP_PRICES), (COMPANY, [ERP_TERMS])):
        service.wait_position("catalogue_v1", service.record(company, documents)["position"])
    return service


@pytest.fixture
def order(orders: RunningService) -> str:
    """The reference of an order that was just placed."""
    reference: str = orders.send("PlaceOrder", FORM, COMPANY, CONTACT)["id"]
    return reference


def publish(orders: RunningService, event_type: str, reference: str, times: int = 1, **data: Any) -> UUID:
    """Publish erp_sync's event as its relay does; its id."""
    event_id = uuid4()
    facts = {"reference": reference, "company": COMPANY, **data}
    event = Recorded(event_id, event_type, f"posting-{reference}", 0, 1, facts, {"$correlationId": "corr-9"}, NOW)
    message = Message(bus.events_exchange("erp_sync"), event_type, dumps(event), message_id=str(event_id))
    with closing(bus.connect(orders.settings.amqp_uri, "test-erp-sync")) as connection:
        channel = connection.channel()
        for _ in range(times):
            channel.basic_publish(
                message.exchange, message.routing_key, message.body, message.properties(), mandatory=True
            )
    return event_id


def wait_status(orders: RunningService, reference: str, status: str) -> dict[str, Any]:
    """The order's row, once it has the status."""
    [row] = orders.wait_rows("SELECT * FROM orders_v2 WHERE key = ? AND status = ?", reference, status)
    return row


def events(orders: RunningService, reference: str) -> list[tuple[str, dict[str, Any]]]:
    """Type and metadata of each event of the order."""
    client = EventStoreDBClient(orders.settings.esdb_uri)
    try:
        return [(one.type, loads(one.metadata)) for one in client.get_stream(f"order-{reference}")]
    finally:
        client.close()


def test_an_order_goes_to_the_erp_and_gets_its_number(orders: RunningService, order: str) -> None:
    publish(orders, "OrderQueuedForErp", order)
    assert wait_status(orders, order, "queued")["number"] == order
    publish(orders, "PostedToErp", order, kind="order", erp_number="10234")
    row = wait_status(orders, order, "posted")
    assert (row["key"], row["number"], row["erp_number"]) == (order, "10234", "10234")
    with pytest.raises(RemoteRefusal, match="already handed over") as refused:
        orders.send("CancelOrder", {"order": order}, COMPANY, CONTACT)
    assert refused.value.code == "OrderWithErp"


def test_an_order_on_its_way_is_asked_back_and_cancelled_when_the_erp_had_not_taken_it(
    orders: RunningService, order: str
) -> None:
    publish(orders, "OrderQueuedForErp", order)
    wait_status(orders, order, "queued")
    orders.send("CancelOrder", {"order": order, "reason": "Ordered twice"}, COMPANY, CONTACT)
    assert wait_status(orders, order, "cancelling")["open_minor"] > 0
    publish(orders, "PostingWithdrawn", order, times=2)
    row = wait_status(orders, order, "cancelled")
    assert (row["open_minor"], row["message"]) == (0, "Ordered twice")
    names = [name for name, _ in events(orders, order)]
    assert names == ["OrderPlaced", "OrderQueued", "CancellationAsked", "OrderCancelled"]


def test_an_order_that_the_erp_took_meanwhile_goes_on(orders: RunningService, order: str) -> None:
    publish(orders, "OrderQueuedForErp", order)
    wait_status(orders, order, "queued")
    orders.send("CancelOrder", {"order": order}, COMPANY, CONTACT)
    publish(orders, "WithdrawalTooLate", order)
    assert "before it could be taken back" in wait_status(orders, order, "queued")["message"]
    publish(orders, "PostedToErp", order, kind="order", erp_number="10239")
    assert wait_status(orders, order, "posted")["number"] == "10239"


def test_an_order_is_refused_in_the_erps_words(orders: RunningService, order: str) -> None:
    publish(orders, "OrderQueuedForErp", order)
    publish(orders, "RefusedByErp", order, kind="order", reason="Kreditlimit überschritten (-5002)")
    assert wait_status(orders, order, "rejected")["message"] == "Kreditlimit überschritten (-5002)"


def test_events_that_come_twice_happen_once(orders: RunningService, order: str) -> None:
    queued = publish(orders, "OrderQueuedForErp", order, times=2)
    wait_status(orders, order, "queued")
    publish(orders, "PostedToErp", order, times=3, kind="order", erp_number="10235")
    wait_status(orders, order, "posted")
    publish(orders, "OrderQueuedForErp", order)
    other = orders.send("PlaceOrder", FORM, COMPANY, CONTACT)["id"]
    publish(orders, "OrderQueuedForErp", other)
    wait_status(orders, other, "queued")
    found = events(orders, order)
    assert [name for name, _ in found] == ["OrderPlaced", "OrderQueued", "OrderPosted"]
    assert (found[1][1]["$causationId"], found[1][1]["$correlationId"]) == (str(queued), "corr-9")


def test_what_the_erp_has_is_posted_though_it_was_cancelled_here(orders: RunningService, order: str) -> None:
    orders.send("CancelOrder", {"order": order}, COMPANY, CONTACT)
    publish(orders, "OrderQueuedForErp", order)
    publish(orders, "PostedToErp", order, kind="order", erp_number="10236")
    assert "Cancelled here" in wait_status(orders, order, "posted")["message"]


def test_a_payments_posting_is_no_orders(orders: RunningService, order: str) -> None:
    publish(orders, "PostedToErp", order, kind="payment", erp_number="9")
    publish(orders, "PostedToErp", order, kind="order", erp_number="10237")
    assert wait_status(orders, order, "posted")["number"] == "10237"
