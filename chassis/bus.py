"""The broker's topology: who publishes where, who listens, where what cannot be handled ends.

    <service>.events              topic exchange, routing key = event type
    <service>.reactions.<name>    quorum queue; refused messages wait in <service>.wait.<ms>, then end in …<name>.dead
    <service>.ingest.<n>          quorum queue of ERP documents, one active consumer; unreadable: …ingest.dead
    erp_sync.answers              what became of the documents
    readmodels                    fanout of hints: this read model of these companies is at these positions
    <service>.relay.<mark>        exchange without queues: the broker that the relay's checkpoint speaks of

Everything is declared before any relay starts, so that no event is published past a queue that was to get it.
"""

from __future__ import annotations

import os
import threading
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pika
from pika.exceptions import ChannelClosedByBroker

from chassis import config, log, rooms
from chassis.codec import dumps
from chassis.link import AWAY, Message, Publisher, parameters

logger = log.get(__name__)

INGEST_PARTITIONS = 2
ANSWERS = "erp_sync.answers"
HINTS = "readmodels"
DELIVERY_LIMIT = 20
"""How often a message may come back from a consumer that died before it is put aside as the cause."""
INGEST_DELIVERY_LIMIT = 100
"""The same for documents, of which a window comes back whole."""


def retry_delays() -> tuple[int, ...]:
    """Milliseconds a failed reaction waits before each further attempt; `PORTICO_RETRY_MS` overrides them in tests."""
    return config.retry_ms(os.environ)


def events_exchange(service: str) -> str:
    """Where a service's relay publishes."""
    return f"{service}.events"


def reaction_queue(service: str, name: str) -> str:
    """The queue of one reaction of a service."""
    return f"{service}.reactions.{name}"


def dead_queue(queue: str) -> str:
    """Where messages end that the queue's consumer could not handle."""
    return f"{queue}.dead"


def wait_name(service: str, milliseconds: int) -> str:
    """Exchange and queue in which a failed message waits; it comes back to the queue its routing key names."""
    return f"{service}.wait.{milliseconds}"


def ingest_queue(service: str, partition: int) -> str:
    """The queue of ERP documents of one partition."""
    return f"{service}.ingest.{partition}"


def ingest_dead_queue(service: str) -> str:
    """Where ingest messages end that cannot be read at all."""
    return f"{service}.ingest.dead"


def partition_of(name: str) -> int:
    """The ingest partition of a company, or of what else is kept in order: its documents stay in order."""
    return zlib.crc32(name.encode()) % INGEST_PARTITIONS


def hint(service: str, model: str, companies: Mapping[str, int]) -> Message:
    """A hint that a read model has moved, company → commit position; may be lost."""
    body = dumps({"service": service, "model": model, "companies": companies})
    return Message(HINTS, "", body, persistent=False)


def connect(amqp_uri: str, process: str) -> pika.BlockingConnection:
    """A blocking connection, for start-up and tools; the caller closes it."""
    return pika.BlockingConnection(parameters(amqp_uri, process))


