"""Who listens to a service's events, from which position on, and on which broker it was told them.

A relay's checkpoint says what it published. Two things it does not say stand beside it in the state database: where
each listener begins (a reaction that came with a later release gets what happened before it, or begins now), and the
mark of the broker that took it all. A broker without that mark has lost its queues, or is another one: then every
listener gets everything from its beginning on once more, and recognises what it has handled.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from chassis import bus, config, rooms
from chassis.codec import Codec, dumps
from chassis.errors import Unavailable
from chassis.link import Message
from chassis.reactions import Since
from chassis.statedb import StateDb
from chassis.store import StoreClient

BATCH = 200
"""Events that are published together."""
_NAME = "relay"
_BEHIND = "UPDATE relay_listeners SET behind = ? WHERE queue = ? AND event_type = ?"


@dataclass(frozen=True)
class Listener:
    """A reaction as the owner of its events sees it: the queue that gets the events of one type, from when on."""

    queue: str
    event_type: str
    since: Since


def listeners_of(source: str) -> tuple[Listener, ...]:
    """Who listens to a service's events, by the reactions of all services."""
    return tuple(
        Listener(bus.reaction_queue(service, reaction.name), reaction.event_type, reaction.since)
        for service in config.SERVICES
        for reaction in rooms.load(service).reactions
        if reaction.source_service == source
    )


class Told:
    """How far a service's events were published, to whom, on which broker; in its state database.

    Whoever publishes goes on only while `mark` is what the database has: an older process must not say of the broker
    that is there now what it published to the one before.
    """

    def __init__(self, state: StateDb) -> None:
        self._state = state
        self.mark = ""
        self.position = 0

    def load(self) -> None:
        """Read position and mark as they stand."""
        row = self._state.row("SELECT position, broker FROM relay_checkpoint WHERE name = ?", _NAME)
        self.position, self.mark = (row["position"], row["broker"]) if row else (0, "")

    def begin_again(self) -> None:
        """Have every listener get everything from its beginning on, under a new mark; durable when it returns."""
        self.mark = uuid4().hex
        with self._state.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO relay_checkpoint (name, position) VALUES (?, 0)", (_NAME,))
            connection.execute("UPDATE relay_checkpoint SET broker = ? WHERE name = ?", (self.mark, _NAME))
            connection.execute("UPDATE relay_listeners SET behind = since")

    def keep(self, position: int) -> None:
        """Everything up to `position` is published."""
        with self._state.transaction() as connection:
            self._check(connection)
            connection.execute("UPDATE relay_checkpoint SET position = ? WHERE name = ?", (position, _NAME))
        self.position = position

    def note(self, listeners: Sequence[Listener]) -> None:
        """Keep of each listener that is new where it begins: with the first event, or after the last published one."""
        with self._state.transaction() as connection:
            self._check(connection)
            for one in listeners:
                since = 0 if one.since is Since.FIRST else self.position
                values = (one.queue, one.event_type, since, since)
                connection.execute("INSERT OR IGNORE INTO relay_listeners VALUES (?, ?, ?, ?)", values)

    def behind(self, listeners: Sequence[Listener]) -> list[tuple[Listener, int]]:
        """Who has not had everything up to `position`, and the position after which it goes on."""
        rows = self._state.rows("SELECT queue, event_type, behind FROM relay_listeners WHERE behind IS NOT NULL")
        found = {(row["queue"], row["event_type"]): int(row["behind"]) for row in rows}
        return [(one, found[name]) for one in listeners if (name := (one.queue, one.event_type)) in found]

    def given(self, listener: Listener, position: int | None) -> None:
        """The listener has had everything up to `position`; None: everything that is published."""
        with self._state.transaction() as connection:
            self._check(connection)
            connection.execute(_BEHIND, (position, listener.queue, listener.event_type))

    def begins(self, listener: Listener) -> int | None:
        """The position after which the listener gets events; None while the relay has not seen it."""
        statement = "SELECT since FROM relay_listeners WHERE queue = ? AND event_type = ?"
        row = self._state.row(statement, listener.queue, listener.event_type)
        return int(row["since"]) if row else None

    def abandoned(self, listeners: Sequence[Listener]) -> list[tuple[str, str]]:
        """Queue and event type of those it was told of once that are none of these listeners: they fill, unread."""
        rows = self._state.rows("SELECT queue, event_type FROM relay_listeners ORDER BY queue, event_type")
        known = {(one.queue, one.event_type) for one in listeners}
        return [found for row in rows if (found := (row["queue"], row["event_type"])) not in known]

    def forget(self, queue: str, event_type: str) -> None:
        """Keep no longer where a listener begins: it is no more. If it comes back, it is a new one."""
        with self._state.transaction() as connection:
            connection.execute("DELETE FROM relay_listeners WHERE queue = ? AND event_type = ?", (queue, event_type))

    def _check(self, connection: sqlite3.Connection) -> None:
        row = connection.execute("SELECT broker FROM relay_checkpoint WHERE name = ?", (_NAME,)).fetchone()
        if row is None or row["broker"] != self.mark:
            raise Unavailable("Another relay of this service has found the broker's queues lost; this one begins anew.")


def publish_again(state: StateDb) -> None:
    """Have a service's relay, which must not run, give every listener everything once more, from its beginning on.

    For when what waited in the broker is lost though the broker is the same: it is in no checkpoint.
    """
    with state.transaction() as connection:
        connection.execute("UPDATE relay_listeners SET behind = since")


def earlier(
    client: StoreClient, prefixes: tuple[str, ...], event_type: str, after: int, until: int
) -> Iterator[list[Any]]:
    """The events of one type in streams of these prefixes, after one position up to another, oldest first, in batches.

    Positions are the store's commit positions.
    """
    batch: list[Any] = []
    with client.read_all(commit_position=after or None, filter_include=(f"^{re.escape(event_type)}$",)) as events:
        for event in events:
            position = event.commit_position or 0
            if position > until:
                break
            if position > after and event.stream_name.startswith(prefixes):
                batch.append(event)
                if len(batch) == BATCH:
                    yield batch
                    batch = []
    if batch:
        yield batch


def for_listener(codec: Codec, event: Any, queue: str) -> Message:
    """An event as the relay publishes it, to this one queue."""
    return message(codec, event, "", queue, mandatory=True)


def message(codec: Codec, event: Any, exchange: str, routing_key: str, *, mandatory: bool = False) -> Message:
    """An event as others get it; its id is the message's."""
    recorded = codec.recorded(event)
    headers = {"correlation_id": recorded.meta.get("$correlationId", "")}
    return Message(exchange, routing_key, dumps(recorded), str(event.id), headers, mandatory=mandatory)
