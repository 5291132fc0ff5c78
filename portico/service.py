"""`portico service NAME`: one service's nameko process."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from chassis.config import SERVICES
from deploy.local.problem import Problem


def service(name: Annotated[str, typer.Argument(help=", ".join(SERVICES))]) -> None:
    """Run one service's nameko process until SIGTERM."""
    checked(name)
    # eventlet reads it when it is imported; the store's asyncio client needs that hub.
    os.environ["EVENTLET_HUB"] = "asyncio"
    from chassis.runner import run_service

    run_service(name)


def checked(name: str) -> None:
    """Raise Problem unless there is such a service."""
    if name not in SERVICES:
        raise Problem(f"There is no service {name!r}.", f"There are: {', '.join(SERVICES)}.")
