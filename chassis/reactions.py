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
from chassis.messages import REACTION, Context, Recorded, derived_id


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
        channel=REACTION,
        correlation_id=str(event.meta.get("$correlationId", "")),
        causation_id=str(event.id),
    )


@dataclass(frozen=True)
class DeadLetter:
    """What could not be handled: why, since when (UTC, ISO), where it came from, and what it was.

    `reaction` is "ingest" for a message of ERP documents; `event` is then what stands above its documents, which may
    have people in them.
    """

    queue: str
    reaction: str
    reason: str
    traceback: str
    attempts: int
    first_failed_at: str
    exchange: str
    routing_key: str
    event: dict[str, Any]


INGEST = "ingest"


def list_dead(
    amqp_uri: str, service: str, limit: int = 50, reactions: Sequence[Reaction] | None = None
) -> list[DeadLetter]:
    """Up to `limit` dead letters of a service, oldest first per reaction; they stay where they are."""
    letters: list[DeadLetter] = []
    with _channel(amqp_uri) as channel:
        for dead, reaction in _dead_queues(service, reactions):
            while len(letters) < limit:
                method, properties, body = channel.basic_get(dead)
                if method is None:
                    break
                letters.append(_letter(dead, reaction, properties.headers or {}, body))
    return letters  # what was not acknowledged went back when the connection closed


def replay_dead(amqp_uri: str, service: str, limit: int = 50, reactions: Sequence[Reaction] | None = None) -> int:
    """Give up to `limit` dead letters to where they failed again, as if they came for the first time; how many."""
    replayed = 0
    with _channel(amqp_uri) as channel:
        channel.confirm_delivery()
        for dead, reaction in _dead_queues(service, reactions):
            waiting = channel.queue_declare(dead, passive=True).method.message_count
            for _ in range(min(waiting, limit - replayed)):
                method, properties, body = channel.basic_get(dead)
                if method is None:
                    break
                again = pika.BasicProperties(
                    content_type=properties.content_type,
                    content_encoding=properties.content_encoding,
                    delivery_mode=2,
                    message_id=properties.message_id,
                    headers={"portico-replayed": True},
                )
                home = _home(dead, reaction, properties.headers or {})
                channel.basic_publish("", home, body, again, mandatory=True)
                channel.basic_ack(method.delivery_tag)
                replayed += 1
    return replayed


def _dead_queues(service: str, reactions: Sequence[Reaction] | None) -> list[tuple[str, Reaction | None]]:
    """The dead letters of each reaction, and of the service's ERP documents."""
    own = rooms.load(service)
    queues: list[tuple[str, Reaction | None]] = [
        (bus.dead_queue(bus.reaction_queue(service, one.name)), one)
        for one in (own.reactions if reactions is None else reactions)
    ]
    return queues + ([(bus.ingest_dead_queue(service), None)] if own.takes_documents else [])


@contextmanager
def _channel(amqp_uri: str) -> Iterator[Any]:
    connection = bus.connect(amqp_uri, "dead-letters")
    try:
        yield connection.channel()
    finally:
        if connection.is_open:
            connection.close()


def _home(dead: str, reaction: Reaction | None, headers: dict[str, Any]) -> str:
    """The queue in which a dead letter was: the reaction's, or that of one partition of ERP documents."""
    if reaction is not None:
        return dead.removesuffix(".dead")
    return str(headers.get("x-from-queue") or headers["x-first-death-queue"])


def _letter(dead: str, reaction: Reaction | None, headers: dict[str, Any], body: bytes) -> DeadLetter:
    deaths = headers.get("x-death") or [{}]
    died = "The process ended each time it handled this; it was put aside."
    home = _home(dead, reaction, headers)
    source = (bus.events_exchange(reaction.source_service), reaction.event_type) if reaction else ("", home)
    return DeadLetter(
        queue=home,
        reaction=reaction.name if reaction else INGEST,
        reason=headers.get("portico-reason") or headers.get("reason") or died,
        traceback=headers.get("portico-traceback", ""),
        attempts=int(headers.get("portico-attempts", 0)),
        first_failed_at=headers.get("portico-first-failed-at") or _iso(deaths[0].get("time")),
        exchange=headers.get("portico-exchange", source[0]),
        routing_key=headers.get("portico-routing-key", source[1]),
        event=loads(body) if reaction else _above_documents(body),
    )


def _above_documents(body: bytes) -> dict[str, Any]:
    told: dict[str, Any] = {"type": "RecordErpDocuments", "stream": "no run"}
    try:
        message = dict(loads(body))
        documents = message.pop("documents", ())
        return message | told | {"stream": f"run {message.get('run')}", "documents": len(documents)}
    except (ValueError, TypeError):
        return told


def _iso(time: Any) -> str:
    return time.isoformat() if time is not None else ""
