"""`portico worker NAME`: one service's projectors, relay, ingest and jobs."""

from __future__ import annotations

from typing import Annotated

import typer

from chassis.config import SERVICES
from portico.service import checked


def worker(name: Annotated[str, typer.Argument(help=", ".join(SERVICES))]) -> None:
    """Run one service's worker until SIGTERM."""
    checked(name)
    from chassis.worker import run_worker

    run_worker(name)
