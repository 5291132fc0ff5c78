"""Starts one service's worker process: projectors, relay, ingest and jobs, a thread each, plain Python."""

from __future__ import annotations

import gc
import signal
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from chassis import admin, bus, log, metrics, statedb
from chassis.config import Settings
from chassis.ingest import Ingest
from chassis.listeners import listeners_of
from chassis.parking import Parking
from chassis.projector import Projector
from chassis.relay import Relay
from chassis.rooms import Rooms, load
from chassis.statedb import StateDb
from chassis.stopping import end_in_time

_log = log.get("worker")


class Runnable(Protocol):
    """A part of a worker: runs until `stop`, raises when what it needs goes away, tells how far it is."""

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set."""

    def status(self) -> dict[str, Any]:
        """Positions and lag, as JSON values."""


class Part:
    """One part in its thread, started again with growing pauses when it fails; the failure is kept as its status."""

    def __init__(self, name: str, runnable: Runnable, stop: threading.Event) -> None:
        self.name = name
        self.runnable = runnable
        self.failure = ""
        self._stop = stop
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)

    def _run(self) -> None:
        pause = 0.2
        while not self._stop.is_set():
            started = time.monotonic()
            try:
                self.failure = ""
                self.runnable.run(self._stop)
            except Exception as error:
                self.failure = f"{type(error).__name__}: {error}"
                metrics.PART_FAILURES.labels(self.name).inc()
                _log.warning("part failed", part=self.name, error=self.failure, exc_info=True)
            if time.monotonic() - started > 30:
                pause = 0.2
            self._stop.wait(pause)
            pause = min(pause * 2, 5)

    def status(self) -> dict[str, Any]:
        """The part's own status and its last failure, empty when it runs."""
        return {**self.runnable.status(), "failure": self.failure}


class Job:
    """A service's own long-running function as a worker part."""

    def __init__(self, function: Callable[[threading.Event, Settings], None], settings: Settings) -> None:
        self._function = function
        self._settings = settings

    def run(self, stop: threading.Event) -> None:
        """Run the function."""
        self._function(stop, self._settings)

    def status(self) -> dict[str, Any]:
        """Jobs tell about themselves in their own tables."""
        return {}


def build_parts(rooms: Rooms, settings: Settings, hints: bus.Hints, stop: threading.Event) -> list[Part]:
    """The parts that this service's rooms ask for."""
    name = rooms.name
    write_lock = threading.Lock()
    parking = Parking(StateDb(settings.state_db(name)))
    projectors = [
        Projector(
            name,
            projection,
            rooms.codec,
            settings.read_db(name),
            settings.esdb_uri,
            hints.changed,
            write_lock,
            parking.of_model,
        )
        for projection in rooms.projections
    ]
    parts = [Part(f"projector:{one.projection.name}", one, stop) for one in projectors]
    if rooms.published:
        relay = Relay(name, rooms.published, rooms.streams, rooms.codec, settings, listeners_of(name))
        parts.append(Part("relay", relay, stop))
    kinds = rooms.ingest_kinds(settings)
    if kinds:

        def lag() -> float:
            return max((one.lag_seconds() for one in projectors), default=0.0)

        parts.append(Part("ingest", Ingest(name, kinds, rooms.codec, settings, lag), stop))
    parts += [Part(f"job:{job.__name__}", Job(job, settings), stop) for job in rooms.jobs]
    return parts


def run_worker(name: str) -> None:
    """Run `services.<name>`'s worker until SIGTERM or SIGINT."""
    settings = Settings.from_env()
    log.configure(f"{name}-worker", settings.log_level, settings.log_format)
    stop = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: stop.set())
    statedb.migrate(settings.state_db(name), name)
    bus.declare_topology(settings.amqp_uri, stop=stop)
    if stop.is_set():
        return
    hints = bus.Hints(settings.amqp_uri, name)
    parts = build_parts(load(name), settings, hints, stop)
    gc.freeze()  # what is loaded now stays: to look through it again and again is a tenth of an import
    for part in parts:
        part.thread.start()
    admin.serve(
        settings.admin_port,
        f"{name}-worker",
        ready=lambda: _ready(parts, stop),
        status=lambda: {part.name: part.status() for part in parts},
    )
    _log.info("started", parts=[part.name for part in parts])
    stop.wait()
    _log.info("stopping")
    end_in_time()
    for part in parts:
        part.thread.join()
    hints.stop()
    _log.info("stopped")


def _ready(parts: list[Part], stop: threading.Event) -> tuple[bool, str]:
    if stop.is_set():
        return False, "stopping"
    failed = [f"{part.name}: {part.failure}" for part in parts if part.failure]
    return not failed, "; ".join(failed) or "running"
