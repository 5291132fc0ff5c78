"""The relay: what the contract publishes, from the service's streams to the bus, at least once and in order.

It follows the store from a checkpoint in the state database, publishes with confirms, and moves the checkpoint when
all are confirmed. Killed in between it publishes the same events again, under the same message ids.

Before it goes on from the checkpoint, it gives what was published before to those listeners that have not had it: a
new one, and all of them when the broker is not the one that the checkpoint speaks of. See `chassis.listeners`.
"""

from __future__ import annotations

import queue
import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from esdbclient import Checkpoint
from esdbclient.exceptions import DeadlineExceeded, DiscoveryFailed, GrpcError, NodeIsNotLeader

from chassis import bus, log, metrics
from chassis.codec import Codec
from chassis.config import Settings
from chassis.errors import Unavailable
from chassis.killpoints import reach
from chassis.link import AWAY, Message, Publisher
from chassis.listeners import BATCH, Listener, Told, earlier, for_listener, message
from chassis.reactions import Since
from chassis.statedb import StateDb
from chassis.store import StoreClient

logger = log.get(__name__)

PATIENCE = 5.0
"""Seconds until what the broker does not confirm is tried again; shorter than a process may take to stop."""
_STORE_AWAY = (GrpcError, DiscoveryFailed, NodeIsNotLeader, DeadlineExceeded)


class Unreadable(Exception):
    """An event that this release cannot publish; everything before it is published, nothing after it."""

    def __init__(self, event: Any, error: Exception) -> None:
        super().__init__(
            f"the relay stands before the event at position {event.commit_position} ({event.type}, revision"
            f" {event.stream_position} of {event.stream_name}): {type(error).__name__}: {error}. Update Portico."
        )


