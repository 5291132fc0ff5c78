"""Starts one service's nameko process. The only place that patches: everything but threads.

eventlet must find `EVENTLET_HUB=asyncio` in the environment before it is imported, or the store's asyncio client
cannot run on its hub; see docs/adr/0002. Its own resolver of names is left out: it takes a fifth of a second of
processor time to import, and only (re)connecting to the broker resolves a name.
"""

from __future__ import annotations

import importlib
import os
import signal
import threading
import warnings
from typing import Any


def run_service(name: str) -> None:
    """Serve `services.<name>` until SIGTERM or SIGINT; finishes what it holds, or gives it back."""
    os.environ["EVENTLET_HUB"] = "asyncio"
    os.environ["EVENTLET_NO_GREENDNS"] = "yes"
    # It says at each start that it is deprecated; docs/adr/0002 says why it is used.
    warnings.filterwarnings("ignore", r"\s*Eventlet is deprecated")
    import eventlet

    eventlet.monkey_patch(thread=False)

    import kombu.pools
    from nameko.runners import ServiceRunner

    from chassis import admin, bus, log, statedb
    from chassis.config import Settings
    from chassis.stopping import end_in_time

    settings = Settings.from_env()
    log.configure(f"{name}-service", settings.log_level, settings.log_format)
    logger = log.get("runner")
    # Locks are real under thread=False: a pool that blocks when empty would block the whole process.
    kombu.pools.set_limit(1000)  # type: ignore[no-untyped-call]
    stopping = threading.Event()
    runner: Any = None

    def stop(signum: int, _frame: Any) -> None:
        # Nothing is logged before the end is sure: the signal may have come in the middle of a line to the log.
        if not stopping.is_set():
            end_in_time()
            stopping.set()
            eventlet.spawn(end, signum)

    def end(signum: int) -> None:
        logger.info("stopping", signal=signum)
        if runner is not None:
            runner.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    statedb.migrate(settings.state_db(name), name)
    bus.declare_topology(settings.amqp_uri, stop=stopping)
    if stopping.is_set():
        return
    service = importlib.import_module(f"services.{name}.service").SERVICE
    runner = ServiceRunner(
        {"AMQP_URI": settings.amqp_uri, "max_workers": 64, "parent_calls_tracked": 1, "prefetch_count": 64}
    )
    runner.add_service(service)
    runner.start()
    admin.serve_green(
        settings.admin_port,
        f"{name}-service",
        ready=lambda: (not stopping.is_set(), "serving"),
        status=lambda: {"service": {"name": name}},
    )
    logger.info("started")
    runner.wait()
    logger.info("stopped")
