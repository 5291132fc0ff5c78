"""The worker's long-running parts: import runs, what goes out to the ERP, what the ERP answers.

Each finds its work in this service's own read models, does it, and appends what came of it; the streams decide, so a
read model that lags or is being rebuilt makes a job look twice, never do twice.
"""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable
from typing import Any

from chassis import log
from chassis.config import Settings
from chassis.job_streams import Stopped, Streams
from chassis.readmodel import NotThere, database
from chassis.statedb import StateDb
from services.erp_sync import domain
from services.erp_sync.adapters import connections
from services.erp_sync.adapters.connections import Connection
from services.erp_sync.adapters.files.outbox import FileConnector
from services.erp_sync.adapters.port import Connector
from services.erp_sync.domain import Answer
from services.erp_sync.handlers import POSTING
from services.erp_sync.imports.execute import Importer
from services.erp_sync.imports.table import Imports, Request
from services.erp_sync.projections.postings import POSTINGS
from services.erp_sync.projections.runs import RUNS

_LOOK_SECONDS = 0.25
_AGAIN_SECONDS = 30.0
"""After that long what failed is tried again."""
_log = log.get(__name__)
_TO_DO = (
    f"SELECT reference, state FROM {POSTINGS.name} WHERE connection = ? AND state IN ('queued', 'withdrawing')"
    " ORDER BY requested_at, reference"
)


def read_own(settings: Settings, sql: str, *values: Any) -> list[Any]:
    """Rows of erp_sync's read models, with names; none while they are being made."""
    try:
        with database(settings, "erp_sync").reading() as execute:
            rows: list[Any] = execute(sql, values).fetchall()
            return rows
    except NotThere:
        return []


def imports(stop: threading.Event, settings: Settings) -> None:
    """Carries out import runs, one after the other, in the order they were asked for."""
    table = Imports(StateDb(settings.state_db("erp_sync")))
    with Streams(settings, "erp_sync", "erp", stop) as streams:
        importer = Importer(settings, table, streams, stop)
        while not stop.is_set():
            requested = _requested(settings)
            if requested:
                table.take_in(requested)
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


def postings(stop: threading.Event, settings: Settings) -> None:
    """Brings what is queued to the ERP, takes back what is withdrawn, and records what the ERP answers."""
    configured = connections.load(settings).by_name.values()
    with Streams(settings, "erp_sync", "erp", stop) as streams:
        desks = [_Desk(settings, connection, streams) for connection in configured]
        while not stop.is_set():
            try:
                for desk in desks:
                    desk.turn()
            except Stopped:
                return
            stop.wait(_LOOK_SECONDS)


class _Desk:
    """One connection's work. Answers are taken in before anything is posted: what is answered is not posted again."""

    def __init__(self, settings: Settings, connection: Connection, streams: Streams) -> None:
        self._settings = settings
        self._connection = connection
        self._connector: Connector = FileConnector(connections.folder(settings, connection.name), connection.outbox)
        self._streams = streams
        self._next_look = 0.0
        self._again: dict[str, float] = {}

    def turn(self) -> None:
        """Look for answers when it is time, then for work."""
        if time.monotonic() >= self._next_look:
            self._guarded("answers", lambda: self._connector.answers(self._record))
            self._next_look = time.monotonic() + self._connection.poll_seconds
        for row in read_own(self._settings, _TO_DO, self._connection.name):
            reference = str(row["reference"])
            work = self._post if row["state"] == "queued" else self._take_back
            if time.monotonic() >= self._again.get(reference, 0.0):
                self._guarded(reference, functools.partial(work, reference))

    def _guarded(self, what: str, work: Callable[[], object]) -> None:
        """Do it; what fails is told in the log and tried again later, and holds up nothing else."""
        try:
            work()
            self._again.pop(what, None)
        except Stopped:
            raise
        except Exception:
            _log.exception("work for the ERP failed, tried again later", connection=self._connection.name, what=what)
            self._again[what] = time.monotonic() + _AGAIN_SECONDS

    def _post(self, reference: str) -> None:
        posting = self._streams.load(POSTING, reference)
        if posting.status != "queued":
            return
        posted = self._connector.post(posting)
        if posted is not None:
            self._streams.record(
                POSTING, reference, "written", lambda state: domain.decide_written(state, posted.place, posted.sha256)
            )

    def _take_back(self, reference: str) -> None:
        posting = self._streams.load(POSTING, reference)
        if posting.status == "withdrawing":
            done = self._connector.take_back(posting)
            self._streams.record(
                POSTING, reference, "withdrawal", lambda state: domain.decide_withdrawal_tried(state, done)
            )

    def _record(self, answer: Answer) -> None:
        said = f"answer/{answer.status}/{answer.erp_number}/{answer.message}"
        self._streams.record(POSTING, answer.reference, said, lambda state: domain.decide_answer(state, answer))


JOBS = (imports, postings)
