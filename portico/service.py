"""`portico service NAME`: one service's nameko process."""

from __future__ import annotations

import os

from chassis.config import SERVICES
from deploy.local.problem import Problem


def service(name: str) -> None:
    """Run the nameko process of the service NAME until SIGTERM."""
    checked(name)
    # eventlet reads it when it is imported; the store's asyncio client needs that hub.
    os.environ["EVENTLET_HUB"] = "asyncio"
    from chassis.runner import run_service

    run_service(name)


def checked(name: str) -> None:
    """Raise Problem unless there is such a service."""
    if name not in SERVICES:
        raise Problem(f"There is no service {name!r}.", f"There are: {', '.join(SERVICES)}.")
