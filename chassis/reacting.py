"""Runs reactions in a nameko process: an entrypoint of our own on kombu.

A message is acknowledged after its reaction succeeded, or after it was handed on with the broker's confirmation: to a
queue in which it waits, or to the dead letters. nameko's own event handler acknowledges whatever happens.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from kombu import Queue
from nameko.amqp.publish import Publisher, UndeliverableMessage
from nameko.exceptions import ContainerBeingKilled
from nameko.messaging import Consumer

from chassis import bus, log, metrics
from chassis.codec import decode_as
from chassis.errors import Unavailable
from chassis.green import BROKER_AWAY, LastingConsumer
from chassis.killpoints import reach
from chassis.messages import Recorded
from chassis.reactions import Reaction
from chassis.service import wait

logger = log.get(__name__)

PREFETCH = 8
TRACEBACK_CHARACTERS = 2000

C = TypeVar("C", bound=type)


class ReactionConsumer(LastingConsumer):
    """A connection of the reactions' own: a slow reaction holds up no call."""

    @property
    def prefetch_count(self) -> int:
        """How many events of each reaction are worked on at a time."""
        return PREFETCH


class ReactionEntrypoint(Consumer):
    """Gives the events of one reaction's queue to a method of the service."""

    queue_consumer = ReactionConsumer()

    def __init__(self, reaction: str) -> None:
        self.reaction = reaction
        super().__init__(queue=None)

    def setup(self) -> None:
        """Called by nameko before the service starts; the topology has been declared."""
        self.service = self.container.service_name
        name = bus.reaction_queue(self.service, self.reaction)
        self.queue = Queue(name, no_declare=True)  # type: ignore[no-untyped-call]
        super().setup()

    def handle_message(self, body: Any, message: Any) -> None:
        """Called for each event in a green thread of its own."""
        handle_result = partial(self._ended, body, message)
        try:
            self.container.spawn_worker(self, (body,), {}, context_data={}, handle_result=handle_result)
        except ContainerBeingKilled:
            self._give_back(message)

    def _ended(self, body: Any, message: Any, _context: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        try:
            if exc_info is None:
                self._count("done")
                reach(f"{self.service}.after_reaction")
            else:
                self._hand_on(body, message, exc_info[1])
            self.queue_consumer.ack_message(message)
        except (*BROKER_AWAY, UndeliverableMessage) as error:
            logger.warning("event given back", reaction=self.reaction, reason=repr(error))
            self._give_back(message)
        return result, exc_info

    def _give_back(self, message: Any) -> None:
        try:
            self.queue_consumer.requeue_message(message)
        except OSError:
            logger.info("connection lost before the event was given back", reaction=self.reaction)

    def _hand_on(self, body: Any, message: Any, error: BaseException) -> None:
        headers = dict(message.headers or {})
        headers.pop("x-death", None)
        delays = bus.retry_delays()
        queue = bus.reaction_queue(self.service, self.reaction)
        if isinstance(error, Unavailable):
            # What is away says nothing against the event: it waits as long as it takes.
            turn = headers["portico-waits"] = int(headers.get("portico-waits", 0)) + 1
            delay = delays[min(turn, len(delays)) - 1]
        else:
            turn = headers["portico-attempts"] = int(headers.get("portico-attempts", 0)) + 1
            delay = delays[turn - 1] if turn <= len(delays) else 0
        headers |= _told(error) | _origin(headers, message)
        if delay:
            self._count("retried")
            logger.warning(
                "reaction failed, tried again", reaction=self.reaction, seconds=delay / 1000, reason=str(error)
            )
            self._publish(body, message, headers, exchange=bus.wait_name(self.service, delay), routing_key=queue)
        else:
            self._count("dead")
            logger.error("reaction failed for good, event put aside", reaction=self.reaction, reason=str(error))
            self._publish(body, message, headers, exchange="", routing_key=bus.dead_queue(queue))

    def _publish(self, body: Any, message: Any, headers: dict[str, Any], exchange: str, routing_key: str) -> None:
        publisher = Publisher(self.container.config["AMQP_URI"], mandatory=True)
        publisher.publish(
            body,
            exchange=exchange,
            routing_key=routing_key,
            headers=headers,
            message_id=message.properties.get("message_id"),
        )

    def _count(self, outcome: str) -> None:
        metrics.REACTIONS.labels(self.service, self.reaction, outcome).inc()


def _told(error: BaseException) -> dict[str, Any]:
    tail = "".join(traceback.format_exception(error))[-TRACEBACK_CHARACTERS:]
    return {"portico-reason": f"{type(error).__name__}: {error}"[:500], "portico-traceback": tail}


def _origin(headers: dict[str, Any], message: Any) -> dict[str, Any]:
    """Where the event came from and when it first failed; kept from the first failure on."""
    if "portico-first-failed-at" in headers:
        return {}
    return {
        "portico-first-failed-at": datetime.now(UTC).isoformat(timespec="seconds"),
        "portico-exchange": message.delivery_info["exchange"],
        "portico-routing-key": message.delivery_info["routing_key"],
    }


def _method(reaction: Reaction) -> Callable[[Any, Any], None]:
    def react(self: Any, body: Any) -> None:
        event = decode_as(Recorded, body)
        log.clear()
        log.bind(correlation=event.meta.get("$correlationId", ""), reaction=reaction.name)
        wait(reaction.handle(event, self.tools))
        logger.info("reacted", event_type=event.type, event_id=str(event.id))

    react.__name__ = f"react_{reaction.name}"
    react.__doc__ = f"On {reaction.source_service}.{reaction.event_type}."
    return react


def with_reactions(reactions: Sequence[Reaction]) -> Callable[[C], C]:
    """Class decorator: the nameko service (with `tools`) handles these reactions."""

    def decorate(service: C) -> C:
        for reaction in reactions:
            method = ReactionEntrypoint.decorator(reaction.name)(_method(reaction))
            setattr(service, method.__name__, method)
        return service

    return decorate
