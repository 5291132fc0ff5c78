"""ERP documents into streams: each document once, in order, whatever is killed in between.

A window of messages is taken from the ingest queues, its documents are validated, compared with the index, and what
changed is appended with the stream's indexed revision expected: the rule of the first row (documents) for the whole
window, then the second (ledger). Then the index is written, then the answers are sent, then the messages acknowledged.

A crash at any point makes the messages come again. Event ids derive from run, batch and document, and each event's
metadata says which document in which state it is, so the second time finds what the first one did.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from chassis import bus, log, metrics
from chassis.codec import Codec, dumps
from chassis.config import Settings
from chassis.ingest_documents import Batch, IngestKind, StreamRule, read_batch
from chassis.ingest_index import IngestIndex
from chassis.ingest_streams import STORE_AWAY, Recorder
from chassis.killpoints import reach
from chassis.link import Delivery, Inbox, Message, Publisher
from chassis.statedb import StateDb

__all__ = ["Ingest", "IngestKind", "StreamRule"]

logger = log.get(__name__)

WINDOW = 16
"""Messages taken together; the next as many wait here already."""
MAX_LAG_SECONDS = 2.0


class Ingest:
    """The worker's part that takes in ERP documents. `lag_seconds` says how far the read models are behind."""

    def __init__(
        self,
        service: str,
        kinds: Mapping[str, IngestKind],
        codec: Codec,
        settings: Settings,
        lag_seconds: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._service = service
        self._kinds = kinds
        self._settings = settings
        self._lag = lag_seconds
        self._index = IngestIndex(StateDb(settings.state_db(service)))
        self._recorder = Recorder(service, codec, self._index, settings.esdb_uri)
        self._state = "starting"
        self._documents = 0
        self._position = 0
        self._window_seconds = 0.0

    def status(self) -> dict[str, Any]:
        """Documents taken in since the start, the last append's position, what it is doing."""
        return {
            "state": self._state,
            "documents": self._documents,
            "position": self._position,
            "window_seconds": round(self._window_seconds, 3),
        }

    def run(self, stop: threading.Event) -> None:
        """Take in documents until `stop` is set."""
        queues = [bus.ingest_queue(self._service, n) for n in range(bus.INGEST_PARTITIONS)]
        inbox = Inbox(self._settings.amqp_uri, f"{self._service}-ingest", queues, prefetch=2 * WINDOW)
        answers = Publisher(self._settings.amqp_uri, f"{self._service}-answers")
        try:
            with asyncio.Runner() as runner:
                try:
                    while not stop.is_set():
                        self._turn(inbox, answers, runner, stop)
                finally:
                    runner.run(self._recorder.close())
        finally:
            inbox.stop()
            answers.stop()

    def _turn(self, inbox: Inbox, answers: Publisher, runner: asyncio.Runner, stop: threading.Event) -> None:
        while self._lag() > MAX_LAG_SECONDS and not stop.is_set():
            self._state = "waiting for the read models"
            stop.wait(0.1)
        self._state = "running"
        window = inbox.take(WINDOW, wait=0.2, linger=0.02)
        if not window or stop.is_set():
            return
        started = time.monotonic()
        self._state = "recording"
        said = self._take_in(window, runner, stop)
        if said is None:
            return
        answers.publish(said)
        inbox.ack(window)
        self._window_seconds = time.monotonic() - started
        metrics.INGEST_SECONDS.labels(self._service).observe(self._window_seconds)

    def _take_in(
        self, window: Sequence[Delivery], runner: asyncio.Runner, stop: threading.Event
    ) -> list[Message] | None:
        """The answers to send for a window; None when it was stopped before the store came back."""
        said: list[Message] = []
        batches: dict[tuple[str, str], Batch] = {}
        twins: list[Batch] = []
        for delivery in window:
            try:
                batch = read_batch(self._service, self._kinds, delivery.body)
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                said.append(self._unreadable(delivery, error))
                continue
            name = str(batch.head["run"]), str(batch.head["batch"])
            earlier = self._index.answered(*name)
            if earlier is not None:
                said.append(_answer(earlier))
            elif name in batches:
                twins.append(batches[name])  # sent again while it waited here: what the first does is both's answer
            else:
                batches[name] = batch
        dry = [one for one in batches.values() if one.dry_run]
        real = [one for one in batches.values() if not one.dry_run]
        pause = 0.2
        while True:
            try:
                streams = runner.run(self._recorder.record(real, append=True))
                runner.run(self._recorder.record(dry, append=False))
                break
            except STORE_AWAY as error:
                # Kept and tried again here: giving the messages back would use up their deliveries.
                self._state = "waiting for the event store"
                logger.warning("store away, the window is tried again", service=self._service, reason=repr(error))
                if stop.wait(pause):
                    return None
                pause = min(pause * 2, 2.0)
        made = [batch.answer(self._service) for batch in batches.values()]
        if real:
            reach(f"{self._service}.ingest.after_append")
            self._index.write(streams, made)
            reach(f"{self._service}.ingest.after_index")
        self._count(batches.values())
        return said + [_answer(one) for one in made] + [_answer(one.answer(self._service)) for one in twins]

    def _count(self, batches: Iterable[Batch]) -> None:
        outcomes: Counter[tuple[str, str]] = Counter()
        for batch in batches:
            outcomes.update((document.kind.kind, document.outcome) for document in batch.documents)
            outcomes.update((str(one["kind"])[:40], "refused") for one in batch.refused)
            self._position = max(self._position, batch.position)
        for (kind, outcome), count in outcomes.items():
            metrics.INGESTED.labels(self._service, kind, outcome).inc(count)
        self._documents += outcomes.total()

    def _unreadable(self, delivery: Delivery, error: Exception) -> Message:
        logger.error("unreadable ingest message put aside", service=self._service, reason=repr(error))
        headers = {"reason": f"This is not a message of ERP documents: {error!r}", "x-from-queue": delivery.queue}
        dead = bus.ingest_dead_queue(self._service)
        return Message("", dead, delivery.body, message_id=f"unreadable-{delivery.tag}", headers=headers)


def _answer(answer: Mapping[str, Any]) -> Message:
    name = f"{answer['run']}/{answer['batch']}/{answer['service']}"
    return Message("", bus.ANSWERS, dumps(answer), message_id=name, mandatory=True)