class Relay:
    """The worker's part that publishes a service's events. `topology` declares the queues on a broker without them."""

    def __init__(
        self,
        service: str,
        contract_published: frozenset[str],
        stream_prefixes: tuple[str, ...],
        codec: Codec,
        settings: Settings,
        listeners: tuple[Listener, ...],
        topology: Callable[[Any], None] = bus.declare_all,
    ) -> None:
        self._service = service
        self._types = contract_published
        self._prefixes = stream_prefixes
        self._codec = codec
        self._settings = settings
        self._listeners = listeners
        self._topology = topology
        self._told = Told(StateDb(settings.state_db(service)))
        self._position = 0
        self._kept_at = 0.0
        self._catching_up = ""
        self._published = 0
        self._behind_since: float | None = None
        self._away = ""

    def status(self) -> dict[str, Any]:
        """Position, events published since the start, for how long events have been waiting, what is away; the queue
        that is being given what it has not had; those that fill though no reaction of this release reads them."""
        since = self._behind_since
        lag = 0.0 if since is None else time.monotonic() - since
        return {
            "position": self._position,
            "published": self._published,
            "lag_seconds": round(lag, 3),
            "away": self._away,
            "catching_up": self._catching_up,
            "abandoned": ", ".join(queue for queue, _ in self._told.abandoned(self._listeners)),
        }

    def run(self, stop: threading.Event) -> None:
        """Publish until `stop` is set; waits for a store or broker that is away."""
        publisher = Publisher(self._settings.amqp_uri, f"{self._service}-relay")
        pause = 0.2
        try:
            while not stop.is_set():
                try:
                    self._follow(publisher, stop)
                    pause = 0.2
                except _STORE_AWAY as error:
                    self._wait(f"store: {error!r}", pause, stop)
                except Unavailable as error:
                    self._wait(f"broker: {error.message}", pause, stop)
                pause = min(pause * 2, 2.0)
        finally:
            publisher.stop()

    def _wait(self, away: str, pause: float, stop: threading.Event) -> None:
        self._away = away
        logger.warning("relay waits", service=self._service, reason=away)
        stop.wait(pause)

    def _follow(self, publisher: Publisher, stop: threading.Event) -> None:
        connected = publisher.connection(1.0)
        self._told.load()
        self._look_at_broker()
        self._position = self._told.position
        client = StoreClient(self._settings.esdb_uri)
        subscription = reader = None
        inbox: queue.Queue[Any] = queue.Queue(maxsize=2 * BATCH)
        closed = threading.Event()
        try:
            self._away = ""
            self._catch_up(client, publisher, stop)
            subscription = client.subscribe_to_all(
                commit_position=self._position or None,
                # By type: what is not published, like thousands of imported documents, does not even come here.
                filter_include=tuple(f"^{re.escape(name)}$" for name in sorted(self._types)),
                include_checkpoints=True,
            )
            reader = threading.Thread(target=_read, args=(subscription, inbox, closed), daemon=True)
            reader.start()
            # A connection made anew may be to a broker that has lost its queues: it is looked at again.
            while not stop.is_set() and publisher.connections == connected:
                self._step(inbox, publisher)
        finally:
            closed.set()
            if subscription is not None:
                subscription.stop()
            client.close()
            if reader is not None:
                reader.join(2)

    def _look_at_broker(self) -> None:
        """See that the broker has the queues that the checkpoint speaks of, or have everything published again.

        That is durable before the broker gets the new mark: killed in between, the next start finds none.
        """
        try:
            connection = bus.connect(self._settings.amqp_uri, f"{self._service}-relay-broker")
            try:
                if not (self._told.mark and bus.has_mark(connection, self._service, self._told.mark)):
                    if self._told.position:
                        logger.warning("not the broker as it was: all is published again", service=self._service)
                    self._told.begin_again()
                    reach(f"{self._service}.before_mark")
                    self._topology(connection.channel())
                    bus.set_mark(connection, self._service, self._told.mark)
                    reach(f"{self._service}.after_mark")
                self._told.note(self._listeners)
                channel = connection.channel()
                for listener in self._listeners:
                    if listener.since is Since.NOW:
                        channel.queue_bind(listener.queue, bus.events_exchange(self._service), listener.event_type)
            finally:
                if connection.is_open:
                    connection.close()
        except AWAY as error:
            raise Unavailable(f"The message broker does not answer: {error!r}.") from error

    def _catch_up(self, client: StoreClient, publisher: Publisher, stop: threading.Event) -> None:
        """Give each listener what was published and it has not had; what comes after follows behind, in order."""
        for listener, after in self._told.behind(self._listeners):
            self._catching_up = listener.queue
            self._behind_since = self._behind_since or time.monotonic()
            for events in earlier(client, self._prefixes, listener.event_type, after, self._position):
                if stop.is_set():
                    return
                publisher.publish([for_listener(self._codec, event, listener.queue) for event in events], PATIENCE)
                self._published += len(events)
                reach(f"{self._service}.mid_catch_up")
                self._told.given(listener, events[-1].commit_position)
            self._told.given(listener, None)
            logger.info("gave a listener what it had not had", queue=listener.queue, after=after)
        self._catching_up = ""

    def _step(self, inbox: queue.Queue[Any], publisher: Publisher) -> None:
        try:
            batch = [inbox.get(timeout=0.3)]
        except queue.Empty:
            self._keep(self._position, at_once=False)
            return
        self._behind_since = self._behind_since or time.monotonic()
        while len(batch) < BATCH and not inbox.empty():
            batch.append(inbox.get_nowait())
        failure = batch.pop() if isinstance(batch[-1], BaseException) else None
        messages: list[Message] = []
        for place, event in enumerate(batch):
            try:
                messages += self._messages(event)
            except Exception as error:
                failure = Unreadable(event, error)
                failure.__cause__ = error
                del batch[place:]
                break
        if messages:
            publisher.publish(messages, PATIENCE)
            self._published += len(messages)
            metrics.RELAYED.labels(self._service).inc(len(messages))
            reach(f"{self._service}.after_publish")
        if batch:
            self._keep(batch[-1].commit_position, at_once=bool(messages))
        if inbox.empty():
            self._behind_since = None
        if failure is not None:
            raise failure

    def _messages(self, event: Any) -> list[Message]:
        if isinstance(event, Checkpoint) or event.type not in self._types:
            return []
        if not event.stream_name.startswith(self._prefixes):
            return []  # another service's event of the same name
        age = (datetime.now(UTC) - event.recorded_at).total_seconds()
        metrics.RELAY_LAG.labels(self._service).set(max(0.0, age))
        return [message(self._codec, event, bus.events_exchange(self._service), event.type)]

    def _keep(self, position: int, *, at_once: bool) -> None:
        """Move the checkpoint; past what is not published at most once a second."""
        self._position = position
        if position != self._told.position and (at_once or time.monotonic() - self._kept_at >= 1.0):
            self._told.keep(position)
            self._kept_at = time.monotonic()


def _read(subscription: Any, inbox: queue.Queue[Any], closed: threading.Event) -> None:
    try:
        for event in subscription:
            if not _offer(inbox, event, closed):
                return
        _offer(inbox, DiscoveryFailed("the subscription ended"), closed)
    except Exception as error:
        _offer(inbox, error, closed)


def _offer(inbox: queue.Queue[Any], item: Any, closed: threading.Event) -> bool:
    while not closed.is_set():
        try:
            inbox.put(item, timeout=0.3)
            return True
        except queue.Full:
            continue
    return False
