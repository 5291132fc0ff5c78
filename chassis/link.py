"""Connections to the broker that last: one thread, one channel, opened again whenever they are lost.

`Publisher` sends with confirms, `Inbox` hands deliveries to a thread that works them off in windows. Both come back by
themselves after the broker was away; what was in between is told to the caller (publishing) or comes again (consuming).
"""

from __future__ import annotations

import itertools
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pika
from pika.adapters.select_connection import IOLoop
from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.exceptions import AMQPError

from chassis import log
from chassis.errors import Unavailable

logger = log.get(__name__)

AWAY = (AMQPError, AMQPConnectorException, OSError)
"""What pika raises when the broker does not answer, or takes a connection and says nothing."""
HEARTBEAT = 30
"""Seconds between heartbeats."""

# pika logs several tracebacks for every failed attempt to connect; the link says it once, in a sentence.
logging.getLogger("pika").setLevel("CRITICAL")


def parameters(amqp_uri: str, process: str) -> list[pika.URLParameters]:
    """pika's connection parameters for each node of the broker; `process` is the name it shows for the connection."""
    return [_parameters(uri, process) for uri in amqp_uri.split(";")]


def _parameters(amqp_uri: str, process: str) -> pika.URLParameters:
    result = pika.URLParameters(amqp_uri)
    result.heartbeat = HEARTBEAT
    result.client_properties = {"connection_name": process}
    result.socket_timeout = 5
    result.stack_timeout = 10
    return result


class Link:
    """One connection and channel on a thread of its own.

    `opened(channel)` runs on that thread after each connect; it sets `ready` when its own set-up is done.
    `lost(reason)` runs after each loss, when nothing can be queued on the old connection any more.
    """

    def __init__(
        self,
        amqp_uri: str,
        process: str,
        opened: Callable[[Any], None],
        lost: Callable[[str], None],
    ) -> None:
        self._nodes = itertools.cycle(parameters(amqp_uri, process))
        self._process = process
        self._opened = opened
        self._lost = lost
        self._lock = threading.Lock()
        self._loop: IOLoop | None = None
        self._connection: Any = None
        self._reason = ""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"amqp-{process}", daemon=True)
        self.channel: Any = None
        self.ready = threading.Event()

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._thread.start()

    def soon(self, call: Callable[[], None]) -> bool:
        """Run `call` on the link's thread; False when there is no connection to run it on."""
        with self._lock:
            if self._loop is None:
                return False
            self._loop.add_callback_threadsafe(call)
            return True

    def stop(self, seconds: float = 2.0) -> None:
        """Close the connection and end the thread."""
        self._stopping.set()
        self.soon(self._close)
        if self._thread.is_alive():
            self._thread.join(seconds)

    def reopen(self) -> None:
        """Drop the connection and make a new one; for use on the link's thread."""
        if self._connection is not None and self._connection.is_open:
            self._connection.close()

    def _close(self) -> None:
        if self._connection is not None and self._connection.is_open:
            self._connection.close()
        elif self._loop is not None:
            self._loop.stop()

    def _run(self) -> None:
        pause = 0.05
        told = False
        while not self._stopping.is_set():
            served = self._serve()
            if self._stopping.is_set():
                return
            if served or not told:
                logger.warning("broker away, connecting again", link=self._process, reason=self._reason)
            told = not served
            pause = 0.05 if served else min(pause * 2, 2.0)
            self._stopping.wait(pause)

    def _serve(self) -> bool:
        """Connect and serve until the connection ends; whether it was ready in between."""
        loop = IOLoop()
        served = False
        self._reason = ""
        try:
            self._connection = pika.SelectConnection(
                next(self._nodes),
                on_open_callback=lambda connection: connection.channel(on_open_callback=self._channel_open),
                on_open_error_callback=lambda _connection, error: self._ended(loop, error),
                on_close_callback=lambda _connection, error: self._ended(loop, error),
                custom_ioloop=loop,
            )
            with self._lock:
                self._loop = loop
            if self._stopping.is_set():
                return False
            loop.start()
        except Exception as error:  # a fault in a callback must not end the thread for good
            logger.exception("link failed", link=self._process)
            self._reason = repr(error)
        finally:
            with self._lock:
                self._loop = None
            served = self.ready.is_set()
            self.ready.clear()
            self.channel = None
            self._lost(self._reason)
            self._discard(loop)
        return served

    def _discard(self, loop: IOLoop) -> None:
        connection, self._connection = self._connection, None
        if connection is not None and not connection.is_closed:
            transport = getattr(connection, "_transport", None)
            if transport is not None:
                transport.abort()
        loop.close()

    def _channel_open(self, channel: Any) -> None:
        self.channel = channel
        channel.add_on_close_callback(self._channel_closed)
        channel.add_on_cancel_callback(lambda _frame: self.reopen())
        self._opened(channel)

    def _channel_closed(self, _channel: Any, reason: Exception) -> None:
        self._reason = repr(reason)
        self.reopen()

    def _ended(self, loop: IOLoop, error: Any) -> None:
        self._reason = self._reason or repr(error)
        loop.stop()


