"""The read models of a portal beside the same built afresh from its event store."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chassis import rooms
from chassis.config import SERVICES
from chassis.projector import Projector
from chassis.readmodel import BUILDING, VERSIONS, Database, NotThere, database
from chassis.sqlite_models import SqliteDatabase
from chassis.worker import Part
from tests.chaos.checker import Tables, faults_of_read_models
from tests.support.portal import Portal
from tests.support.processes import ROOT
from tests.support.waiting import wait_until


@contextmanager
def rebuilt(portal: Portal, folder: Path) -> Iterator[dict[str, Path]]:
    """All read models built again in `folder`, by service, up to their end, and kept up to date meanwhile.

    By a process of its own, for identity's has to find the portal's keys.
    """
    paths = {name: _path(folder, name) for name in SERVICES}
    command = [sys.executable, "-m", "tests.chaos.rebuilt", portal.settings.esdb_uri, str(folder)]
    building = subprocess.Popen(command, cwd=ROOT, env=portal.environment)
    try:
        own = {name: SqliteDatabase(path) for name, path in paths.items()}
        wait_until(lambda: all(_caught_up(name, one) for name, one in own.items()), 180, "the read models are built")
        yield paths
    finally:
        building.kill()
        building.wait()


def _caught_up(service: str, own: Database) -> bool:
    """Whether each model of the service has been begun and none is being built any more."""
    try:
        with own.reading() as execute:
            begun = {row["model"] for row in execute("SELECT model FROM checkpoints").fetchall()}
            building = execute(f"SELECT 1 FROM {BUILDING.name} LIMIT 1").fetchone()
    except NotThere:
        return False
    return building is None and begun == {one.checkpoint for one in rooms.load(service).projections}


def _path(folder: Path, service: str) -> Path:
    """As in a data folder."""
    return folder / service / "read.db"


def build(esdb_uri: str, folder: Path) -> None:
    """Build all read models, for ever."""
    parts = []
    for name in SERVICES:
        _path(folder, name).parent.mkdir(exist_ok=True)
        lock, found, own = threading.Lock(), rooms.load(name), SqliteDatabase(_path(folder, name))
        for projection in found.projections:
            one = Projector(name, projection, found.codec, own, esdb_uri, write_lock=lock)
            # As in a worker: what fails because another made the same new file at that moment is tried again.
            parts.append(Part(f"{name} {projection.name}", one, threading.Event()))
            parts[-1].thread.start()
    for part in parts:
        part.thread.join()


def differences(portal: Portal, paths: dict[str, Path]) -> list[str]:
    """Where the portal's rows differ from the rebuilt ones at this moment."""
    return [
        fault
        for name, path in paths.items()
        for fault in faults_of_read_models(
            name, tables(name, database(portal.settings, name)), tables(name, SqliteDatabase(path))
        )
    ]


def tables(service: str, kept: Database) -> Tables:
    """All rows of a service's read models, wherever they are kept; none of what is not there yet."""
    names = [VERSIONS.name, *(table.name for one in rooms.load(service).projections for table in one.tables)]
    try:
        with kept.reading() as execute:
            return {name: Counter(map(tuple, execute(f"SELECT * FROM {name}").fetchall())) for name in names}
    except NotThere:
        return {}


if __name__ == "__main__":
    build(sys.argv[1], Path(sys.argv[2]))
