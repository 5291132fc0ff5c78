"""The worker's long-running parts: import runs, what goes out to the ERP, what the ERP answers.

Each finds its work in this service's own read models, does it, and appends what came of it; the streams decide, so a
read model that lags or is being rebuilt makes a job look twice, never do twice.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from typing import Any

from chassis.config import Settings
from chassis.statedb import StateDb
from services.erp_sync.imports.appends import Stopped, Streams
from services.erp_sync.imports.execute import Importer
from services.erp_sync.imports.table import Imports, Request
from services.erp_sync.projections.runs import RUNS

_LOOK_SECONDS = 0.25


def read_own(settings: Settings, sql: str, *values: Any) -> list[sqlite3.Row]:
    """Rows of erp_sync's read models; none while they are being made."""
    path = settings.read_db("erp_sync")
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as connection:
        connection.row_factory = sqlite3.Row
        try:
            return connection.execute(sql, values).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise


def imports(stop: threading.Event, settings: Settings) -> None:
    """Carries out import runs, one after the other, in the order they were asked for."""
    table = Imports(StateDb(settings.state_db("erp_sync")))
    with Streams(settings, stop) as streams:
        importer = Importer(settings, table, streams, stop)
        while not stop.is_set():
            table.take_in(_requested(settings))
            found = table.next()
            if found is None:
                stop.wait(_LOOK_SECONDS)
                continue
            try:
                importer.execute(*found)
            except Stopped:
                return


def _requested(settings: Settings) -> list[Request]:
    columns = ", ".join(Request.__slots__)
    rows = read_own(settings, f"SELECT {columns} FROM {RUNS.name} WHERE state = 'requested' ORDER BY requested_at, run")
    return [Request(**{**dict(row), "dry_run": bool(row["dry_run"])}) for row in rows]


JOBS = (imports,)
