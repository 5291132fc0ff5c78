"""What Portico's processes count, under the names dashboards and alerts use."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

RPC_SECONDS = Histogram(
    "portico_rpc_seconds", "Calls to services as the caller sees them", ("service", "method", "outcome"), buckets=_FAST
)
COMMANDS = Counter("portico_commands_total", "Commands handled", ("service", "command", "outcome"))
COMMAND_SECONDS = Histogram(
    "portico_command_seconds", "From the command's arrival to its reply", ("service", "command"), buckets=_FAST
)
EXPIRED = Counter("portico_commands_expired_total", "Commands dropped because their deadline had passed", ("service",))
RELAYED = Counter("portico_relayed_events_total", "Events published to the bus", ("service",))
RELAY_LAG = Gauge("portico_relay_lag_seconds", "Age of the last published event when it was published", ("service",))
REACTIONS = Counter(
    "portico_reactions_total", "Events reacted to: done, retried, dead", ("service", "reaction", "outcome")
)
INGESTED = Counter("portico_ingest_documents_total", "ERP documents by outcome", ("service", "kind", "outcome"))
INGEST_SECONDS = Histogram(
    "portico_ingest_window_seconds", "Time to take in one window of batches", ("service",), buckets=_FAST
)
PROJECTOR_POSITION = Gauge("portico_projector_position", "Commit position a read model has reached", ("model",))
PROJECTOR_LAG = Gauge("portico_projector_lag_seconds", "How far a read model is behind", ("model",))
PROJECTOR_BUILDING = Gauge(
    "portico_projector_building", "1 until a read model has caught up since its tables were made", ("model",)
)
MAILS = Gauge("portico_mails", "Mails by state: waiting, delayed, sent, given_up, not_needed", ("state",))
MAIL_TRIES = Counter("portico_mail_tries_total", "Mails that were to be sent, by what came of it", ("outcome",))
PART_FAILURES = Counter("portico_part_failures_total", "How often a part of a worker failed", ("part",))


@contextmanager
def command_timer(service: str, command: str) -> Iterator[Callable[[str], None]]:
    """Count and time one command; the caller says its outcome (`done`, `refused`, `unavailable`)."""
    said = ["failed"]
    started = time.perf_counter()
    try:
        yield lambda outcome: said.append(outcome)
    finally:
        COMMANDS.labels(service, command, said[-1]).inc()
        COMMAND_SECONDS.labels(service, command).observe(time.perf_counter() - started)


def exposition() -> tuple[bytes, str]:
    """All metrics of this process (of all its workers, where they share a folder) as text, and the content type."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry), CONTENT_TYPE_LATEST
    return generate_latest(), CONTENT_TYPE_LATEST
