"""The relay: what the contract publishes, from the service's streams to the bus, at least once and in order.

It follows the store from a checkpoint in the state database, publishes with confirms, and moves the checkpoint when
all are confirmed. Killed in between it publishes the same events again, under the same message ids.
"""

from __future__ import annotations

import queue
import re
import threading
import time
from datetime import UTC, datetime
from typing import Any

from esdbclient import Checkpoint
from esdbclient.exceptions import DeadlineExceeded, DiscoveryFailed, GrpcError, NodeIsNotLeader

from chassis import bus, log, metrics
from chassis.codec import Codec, dumps
from chassis.config import Settings
from chassis.errors import Unavailable
from chassis.killpoints import reach
from chassis.link import Message, Publisher
from chassis.statedb import StateDb
from chassis.store import StoreClient

logger = log.get(__name__)

BATCH = 200
_NAME = "relay"
_STORE_AWAY = (GrpcError, DiscoveryFailed, NodeIsNotLeader, DeadlineExceeded)


class Relay:
    """The worker's part that publishes a service's events."""

    def __init__(
        self,
        service: str,
        contract_published: frozenset[str],
        stream_prefixes: tuple[str, ...],
        codec: Codec,
        settings: Settings,
    ) -> None:
        self._service = service
        self._types = contract_published
        self._prefixes = stream_prefixes
        self._codec = codec
        self._settings = settings
        self._state = StateDb(settings.state_db(service))
        self._position = 0
        self._kept = 0
        self._kept_at = 0.0
        self._published = 0
        self._behind_since: float | None = None
        self._away = ""

    def status(self) -> dict[str, Any]:
        """Position, events published since the start, for how long events have been waiting, what is away."""
        since = self._behind_since
        lag = 0.0 if since is None else time.monotonic() - since
        return {
            "position": self._position,
            "published": self._published,
            "lag_seconds": round(lag, 3),
            "away": self._away,
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
        row = self._state.row("SELECT position FROM relay_checkpoint WHERE name = ?", _NAME)
        self._position = self._kept = row["position"] if row else 0
        client = StoreClient(self._settings.esdb_uri)
        subscription = reader = None
        inbox: queue.Queue[Any] = queue.Queue(maxsize=2 * BATCH)
        closed = threading.Event()
        try:
            subscription = client.subscribe_to_all(
                commit_position=self._position or None,
                # By type: what is not published, like thousands of imported documents, does not even come here.
                filter_include=tuple(f"^{re.escape(name)}$" for name in sorted(self._types)),
                include_checkpoints=True,
            )
            reader = threading.Thread(target=_read, args=(subscription, inbox, closed), daemon=True)
            reader.start()
            self._away = ""
            while not stop.is_set():
                self._step(inbox, publisher)
        finally:
            closed.set()
            if subscription is not None:
                subscription.stop()
            client.close()
            if reader is not None:
                reader.join(2)

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
        messages = [message for event in batch if (message := self._message(event)) is not None]
        if messages:
            publisher.publish(messages)
            self._published += len(messages)
            metrics.RELAYED.labels(self._service).inc(len(messages))
            reach(f"{self._service}.after_publish")
        if batch:
            self._keep(batch[-1].commit_position, at_once=bool(messages))
        if inbox.empty():
            self._behind_since = None
        if failure is not None:
            raise failure

    def _message(self, event: Any) -> Message | None:
        if isinstance(event, Checkpoint) or event.type not in self._types:
            return None
        if not event.stream_name.startswith(self._prefixes):
            return None  # another service's event of the same name
        recorded = self._codec.recorded(event)
        age = (datetime.now(UTC) - recorded.recorded_at).total_seconds()
        metrics.RELAY_LAG.labels(self._service).set(max(0.0, age))
        headers = {"correlation_id": recorded.meta.get("$correlationId", "")}
        exchange = bus.events_exchange(self._service)
        return Message(exchange, event.type, dumps(recorded), message_id=str(event.id), headers=headers)

    def _keep(self, position: int, *, at_once: bool) -> None:
        """Move the checkpoint; past what is not published at most once a second."""
        self._position = position
        if position != self._kept and (at_once or time.monotonic() - self._kept_at >= 1.0):
            with self._state.transaction() as connection:
                connection.execute("INSERT OR REPLACE INTO relay_checkpoint VALUES (?, ?)", (_NAME, position))
            self._kept, self._kept_at = position, time.monotonic()


def publish_again(state: StateDb) -> None:
    """Have a service's relay, which must not run, publish everything from the beginning of the store.

    For when the broker's queues are lost: what waited there is in no checkpoint.
    """
    with state.transaction() as connection:
        connection.execute("DELETE FROM relay_checkpoint WHERE name = ?", (_NAME,))


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
