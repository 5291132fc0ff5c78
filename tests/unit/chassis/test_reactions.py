"""The commands that reactions give."""

from datetime import UTC, datetime
from uuid import UUID

from chassis.messages import Recorded, derived_id
from chassis.reactions import context_of

EVENT = Recorded(
    UUID(int=1), "OrderPlaced", "order-1", 0, 5, {}, {"$correlationId": "corr-1"}, datetime(2026, 1, 1, tzinfo=UTC)
)


def test_a_reactions_command_has_the_same_id_however_often_the_event_comes() -> None:
    context = context_of(EVENT, "post_order", "C1")
    assert context == context_of(EVENT, "post_order", "C1")
    assert context.command_id == derived_id(EVENT.id, "post_order")
    assert context.command_id != context_of(EVENT, "other", "C1").command_id


def test_correlation_and_cause_go_on() -> None:
    context = context_of(EVENT, "post_order", "C1")
    assert (context.correlation_id, context.causation_id) == ("corr-1", str(EVENT.id))
    assert (context.company, context.actor, context.channel) == ("C1", "reaction:post_order", "reaction")
