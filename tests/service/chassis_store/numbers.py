"""A read model of numbers, for the tests of the projector, and a worker process that keeps it.

`python -m tests.service.chassis_store.numbers PREFIX` works on the streams that begin with PREFIX.
"""

from __future__ import annotations

import signal
import sys
import threading
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Column, MetaData, Table, Text

from chassis import admin, log, readmodel
from chassis.codec import Codec
from chassis.config import Settings
from chassis.messages import Event, Recorded
from chassis.projector import Projector
from chassis.readmodel import Projection, Rows
from chassis.worker import Part

SERVICE = "cases"


@dataclass(frozen=True)
class Counted(Event):
    """A number was counted."""

    number: int


@dataclass(frozen=True)
class Future(Event):
    """An event of a later release."""

    number: int


def numbers(prefix: str, version: int = 1) -> Projection:
    """The read model `numbers`: a row each time a number is told, so that twice is seen.

    It cannot take 13, and its database cannot take what it writes of 14.
    """
    columns = Column("number", BigInteger), Column("company", Text, nullable=False)
    table = Table(f"numbers_v{version}", MetaData(), *columns)

    def project(event: Recorded, rows: Rows) -> None:
        number = event.data["number"]
        rows.execute(f"INSERT INTO {table.name} VALUES (?, ?)", (number, "C1"))
        if number == 13:
            raise ValueError("13 brings bad luck")
        if number == 14:
            rows.execute(f"INSERT INTO {table.name} VALUES (?, ?)", (number, None))
        rows.touch("C1", event.position)

    return Projection("numbers", version, (prefix,), (table,), project)


def main(prefix: str) -> None:
    """A worker with this one part, until SIGTERM."""
    settings = Settings.from_env()
    log.configure("numbers", "INFO")
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    database = readmodel.database(settings, SERVICE)
    part = Part(
        "projector:numbers",
        Projector(SERVICE, numbers(prefix), Codec([Counted]), database, settings.esdb_uri),
        stop,
    )
    part.thread.start()

    def status() -> dict[str, Any]:
        return {part.name: part.status()}

    admin.serve(settings.admin_port, "numbers", lambda: (not part.failure, part.failure or "running"), status)
    part.thread.join()


if __name__ == "__main__":
    main(sys.argv[1])
