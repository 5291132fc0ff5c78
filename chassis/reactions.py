"""Reactions: what a service does on another service's event, and what became of events it could not react to.

This module is plain data and tools; `chassis.reacting` runs reactions in a service's nameko process.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Any

import pika

from chassis import bus, rooms
from chassis.codec import loads
from chassis.messages import Context, Recorded, derived_id


class Since(Enum):
    """With which event a reaction begins where events were published before it existed."""

    FIRST = "first"
    """All there ever were."""
    NOW = "now"
    """Those after what the relay has published when it first meets the reaction."""


@dataclass(frozen=True)
class Reaction:
    """One row of a service's REACTIONS: on `event_type` of `source_service`, `await handle(event, tools)`.

    `since` says whether a reaction that comes with a later release gets the events from before it.

    `handle` may be called more than once for an event, and for older events after newer ones: commands it gives take
    their id from the event (`context_of`). When it raises it is tried again with growing delays, then put aside;
    when it raises Unavailable it is tried again until what is away is back.
    """

    name: str
    source_service: str
    event_type: str
    handle: Callable[[Recorded, Any], Awaitable[None]]
    since: Since

    @property
    def gets_everything(self) -> bool:
        """Whether no event is too old for it."""
        return self.since is Since.FIRST


def context_of(event: Recorded, reaction: str, company: str) -> Context:
    """The context of a command that a reaction gives: the same command id however often the event comes."""
    return Context(
        command_id=derived_id(event.id, reaction),
        company=company,
        actor=f"reaction:{reaction}",
        channel="reaction",
        correlation_id=str(event.meta.get("$correlationId", "")),
        causation_id=str(event.id),
    )


@dataclass(frozen=True)
class DeadLetter:
    """An event a reaction could not handle: why, since when (UTC, ISO), where it came from, and the event itself."""

    queue: str
    reaction: str
    reason: str
    traceback: str
    attempts: int
    first_failed_at: str
    exchange: str
    routing_key: str
    event: dict[str, Any]


def list_dead(
    amqp_uri: str, service: str, limit: int = 50, reactions: Sequence[Reaction] | None = None
) -> list[DeadLetter]:
    """Up to `limit` dead letters of a service's reactions, oldest first per reaction; they stay where they are."""
    letters: list[DeadLetter] = []
    with _channel(amqp_uri) as channel:
        for reaction in _reactions(service, reactions):
            queue = bus.reaction_queue(service, reaction.name)
            while len(letters) < limit:
                method, properties, body = channel.basic_get(bus.dead_queue(queue))
                if method is None:
                    break
                letters.append(_letter(queue, reaction, properties.headers or {}, body))
    return letters  # what was not acknowledged went back when the connection closed


def replay_dead(amqp_uri: str, service: str, limit: int = 50, reactions: Sequence[Reaction] | None = None) -> int:
    """Give up to `limit` dead letters to their reactions again, as if they came for the first time; how many."""
    replayed = 0
    with _channel(amqp_uri) as channel:
        channel.confirm_delivery()
        for reaction in _reactions(service, reactions):
            queue = bus.reaction_queue(service, reaction.name)
            waiting = channel.queue_declare(bus.dead_queue(queue), passive=True).method.message_count
            for _ in range(min(waiting, limit - replayed)):
                method, properties, body = channel.basic_get(bus.dead_queue(queue))
                if method is None:
                    break
                again = pika.BasicProperties(
                    content_type=properties.content_type,
                    content_encoding=properties.content_encoding,
                    delivery_mode=2,
                    message_id=properties.message_id,
                    headers={"portico-replayed": True},
                )
                channel.basic_publish("", queue, body, again, mandatory=True)
                channel.basic_ack(method.delivery_tag)
                replayed += 1
    return replayed


def _reactions(service: str, reactions: Sequence[Reaction] | None) -> Sequence[Reaction]:
    return rooms.load(service).reactions if reactions is None else reactions


@contextmanager
def _channel(amqp_uri: str) -> Iterator[Any]:
    connection = bus.connect(amqp_uri, "dead-letters")
    try:
        yield connection.channel()
    finally:
        if connection.is_open:
            connection.close()


def _letter(queue: str, reaction: Reaction, headers: dict[str, Any], body: bytes) -> DeadLetter:
    deaths = headers.get("x-death") or [{}]
    died = "The process ended each time it handled this event; it was put aside."
    return DeadLetter(
        queue=queue,
        reaction=reaction.name,
        reason=headers.get("portico-reason") or died,
        traceback=headers.get("portico-traceback", ""),
        attempts=int(headers.get("portico-attempts", 0)),
        first_failed_at=headers.get("portico-first-failed-at") or _iso(deaths[0].get("time")),
        exchange=headers.get("portico-exchange", bus.events_exchange(reaction.source_service)),
        routing_key=headers.get("portico-routing-key", reaction.event_type),
        event=loads(body),
    )


def _iso(time: Any) -> str:
    return time.isoformat() if time is not None else ""