def _quorum(channel: Any, name: str, dead_to: str = "", **extra: Any) -> None:
    arguments = {"x-queue-type": "quorum", **{f"x-{key.replace('_', '-')}": value for key, value in extra.items()}}
    if dead_to:
        # At least once, not the default at most once: a message must not vanish on its way to the dead letters.
        arguments |= {
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": dead_to,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        }
    channel.queue_declare(name, durable=True, arguments=arguments)


def _wait_queue(channel: Any, service: str, milliseconds: int) -> None:
    name = wait_name(service, milliseconds)
    arguments = {
        "x-queue-type": "quorum",
        "x-message-ttl": milliseconds,
        "x-dead-letter-exchange": "",  # to the queue named by the message's own routing key
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
    channel.exchange_declare(name, "fanout", durable=True)
    channel.queue_declare(name, durable=True, arguments=arguments)
    channel.queue_bind(name, name)


def declare_reactions(channel: Any, service: str, reactions: Sequence[Any]) -> None:
    """Queues of a service's reactions, bound to what they listen to, with waiting rooms and dead letters.

    Those that begin now are bound by the relay of the service they listen to, which first keeps where that is.
    """
    if not reactions:
        return
    for milliseconds in retry_delays():
        _wait_queue(channel, service, milliseconds)
    for reaction in reactions:
        queue = reaction_queue(service, reaction.name)
        _quorum(channel, dead_queue(queue))
        _quorum(channel, queue, dead_to=dead_queue(queue), delivery_limit=DELIVERY_LIMIT)
        source = events_exchange(reaction.source_service)
        channel.exchange_declare(source, "topic", durable=True)
        if reaction.gets_everything:
            channel.queue_bind(queue, source, reaction.event_type)


def declare_ingest(channel: Any, service: str) -> None:
    """Queues of the ERP documents sent to a service, and the queue of its answers."""
    dead = ingest_dead_queue(service)
    _quorum(channel, dead)
    for partition in range(INGEST_PARTITIONS):
        queue = ingest_queue(service, partition)
        _quorum(channel, queue, dead_to=dead, delivery_limit=INGEST_DELIVERY_LIMIT, single_active_consumer=True)
    _quorum(channel, ANSWERS)


def declare_all(channel: Any, services: Iterable[str] = config.SERVICES) -> None:
    """Declare what every service's rooms ask for; the same again changes nothing."""
    channel.exchange_declare(HINTS, "fanout", durable=True)
    for service in services:
        offered = rooms.load(service)
        channel.exchange_declare(events_exchange(service), "topic", durable=True)
        declare_reactions(channel, service, offered.reactions)
        if offered.takes_documents:
            declare_ingest(channel, service)
    _quorum(channel, ANSWERS)


def _mark(service: str, mark: str) -> str:
    return f"{service}.relay.{mark}"


def has_mark(connection: pika.BlockingConnection, service: str, mark: str) -> bool:
    """Whether this is the broker that got this mark, and it has lost nothing since."""
    try:
        connection.channel().exchange_declare(_mark(service, mark), passive=True)
    except ChannelClosedByBroker as error:
        if error.reply_code != 404:
            raise
        return False
    return True


def set_mark(connection: pika.BlockingConnection, service: str, mark: str) -> None:
    """Mark the broker, by an exchange: it lives as long as the definitions of queues, on every node of a cluster."""
    connection.channel().exchange_declare(_mark(service, mark), "fanout", durable=True)


class Hints:
    """Tells open pages that read models have moved; what is lost is found again in the table of versions."""

    def __init__(self, amqp_uri: str, service: str) -> None:
        self._service = service
        self._publisher = Publisher(amqp_uri, f"{service}-hints")

    def changed(self, model: str, companies: Mapping[str, int]) -> None:
        """Say that `model` of each company is at that commit position."""
        self._publisher.send(hint(self._service, model, companies))

    @property
    def connected(self) -> bool:
        """Whether hints go out at this moment."""
        return self._publisher.connected

    def stop(self) -> None:
        """Close the connection."""
        self._publisher.stop()


def declare_topology(amqp_uri: str, process: str = "topology", stop: threading.Event | None = None) -> None:
    """Declare everything, waiting for the broker as long as it takes or until `stop`."""
    pause = 0.1
    stop = stop or threading.Event()
    while not stop.is_set():
        try:
            connection = connect(amqp_uri, process)
            try:
                declare_all(connection.channel())
            finally:
                if connection.is_open:
                    connection.close()
            return
        except AWAY as error:
            if isinstance(error, ChannelClosedByBroker) and error.reply_code == 406:  # waiting does not help
                raise RuntimeError(
                    f"The broker has a queue of another release: {error.reply_text}."
                    " Let it run empty with that release and delete it, or use a fresh virtual host."
                ) from error
            logger.warning("the topology is not declared yet", reason=repr(error))
            stop.wait(pause)
            pause = min(pause * 2, 2.0)
