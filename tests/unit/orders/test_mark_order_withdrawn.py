"""MarkOrderWithdrawn and MarkOrderNotWithdrawn: whether an order that was asked back was still to be had."""

from __future__ import annotations

import pytest

from chassis.messages import Event
from services.orders.commands import MarkOrderNotWithdrawn, MarkOrderWithdrawn
from tests.support.examples.orders import (
    ASKED,
    CANCELLED,
    ORDER,
    PLACED,
    POSTED,
    QUEUED,
    REFERENCE,
    REJECTED,
    TOO_LATE,
)

WITHDRAWN, NOT_WITHDRAWN = MarkOrderWithdrawn(REFERENCE), MarkOrderNotWithdrawn(REFERENCE)


def test_an_order_that_was_taken_back_is_cancelled_as_it_was_asked() -> None:
    ORDER.given(PLACED, QUEUED, ASKED).when(WITHDRAWN).then(CANCELLED)


def test_an_order_that_the_erp_took_is_on_its_way_again() -> None:
    ORDER.given(PLACED, QUEUED, ASKED).when(NOT_WITHDRAWN).then(TOO_LATE)
    assert ORDER.given(PLACED, QUEUED, ASKED, TOO_LATE).state.status == "queued"


@pytest.mark.parametrize("later", [POSTED, REJECTED, CANCELLED, TOO_LATE])
@pytest.mark.parametrize("told", [WITHDRAWN, NOT_WITHDRAWN], ids=["taken back", "too late"])
def test_what_is_known_already_stays(later: Event, told: MarkOrderWithdrawn | MarkOrderNotWithdrawn) -> None:
    ORDER.given(PLACED, QUEUED, ASKED, later).when(told).then()


def test_an_order_cancelled_before_it_was_on_its_way_is_cancelled_once() -> None:
    ORDER.given(PLACED, CANCELLED).when(WITHDRAWN).then()
