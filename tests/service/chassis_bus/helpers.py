"""What the tests of the bus share."""

from __future__ import annotations

from pathlib import Path

from chassis.config import Settings
from tests.support.processes import Process
from tests.support.settings import environment


def nameko_process(name: str, folder: Path, settings: Settings) -> Process:
    """A nameko process of tests.service.chassis_bus.toys, not yet started."""
    arguments = ["-m", "tests.service.chassis_bus.serve", name, str(folder / f"{name}.ready")]
    return Process(arguments, folder / f"{name}.log", environment(settings))


def start_nameko(process: Process, **env: str) -> None:
    """Start it and wait until it serves."""
    ready = Path(process.arguments[-1])
    ready.unlink(missing_ok=True)
    process.start(ready.exists, 30, **env)
