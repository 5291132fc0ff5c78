"""The sender's side of ingest: batches of ERP documents out, what became of them back."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any

from chassis import bus, log
from chassis.codec import dumps, loads
from chassis.config import Settings
from chassis.link import Delivery, Inbox, Message, Publisher

logger = log.get(__name__)

IN_FLIGHT = 64
"""Batches out and not answered: what the services may have in their queues."""

Name = tuple[str, str, str]


class Answer(dict[str, Any]):
    """`{"run", "batch", "service", "changed", "unchanged", "stale", "refused": [{"company", "kind", "key", "errors"}],
    "position"}`; to be acknowledged when it is kept. The same answer may come twice.
    """

    delivery: Delivery


class BatchSender:
    """Sends RecordErpDocuments with confirms, a bounded number unanswered. One a process, for one thread.

    A message is `{"run", "batch", "connection", "service", "partition", "dry_run", "documents": [{"company", "kind",
    "key", "stamp", "body"}], "correlation_id"}`; what has the same `partition` (see `bus.partition_of`) is taken in in
    order. Sending a message again is harmless: what was recorded is unchanged.
    """

    def __init__(self, settings: Settings, process: str = "erp_sync", in_flight: int = IN_FLIGHT) -> None:
        self._in_flight = in_flight
        self._out: dict[Name, tuple[float, int]] = {}
        self._lock = threading.Lock()
        self._publisher = Publisher(settings.amqp_uri, f"{process}-batches")
        self._inbox = Inbox(settings.amqp_uri, f"{process}-batch-answers", [bus.ANSWERS], prefetch=2 * in_flight)

    @property
    def room(self) -> int:
        """How many batches may be sent now."""
        return max(0, self._in_flight - len(self._out))

    def send(self, *messages: Mapping[str, Any], seconds: float = 10.0) -> int:
        """Send as many of the messages, in order, as there is room for; how many the broker has confirmed.

        Take answers and send the rest. Raises Unavailable when the broker does not confirm: send the same again.
        """
        now = time.monotonic(), self._publisher.connection(seconds)
        going: list[Message] = []
        for message in messages:
            name = _name(message)
            with self._lock:
                if name not in self._out and len(self._out) >= self._in_flight:
                    break
                self._out[name] = now
            queue = bus.ingest_queue(message["service"], message["partition"])
            going.append(Message("", queue, dumps(message), message_id="/".join(name), mandatory=True))
        self._publisher.publish(going, seconds)
        return len(going)

    def answers(self, seconds: float, at_most: int = IN_FLIGHT) -> list[Answer]:
        """Answers that came within `seconds` (as soon as there are any), also to what an earlier process sent."""
        answers: list[Answer] = []
        for delivery in self._inbox.take(at_most, wait=seconds, linger=0.005):
            try:
                answer = Answer(loads(delivery.body))
                name = _name(answer)
            except (ValueError, TypeError, KeyError):
                logger.error("an answer that cannot be read was dropped", body=delivery.body[:500])
                self._inbox.ack([delivery])
                continue
            answer.delivery = delivery
            answers.append(answer)
            with self._lock:
                self._out.pop(name, None)
        return answers

    def ack(self, answers: Iterable[Answer]) -> None:
        """Say that these answers are kept: they do not come again."""
        self._inbox.ack([answer.delivery for answer in answers])

    def overdue(self, seconds: float) -> list[Name]:
        """(run, batch, service) of what is not answered and may be sent again: it was sent longer ago, or over a
        connection that was lost, perhaps with the broker's queues."""
        before, connection = time.monotonic() - seconds, self._publisher.connections
        with self._lock:
            return [name for name, (sent, over) in self._out.items() if sent < before or over < connection]

    def forget(self, run: str) -> None:
        """Wait no longer for answers of a run that was given up."""
        with self._lock:
            self._out = {name: sent for name, sent in self._out.items() if name[0] != run}

    def stop(self) -> None:
        """Close the connections."""
        self._publisher.stop()
        self._inbox.stop()


def _name(message: Mapping[str, Any]) -> Name:
    return str(message["run"]), str(message["batch"]), str(message["service"])
