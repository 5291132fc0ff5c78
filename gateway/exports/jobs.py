"""Exports that take a while: a folder each, made by a process of its own, gone after an hour.

The folder is all there is of a job, so every process of the gateway sees the same: `job.json` says whose it is and what
it is of, `state.json` how far it is, `cancel` that it is not wanted any more. Whoever makes it holds the lock `alive`.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import orjson

from chassis import log
from chassis.config import Settings
from chassis.errors import Refused

AT_ONCE = 2
"""Exports that are made at the same time, by all processes of the gateway together."""
MOST_OF_ONE, MOST_WAITING = 3, 12
KEPT_SECONDS = 3600
_KEY = re.compile(r"[0-9a-f]{32}\Z")
_log = log.get("gateway.exports")
_RUNNING: dict[str, subprocess.Popen[bytes]] = {}
"""What this process has begun: the pipe to each is what it lives by."""


class TooMany(Refused):
    """So many exports are being made for somebody that another has to wait."""

    code = "too_many_exports"
    http = 409


@dataclass(frozen=True, slots=True)
class Spec:
    """What is to be made, for whom. `branch` is the one the person chose; `address` the report's, without its path."""

    key: str
    contact: str
    company: str
    branch: str | None
    branches: tuple[str, ...] | None
    report: str
    address: str
    form: str
    title: str
    language: str
    rows: int
    begun: float

    @property
    def name(self) -> str:
        """What the file is called."""
        return f"{self.report}.{self.form}"


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it stands: `state` is waiting, running, done, failed or cancelled; `rows` are written so far."""

    spec: Spec
    state: str
    rows: int
    folder: Path

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it by itself."""
        return self.state not in ("waiting", "running")

    @property
    def file(self) -> Path:
        """The file, once it is done."""
        return self.folder / "file"

    @property
    def share(self) -> int:
        """How many of a hundred rows are written."""
        return min(100, self.rows * 100 // max(self.spec.rows, 1))


class Jobs:
    """The jobs of this installation."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.root = settings.folder("gateway") / "exports"

    def start(self, spec: Spec) -> None:
        """Begin to make it. Raises TooMany."""
        self.tidy()
        unfinished = [job for job in self._all() if not job.ended]
        own = [job for job in unfinished if job.spec.contact == spec.contact]
        if len(own) >= MOST_OF_ONE or len(unfinished) >= MOST_WAITING:
            raise TooMany("Other exports are being made. Wait until one of them is done, or cancel it.")
        folder = self.root / spec.key
        folder.mkdir(parents=True, mode=0o700)
        (folder / "job.json").write_bytes(orjson.dumps(asdict(spec)))
        write_state(folder, "waiting", 0)
        env = {name: value for name, value in os.environ.items() if name != "PROMETHEUS_MULTIPROC_DIR"}
        env |= {"PORTICO_VAR": str(self._settings.var), "PORTICO_READ_ONLY_URI": self._settings.read_only_uri}
        env |= {"PORTICO_AMQP_URI": "", "PORTICO_ADMIN_PORT": "0"}
        # Of a session of its own, it does not get what is sent to the gateway's processes; its pipe ends with us.
        _RUNNING[spec.key] = subprocess.Popen(
            [sys.executable, "-m", "gateway.exports.child", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env=env,
            start_new_session=True,
        )

    def of(self, contact: str, company: str) -> list[Job]:
        """A person's jobs in a company, the newest first."""
        self.tidy()
        found = [job for job in self._all() if (job.spec.contact, job.spec.company) == (contact, company)]
        return sorted(found, key=lambda job: -job.spec.begun)

    def find(self, key: str, contact: str, company: str) -> Job | None:
        """A person's job; None for another's as for none."""
        job = self._read(self.root / key) if _KEY.match(key) else None
        return job if job is not None and (job.spec.contact, job.spec.company) == (contact, company) else None

    def cancel(self, job: Job) -> None:
        """Have it end; what has ended is forgotten with its file."""
        if job.ended:
            shutil.rmtree(job.folder, ignore_errors=True)
        else:
            (job.folder / "cancel").touch()

    def tidy(self) -> None:
        """Forget what is older than an hour, and reap the processes that are done."""
        for key, process in list(_RUNNING.items()):
            if process.poll() is not None:
                assert process.stdin is not None
                process.stdin.close()
                _RUNNING.pop(key, None)  # another thread may be at it, too
        until = time.time() - KEPT_SECONDS
        for job in list(self._all()):
            if job.ended and job.spec.begun < until:
                shutil.rmtree(job.folder, ignore_errors=True)

    def _all(self) -> Iterator[Job]:
        folders = sorted(self.root.iterdir()) if self.root.is_dir() else []
        yield from (job for folder in folders if _KEY.match(folder.name) and (job := self._read(folder)) is not None)

    def _read(self, folder: Path) -> Job | None:
        try:
            said: dict[str, Any] = orjson.loads((folder / "job.json").read_bytes())
            branches = said["branches"]
            spec = Spec(**said | {"branches": None if branches is None else tuple(branches)})
            state = orjson.loads((folder / "state.json").read_bytes())
        except (OSError, ValueError, TypeError):
            return None
        word = state["state"]
        # Between its start and its lock a process has some seconds; afterwards, without a lock, there is none.
        if word in ("waiting", "running") and time.time() - spec.begun > 20 and not _is_held(folder / "alive"):
            word = "failed"
        return Job(spec, word, state["rows"], folder)


def keep_tidy(settings: Settings) -> None:
    """Have this process forget old exports every ten minutes, whether anybody looks or not."""
    jobs, never = Jobs(settings), threading.Event()

    def tidy() -> None:
        while not never.wait(600):
            try:
                jobs.tidy()
            except Exception:
                _log.exception("old exports are not forgotten now; it is tried again in ten minutes")

    threading.Thread(target=tidy, name="exports", daemon=True).start()


def _is_held(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def write_state(folder: Path, state: str, rows: int) -> None:
    """Say how far a job is; whoever reads sees the old state or the new one whole."""
    temporary = folder / f"state.{token_hex(4)}"
    temporary.write_bytes(orjson.dumps({"state": state, "rows": rows}))
    temporary.replace(folder / "state.json")