@dataclass(frozen=True, slots=True)
class Message:
    """What is published. `mandatory` makes a message nobody would get an error; it needs a `message_id`."""

    exchange: str
    routing_key: str
    body: bytes
    message_id: str = ""
    headers: dict[str, Any] = field(default_factory=dict)
    persistent: bool = True
    mandatory: bool = False

    def properties(self) -> pika.BasicProperties:
        """The AMQP properties of the message."""
        return pika.BasicProperties(
            content_type="application/json",
            content_encoding="utf-8",
            delivery_mode=2 if self.persistent else 1,
            message_id=self.message_id or None,
            headers=self.headers or None,
        )


class _Batch:
    """Messages published together, and what became of them."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self.messages = messages
        self.open = len(messages)
        self.failure = ""
        self.done = threading.Event()

    def settle(self, count: int = 1, failure: str = "") -> None:
        self.failure = self.failure or failure
        self.open -= count
        if self.open <= 0:
            self.done.set()


class Publisher:
    """Publishes with confirms, from any thread."""

    def __init__(self, amqp_uri: str, process: str) -> None:
        self._tag = 0
        self._unconfirmed: dict[int, _Batch] = {}
        self._mandatory: dict[str, _Batch] = {}
        self.connections = 0
        self._link = Link(amqp_uri, process, self._opened, self._lost)
        self._link.start()

    @property
    def connected(self) -> bool:
        """Whether messages can go out at this moment."""
        return self._link.ready.is_set()

    def connection(self, seconds: float) -> int:
        """The number of the connection there is, the first is 1; raises Unavailable when there is none in time.

        When `connections` is another number later, the broker may be another one, too.
        """
        if not self._link.ready.wait(seconds):
            raise Unavailable("The message broker does not answer.")
        return self.connections

    def publish(self, messages: Sequence[Message], seconds: float = 10.0) -> None:
        """Return when the broker has taken all messages.

        Raises Unavailable when that is not known; some or all may have got there.
        """
        if not messages:
            return
        deadline = time.monotonic() + seconds
        batch = _Batch(messages)
        if not self._link.ready.wait(seconds) or not self._link.soon(lambda: self._send(batch)):
            raise Unavailable("The message broker does not answer. Nothing was sent; try again.")
        if not batch.done.wait(max(0.0, deadline - time.monotonic())):
            raise Unavailable(f"The message broker did not confirm {batch.open} messages in {seconds:g} s; try again.")
        if batch.failure:
            raise Unavailable(f"The message broker did not take a message: {batch.failure}. Try again.")

    def send(self, message: Message) -> bool:
        """Publish without waiting, for hints that may be lost; False when there is no connection."""
        return self._link.ready.is_set() and self._link.soon(lambda: self._send(_Batch([message])))

    def stop(self) -> None:
        """Close the connection."""
        self._link.stop()

    def _opened(self, channel: Any) -> None:
        self._tag = 0
        self.connections += 1
        channel.add_on_return_callback(self._returned)
        channel.confirm_delivery(self._confirmed, callback=lambda _frame: self._link.ready.set())

    def _send(self, batch: _Batch) -> None:
        channel = self._link.channel
        if channel is None or not channel.is_open or not self._link.ready.is_set():
            batch.settle(batch.open, "the connection was lost")
            return
        for message in batch.messages:
            self._tag += 1
            self._unconfirmed[self._tag] = batch
            if message.mandatory:
                self._mandatory[message.message_id] = batch
            channel.basic_publish(
                message.exchange, message.routing_key, message.body, message.properties(), mandatory=message.mandatory
            )

    def _confirmed(self, frame: Any) -> None:
        method = frame.method
        refused = "" if isinstance(method, pika.spec.Basic.Ack) else "refused by the queue"
        if method.multiple:
            tags = [tag for tag in self._unconfirmed if tag <= method.delivery_tag]
        else:
            tags = [method.delivery_tag]
        for tag in tags:
            batch = self._unconfirmed.pop(tag, None)
            if batch is not None:
                batch.settle(1, refused)
                if batch.open <= 0:
                    self._forget(batch)

    def _forget(self, batch: _Batch) -> None:
        for message in batch.messages:
            # Sent again under its id, it is the later batch's to be told of.
            if message.mandatory and self._mandatory.get(message.message_id) is batch:
                del self._mandatory[message.message_id]

    def _returned(self, _channel: Any, method: Any, properties: Any, _body: bytes) -> None:
        batch = self._mandatory.get(properties.message_id or "")
        if batch is not None:
            batch.settle(0, f"no queue takes {method.exchange or 'direct'}/{method.routing_key}")

    def _lost(self, reason: str) -> None:
        waiting, self._unconfirmed, self._mandatory = set(self._unconfirmed.values()), {}, {}
        for batch in waiting:
            batch.settle(batch.open, reason or "the connection was lost")


class Delivery(NamedTuple):
    """A message that came in, with what is needed to acknowledge it."""

    body: bytes
    headers: dict[str, Any]
    queue: str
    redelivered: bool
    tag: int
    generation: int


class Inbox:
    """Consumes queues; a thread of the caller takes windows of deliveries and acknowledges them when it is done."""

    def __init__(self, amqp_uri: str, process: str, queues: Iterable[str], prefetch: int = 64) -> None:
        self._queues = tuple(queues)
        self._prefetch = prefetch
        self._generation = 0
        self._deliveries: queue.SimpleQueue[Delivery] = queue.SimpleQueue()
        self._link = Link(amqp_uri, process, self._opened, lambda _reason: None)
        self._link.start()

    @property
    def connected(self) -> bool:
        """Whether messages can come in at this moment."""
        return self._link.ready.is_set()

    def take(self, at_most: int, wait: float, linger: float = 0.0) -> list[Delivery]:
        """Up to `at_most` deliveries: wait up to `wait` seconds for the first, then `linger` seconds for more."""
        taken: list[Delivery] = []
        until = time.monotonic() + wait
        while len(taken) < at_most:
            try:
                delivery = self._deliveries.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            if delivery.generation != self._generation:
                continue  # of a lost connection: it comes again
            if not taken:
                until = time.monotonic() + linger
            taken.append(delivery)
        return taken

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Acknowledge; what came over a lost connection comes again whatever is said here."""

        def acknowledge() -> None:
            for delivery in deliveries:
                if delivery.generation == self._generation and self._link.ready.is_set():
                    self._link.channel.basic_ack(delivery.tag)

        self._link.soon(acknowledge)

    def stop(self) -> None:
        """Close the connection; what was not acknowledged goes back to its queue."""
        self._link.stop()

    def _opened(self, channel: Any) -> None:
        self._generation += 1
        channel.basic_qos(prefetch_count=self._prefetch)
        for name in self._queues:
            self._consume(channel, name)

    def _consume(self, channel: Any, name: str) -> None:
        generation = self._generation

        def arrived(_channel: Any, method: Any, properties: Any, body: bytes) -> None:
            self._deliveries.put(
                Delivery(body, properties.headers or {}, name, method.redelivered, method.delivery_tag, generation)
            )

        last = name == self._queues[-1]
        channel.basic_consume(name, arrived, callback=lambda _ok: self._link.ready.set() if last else None)
