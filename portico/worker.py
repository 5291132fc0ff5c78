"""`portico worker NAME`: one service's projectors, relay, ingest and jobs."""

from __future__ import annotations

from portico.service import checked


def worker(name: str) -> None:
    """Run the worker of the service NAME until SIGTERM."""
    checked(name)
    from chassis.worker import run_worker

    run_worker(name)
