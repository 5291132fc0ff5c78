"""Carries out import runs, one after the other: stage the file, send its batches, count.

kill -9 at any point: what was staged only in part is staged again (nothing of it was sent); a batch that was sent and
not answered is sent again, and its owner gives the answer it gave before; an answer is acknowledged when it is kept. So
each document is recorded once and counted once.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from chassis import log
from chassis.batches import Answer, BatchSender
from chassis.config import Settings
from chassis.errors import Unavailable
from chassis.job_streams import Stopped, Streams
from chassis.killpoints import reach
from services.erp_sync import domain
from services.erp_sync.adapters import connections
from services.erp_sync.adapters.files import profile as profiles
from services.erp_sync.adapters.files.profile import Profile, ProfileError
from services.erp_sync.adapters.files.reading import Unreadable
from services.erp_sync.adapters.files.stage import stage
from services.erp_sync.adapters.files.staging import Batch, Staging
from services.erp_sync.handlers import RUN
from services.erp_sync.imports import summary
from services.erp_sync.imports.table import Imports, Outcome, Request

IN_FLIGHT = 96
"""Batches sent to a service and not answered: one that is slow or away holds up no other."""
BYTES_IN_FLIGHT = 12_000_000
OVERDUE_SECONDS = 600.0
"""After that long without an answer a batch is sent once more; its owner may only be switched off."""
ATTEMPTS = 3
_REPORT_SECONDS = 0.5

_log = log.get(__name__)


class Importer:
    """Executes runs on the worker's thread."""

    def __init__(self, settings: Settings, imports: Imports, streams: Streams, stop: threading.Event) -> None:
        self._settings = settings
        self._imports = imports
        self._streams = streams
        self._stop = stop
        self._clean()

    def _clean(self) -> None:
        """Remove what runs staged that ended in the moment before a crash."""
        unfinished = {request.run for request in self._imports.unfinished()}
        for staging in connections.runs_folder(self._settings).glob("*/staging.db*"):
            if staging.parent.name not in unfinished:
                staging.unlink(missing_ok=True)

    def execute(self, request: Request, state: str) -> None:
        """Bring a run to its end. Raises Stopped when the worker is to end; calling again goes on."""
        log.bind(correlation=request.run)
        try:
            staging = self._staging(request)
            if state != "sending":
                self._stage(request, staging)
            with closing(Staging(staging)) as staged:
                self._send(request, staged)
                self._finish(request, staged)
            staging.unlink(missing_ok=True)
        except (Unreadable, ProfileError) as error:
            self._fail(request, str(error))
        except (Stopped, Unavailable):
            raise
        except Exception as error:
            # A full disk passes, a fault of ours does not: it must not hold up the runs behind this one for ever.
            if self._imports.attempted(request.run, f"{type(error).__name__}: {error}") >= ATTEMPTS:
                self._fail(request, f"The import failed {ATTEMPTS} times: {error}. See the log of erp_sync's worker.")
            raise
        finally:
            log.clear()

    def _staging(self, request: Request) -> Path:
        return connections.runs_folder(self._settings) / request.run / "staging.db"

    def _profile(self, request: Request) -> Profile:
        path = connections.files_folder(self._settings) / request.profile_file
        return profiles.load(path.read_text(encoding="utf-8"), request.profile)

    def _stage(self, request: Request, path: Path) -> None:
        self._imports.begin(request.run)
        self._streams.record(RUN, request.run, "started", domain.decide_import_started)
        profile = self._profile(request)
        reported = time.monotonic()

        def progress(rows: int, done: int) -> None:
            nonlocal reported
            if self._stop.is_set():
                raise Stopped
            if time.monotonic() - reported > _REPORT_SECONDS:
                self._imports.reading(request.run, rows, done)
                reported = time.monotonic()

        with closing(Staging.fresh(path)) as staging:
            file = connections.files_folder(self._settings) / request.file
            staged = stage(file, profile, staging, progress, request.requested_at)
            staging.seal()
            reach("erp_sync.after_staging")
            self._imports.sealed(request.run, staged.rows, staging.plan(), summary.staged_json(staged))
        _log.info("staged", run=request.run, rows=staged.rows)

    def _send(self, request: Request, staging: Staging) -> None:
        unanswered = set(self._imports.unanswered(request.run))
        waiting: dict[str, deque[int]] = {}
        for number, service, *_ in staging.plan():
            if number in unanswered:
                waiting.setdefault(service, deque()).append(number)
        if not waiting:
            return
        sender = BatchSender(self._settings, in_flight=IN_FLIGHT * len(waiting))
        try:
            _Sending(request, staging, sender, self._imports, waiting, self._stop).run()
        finally:
            sender.stop()

    def _finish(self, request: Request, staging: Staging) -> None:
        errors = self._staging(request).with_name("errors.csv")
        profile = self._profile(request)
        rows = summary.write_errors(errors, self._imports, request, staging, profile)
        made = summary.build(self._imports, request, staging, profile.complete)
        made["errors"] = {"rows": rows, "file": str(errors.relative_to(self._settings.var))}
        self._streams.record(RUN, request.run, "ended", lambda run: domain.decide_import_completed(run, made))
        reach("erp_sync.after_completed")
        self._forget_file(request)
        self._imports.finish(request, made, str(staging.path))
        _log.info("imported", run=request.run, documents=made["documents"], seconds=made["seconds"]["total"])

    def _forget_file(self, request: Request) -> None:
        """Delete the kept export, which may have people in it, unless another run is to read it.

        A run that was asked for later and is not known here yet handed the file over later: the file is newer.
        """
        others = (one.file for one in self._imports.unfinished() if one.run != request.run)
        if request.file in others:
            return
        file = connections.files_folder(self._settings) / request.file
        asked = datetime.fromisoformat(request.requested_at).timestamp()  # whole seconds
        try:
            if file.stat().st_mtime < asked + 1:
                file.unlink()
        except FileNotFoundError:
            pass  # an attempt before a crash did it

    def _fail(self, request: Request, reason: str) -> None:
        self._streams.record(RUN, request.run, "ended", lambda run: domain.decide_import_failed(run, reason))
        self._forget_file(request)
        self._imports.fail(request.run, reason)
        self._staging(request).unlink(missing_ok=True)
        _log.info("import refused", run=request.run, reason=reason)


