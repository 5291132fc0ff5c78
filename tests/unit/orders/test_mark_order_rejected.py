"""MarkOrderRejected: the ERP refused the order, in its own words."""

from __future__ import annotations

import pytest

from chassis.messages import Event
from services.orders.commands import MarkOrderRejected
from tests.support.examples.orders import ASKED, CANCELLED, ORDER, PLACED, POSTED, QUEUED, REFERENCE, REJECTED

MARK = MarkOrderRejected(REFERENCE, "Credit limit exceeded (-5002)")


@pytest.mark.parametrize("history", [(), (QUEUED,), (QUEUED, ASKED)])
def test_rejects_the_order_with_the_erps_words(history: tuple[Event, ...]) -> None:
    ORDER.given(PLACED, *history).when(MARK).then(REJECTED)
    assert ORDER.given(PLACED, *history, REJECTED).state.status == "rejected"


@pytest.mark.parametrize("later", [REJECTED, POSTED, CANCELLED])
def test_an_order_that_is_settled_otherwise_stays_so(later: Event) -> None:
    ORDER.given(PLACED, QUEUED, later).when(MARK).then()
