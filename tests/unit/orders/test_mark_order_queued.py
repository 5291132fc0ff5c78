"""MarkOrderQueued: the order is on its way to the ERP."""

from __future__ import annotations

import pytest

from chassis.messages import Event
from services.orders.commands import MarkOrderQueued
from tests.support.examples.orders import CANCELLED, ORDER, PLACED, POSTED, QUEUED, REFERENCE, REJECTED

MARK = MarkOrderQueued(REFERENCE)


def test_an_accepted_order_is_queued() -> None:
    ORDER.given(PLACED).when(MARK).then(QUEUED)
    assert ORDER.given(PLACED, QUEUED).state.status == "queued"


@pytest.mark.parametrize("later", [QUEUED, POSTED, REJECTED, CANCELLED])
def test_an_order_that_is_further_stays_there(later: Event) -> None:
    ORDER.given(PLACED, later).when(MARK).then()
