"""Orders on their way to the ERP while processes are killed: each arrives once, in the ERP and on the page."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from services.erp_sync.contract import POSTINGS
from tests.chaos import seen
from tests.chaos.client import CUSTOMERS, Told
from tests.chaos.ground import PATIENCE, Ground
from tests.chaos.person import Person
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(300)

GOING_OUT = (
    "orders.after_append",  # the order is in its stream, the client has no reply
    "orders.orders.before_commit",  # its row is written, not yet with its checkpoint
    "orders.after_publish",  # it is on the bus, the relay's checkpoint is before it
    "erp_sync.after_append",  # the posting is in its stream, the reaction is not done
    "erp_sync.after_reaction",  # it is done, its message not acknowledged
    "erp_sync.after_file",  # the file is in the outbox, no event says so
    "erp_sync.after_publish",
    "orders.after_reaction",  # the order is known to be on its way, the message not acknowledged
)
COMING_BACK = (
    "erp_sync.after_append",  # the answer is in the posting's stream, its file still among the answers
    "erp_sync.after_answer",  # all answers of a file are in, the file is still there
    "erp_sync.after_publish",
    "orders.after_append",  # the order is posted, the reaction is not done
    "orders.after_reaction",
)
SOON = 4.0
"""Seconds, on cores that others use too."""
ACCEPTED = '<span class="badge-status s-info">Accepted</span>'
"""The order's status on its page, whose timeline has the word too."""
UNWRITTEN = f"SELECT reference FROM {POSTINGS.name} WHERE state = 'queued'"


def states(shop: Ground, told: list[Told]) -> list[str]:
    """Of these orders, as the portal lists them."""
    references = {one.reference for one in told}
    return [row["status"] for row in seen.order_rows(shop.portal) if row["key"] in references]


def wait_on_their_way(shop: Ground) -> None:
    """Wait until the ERP has every order, and the portal knows that it is out."""
    shop.wait_states("queued", "posted")
    wait_until(lambda: len(shop.erp.ledger()) >= len(shop.client.acknowledged()), PATIENCE, "the ERP has all orders")
    wait_until(lambda: not seen.rows(shop.portal, "erp_sync", UNWRITTEN), PATIENCE, "the files are known")


@pytest.mark.parametrize("point", GOING_OUT)
def test_a_process_is_killed_while_an_order_goes_out(shop: Ground, point: str) -> None:
    flag = shop.portal.arm(point)
    # No answer tells the process started again what the killed one did.
    with shop.erp.answering_later():
        told = shop.order_both()
        shop.wait_killed(flag)
        shop.order_both()
        wait_on_their_way(shop)

    assert shop.faults_of_orders() == []
    if point == "orders.after_append":
        assert any(one.repeated for one in told), "the order was there when the client asked again"


def test_the_erp_answers_before_it_is_known_that_its_file_is_written(shop: Ground) -> None:
    flag = shop.portal.arm("erp_sync.after_file")
    shop.order_both()
    shop.wait_killed(flag)

    shop.order_both()

    assert shop.faults_of_orders() == []


@pytest.mark.parametrize("point", COMING_BACK)
def test_a_process_is_killed_while_the_erps_answer_comes_back(shop: Ground, point: str) -> None:
    with shop.erp.answering_later():
        shop.order_both()
        wait_on_their_way(shop)
        flag = shop.portal.arm(point)
    shop.wait_killed(flag)

    shop.order_both()

    assert shop.faults_of_orders() == []


def test_orders_are_taken_while_the_way_to_the_erp_is_stopped_and_go_out_when_it_is_back(shop: Ground) -> None:
    buyer = Person(shop.portal, CUSTOMERS[0])
    way = ("erp_sync-service", "erp_sync-worker")
    before = len(shop.erp.ledger())
    shop.portal.halt(*way)
    try:
        told = [*shop.order_both(), *shop.order_both()]
        wait_until(lambda: states(shop, told) == ["accepted"] * 4, PATIENCE, lambda: f"{states(shop, told)}")
        assert ACCEPTED in buyer.reads(f"/orders/{told[0].reference}")
        assert len(shop.erp.ledger()) == before
    finally:
        shop.portal.go_on(*way)

    assert shop.faults_of_orders() == []
    assert len(shop.erp.ledger()) == before + 4
    assert ACCEPTED not in buyer.reads(f"/orders/{told[0].reference}")


def test_an_order_that_waits_for_the_store_is_taken_as_soon_as_it_is_back(shop: Ground) -> None:
    shop.portal.halt("store")
    with ThreadPoolExecutor(1) as pool:
        try:
            waiting = pool.submit(shop.client.order, CUSTOMERS[0])
            # An attempt takes ten seconds: it is long enough away for whoever waits longer after each failure.
            before = shop.client.attempts()
            wait_until(lambda: shop.client.attempts() >= before + 2, PATIENCE, "the client has asked again")
        finally:
            shop.portal.go_on("store")
        wait_until(lambda: "store" not in shop.portal.unready(), PATIENCE, "the store is back")
        wait_until(waiting.done, SOON, "the order is taken")

    assert shop.faults_of_orders() == []
