"""Starts one service's worker process: projectors, relay, ingest and jobs, a thread each, plain Python."""

from __future__ import annotations

import gc
import signal
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from chassis import admin, bus, log, metrics, readmodel, statedb
from chassis.config import Settings
from chassis.ingest import Ingest
from chassis.lease import LOOK_SECONDS, Lease
from chassis.listeners import listeners_of
from chassis.parking import Parking
from chassis.projector import Projector
from chassis.relay import Relay
from chassis.rooms import Rooms, load
from chassis.sqlite_models import SqliteDatabase
from chassis.statedb import StateDb
from chassis.stopping import end_in_time, wait_until_told

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
        """What the job says of itself, where it has a `status()`; most tell about themselves in their own tables."""
        tell: Callable[[], dict[str, Any]] | None = getattr(self._function, "status", None)
        return {} if tell is None else tell()


class Leased:
    """A part that of several workers one runs, the one with the lease, while the others stand by."""

    def __init__(self, runnable: Runnable, lease: Lease) -> None:
        self._runnable = runnable
        self._lease = lease

    def run(self, stop: threading.Event) -> None:
        """Run it once this worker has the lease, and for as long as it does."""
        try:
            while not self._lease.claim():
                if stop.wait(LOOK_SECONDS):
                    return
            with self._lease.renewed():
                ended = threading.Event()
                threading.Thread(target=self._end_with, args=(stop, ended), daemon=True).start()
                try:
                    self._runnable.run(ended)
                finally:
                    ended.set()
        finally:
            self._lease.close()

    def _end_with(self, stop: threading.Event, ended: threading.Event) -> None:
        while not (stop.is_set() or self._lease.lost.is_set() or ended.is_set()):
            stop.wait(0.2)
        ended.set()

    def status(self) -> dict[str, Any]:
        """What the part says of itself; of one that stands by, for whom it does."""
        holder = self._lease.holder
        return self._runnable.status() if holder is None else {"standing_by": f"for {holder}"}


def build_parts(rooms: Rooms, settings: Settings, hints: bus.Hints, stop: threading.Event) -> list[Part]:
    """The parts that this service's rooms ask for."""
    name = rooms.name
    database = readmodel.database(settings, name)
    write_lock = threading.Lock()
    parking = Parking(StateDb(settings.state_db(name)))
    projectors = [
        Projector(
            name,
            projection,
            rooms.codec,
            database,
            settings.esdb_uri,
            hints.changed,
            write_lock,
            parking.of_model,
        )
        for projection in rooms.projections
    ]
    parts = [Part(f"projector:{one.projection.name}", one, stop) for one in projectors]
    # Their state is in a file of this machine, so their leases are too, wherever the read models are.
    leases = SqliteDatabase(settings.read_db(name)).connect_leases
    if rooms.published:
        relay = Relay(name, rooms.published, rooms.streams, rooms.codec, settings, listeners_of(name))
        parts.append(Part("relay", Leased(relay, Lease("relay", leases)), stop))
    kinds = rooms.ingest_kinds(settings)
    if kinds:

        def lag() -> float:
            return max((one.behind_seconds() for one in projectors), default=0.0)

        parts.append(Part("ingest", Ingest(name, kinds, rooms.codec, settings, lag), stop))
    for job in rooms.jobs:
        part = f"job:{job.__name__}"
        parts.append(Part(part, Leased(Job(job, settings), Lease(part, leases)), stop))
    return parts


def run_worker(name: str) -> None:
    """Run `services.<name>`'s worker until SIGTERM or SIGINT."""
    settings = Settings.from_env()
    log.configure(f"{name}-worker", settings.log_level, settings.log_format)
    stop = threading.Event()

    def ending(_signum: int, _frame: Any) -> None:
        if not stop.is_set():
            end_in_time()
            stop.set()

    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, ending)
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
    wait_until_told(stop)
    _log.info("stopping")
    for part in parts:
        part.thread.join()
    hints.stop()
    _log.info("stopped")


def _ready(parts: list[Part], stop: threading.Event) -> tuple[bool, str]:
    if stop.is_set():
        return False, "stopping"
    failed = [f"{part.name}: {part.failure}" for part in parts if part.failure]
    return not failed, "; ".join(failed) or "running"
