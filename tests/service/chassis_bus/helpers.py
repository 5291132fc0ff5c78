"""What the tests of the bus share."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from esdbclient import NewEvent

from chassis.codec import dumps
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


def items(*numbers: int, type: str = "ItemOpened") -> list[NewEvent]:
    """An event of the toys for each number; the number is its id."""
    return [
        NewEvent(
            id=UUID(int=number),
            type=type,
            data=dumps({"number": str(number), "open_amount": "1.00"}),
            metadata=dumps({"$correlationId": "corr-1", "schema": 1}),
        )
        for number in numbers
    ]
