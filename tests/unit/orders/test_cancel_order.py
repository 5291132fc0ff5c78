"""CancelOrder: a contact takes an order back."""

from __future__ import annotations

from services.orders.commands import CancelOrder
from services.orders.errors import OrderNotOpen, OrderWithErp
from tests.support.examples.orders import (
    ASKED,
    CANCELLED,
    CONTACT,
    ERP_NUMBER,
    ORDER,
    PLACED,
    POSTED,
    QUEUED,
    REFERENCE,
    REJECTED,
    TOO_LATE,
)

CANCEL = CancelOrder(CONTACT, REFERENCE, "Ordered twice")


def test_cancels_an_accepted_order() -> None:
    ORDER.given(PLACED).when(CANCEL).then(CANCELLED)
    assert ORDER.given(PLACED, CANCELLED).state.status == "cancelled"


def test_a_cancelled_order_stays_cancelled() -> None:
    ORDER.given(PLACED, CANCELLED).when(CANCEL).then()


def test_a_queued_order_is_asked_back_for_the_erp_may_have_it_already() -> None:
    ORDER.given(PLACED, QUEUED).when(CANCEL).then(ASKED)
    assert ORDER.given(PLACED, QUEUED, ASKED).state.status == "cancelling"


def test_an_order_that_is_being_cancelled_is_not_asked_back_twice() -> None:
    ORDER.given(PLACED, QUEUED, ASKED).when(CANCEL).then()


def test_an_order_that_came_too_late_once_can_be_asked_back_again() -> None:
    ORDER.given(PLACED, QUEUED, ASKED, TOO_LATE).when(CANCEL).then(ASKED)


def test_a_posted_order_is_in_the_erp() -> None:
    ORDER.given(PLACED, QUEUED, POSTED).when(CANCEL).refused(OrderWithErp, f"as {ERP_NUMBER}")


def test_a_rejected_order_needs_no_cancelling() -> None:
    ORDER.given(PLACED, QUEUED, REJECTED).when(CANCEL).refused(OrderNotOpen, "was rejected")
