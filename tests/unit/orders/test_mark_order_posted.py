"""MarkOrderPosted: the ERP has the order, and says under which number."""

from __future__ import annotations

import pytest

from chassis.messages import Event
from services.orders.commands import MarkOrderPosted
from services.orders.errors import PostedTwice
from tests.support.examples.orders import CANCELLED, ERP_NUMBER, ORDER, PLACED, POSTED, QUEUED, REFERENCE, REJECTED

MARK = MarkOrderPosted(REFERENCE, ERP_NUMBER)


@pytest.mark.parametrize("history", [(), (QUEUED,), (QUEUED, REJECTED), (CANCELLED,)])
def test_what_the_erp_has_is_posted_whatever_was_believed_before(history: tuple[Event, ...]) -> None:
    ORDER.given(PLACED, *history).when(MARK).then(POSTED)
    state = ORDER.given(PLACED, *history, POSTED).state
    assert (state.status, state.erp_number) == ("posted", ERP_NUMBER)


def test_the_same_number_again_changes_nothing() -> None:
    ORDER.given(PLACED, QUEUED, POSTED).when(MARK).then()


def test_a_second_number_is_refused_for_somebody_to_look_at() -> None:
    ORDER.given(PLACED, QUEUED, POSTED).when(MarkOrderPosted(REFERENCE, "10300")).refused(PostedTwice, "10300")