class _Sending:
    """Sends the batches that are not answered, in order for each service, and keeps the answers.

    All services work at the same time: what is told of a company may be there a moment before its name.
    """

    def __init__(
        self,
        request: Request,
        staging: Staging,
        sender: BatchSender,
        imports: Imports,
        waiting: dict[str, deque[int]],
        stop: threading.Event,
    ) -> None:
        self._request = request
        self._staging = staging
        self._sender = sender
        self._imports = imports
        self._waiting = waiting
        self._stop = stop
        self._open = {number for numbers in waiting.values() for number in numbers}
        self._flying: dict[str, dict[int, int]] = {service: {} for service in waiting}

    def run(self) -> None:
        """Until all are answered. Raises Stopped."""
        while self._open:
            if self._stop.is_set():
                raise Stopped
            sent = self._send_some()
            self._take_answers(0.0 if sent else 0.2)
            overdue = {int(batch) for _, batch, _ in self._sender.overdue(OVERDUE_SECONDS)} & self._open
            if overdue:
                _log.warning("no answer, sent again", run=self._request.run, batches=len(overdue))
                self._publish([self._staging.batch(number) for number in sorted(overdue)])

    def _send_some(self) -> bool:
        chosen: list[Batch] = []
        for service, waiting in self._waiting.items():
            flying = self._flying[service]
            size = sum(flying.values())
            while waiting and len(flying) < IN_FLIGHT and size < BYTES_IN_FLIGHT:
                number = waiting.popleft()
                if number not in self._open:  # answered to what was sent before a crash
                    continue
                batch = self._staging.batch(number)
                flying[number] = len(batch.body)
                size += len(batch.body)
                chosen.append(batch)
        if not chosen:
            return False
        self._publish(chosen)
        reach("erp_sync.after_send")
        return True

    def _publish(self, batches: list[Batch]) -> None:
        messages = [self._message(batch) for batch in batches]
        while messages:
            try:
                del messages[: self._sender.send(*messages)]
            except Unavailable as error:
                _log.warning("broker away, the batches wait", reason=error.message)
                if self._stop.wait(0.5):
                    raise Stopped from error

    def _message(self, batch: Batch) -> dict[str, Any]:
        return {
            "run": self._request.run,
            "batch": batch.number,
            "connection": self._request.connection,
            "service": batch.service,
            "partition": batch.partition,
            "dry_run": self._request.dry_run,
            "correlation_id": self._request.run,
            "documents": orjson.Fragment(batch.body),
        }

    def _take_answers(self, seconds: float) -> None:
        answers = self._sender.answers(seconds, at_most=256)
        if not answers:
            return
        found = [_outcome(answer) for answer in answers if answer["run"] == self._request.run]
        ours = {one.batch: one for one in found if one.batch in self._open}  # an answer may come twice
        if ours:
            self._imports.answered(self._request.run, list(ours.values()))
        reach("erp_sync.after_answers")
        self._sender.ack(answers)
        self._open -= ours.keys()
        for batch in ours:
            for flying in self._flying.values():
                flying.pop(batch, None)


def _outcome(answer: Answer) -> Outcome:
    return Outcome(
        int(answer["batch"]),
        answer["changed"],
        answer["unchanged"],
        answer["stale"],
        answer["refused"],
    )
