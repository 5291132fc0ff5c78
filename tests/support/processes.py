"""Processes that tests start, kill and stop, each with its log file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.support.ports import free_port, listening
from tests.support.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]


class Process:
    """A Python process of ours: `arguments` follow the interpreter (`-m localstore …`), which follows `under`.

    `tree` is the folder of the sources it runs.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        log: Path,
        env: Mapping[str, str] | None = None,
        under: Sequence[str] = (),
        tree: Path = ROOT,
    ) -> None:
        self.arguments = list(arguments)
        self.under = list(under)
        self.tree = tree
        self.log = log
        self.env = dict(env or {})
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, ready: Callable[[], bool] | None = None, seconds: float = 20, **env: str) -> None:
        """Start it and wait until `ready()`; `env` is added for this start alone."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                [*self.under, sys.executable, *self.arguments],
                env={**os.environ, **self.env, **env},
                cwd=self.tree,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        if ready is not None:
            # Asked in this order: a process may have been ready and died since, as a test wanted.
            wait_until(lambda: ready() or self._gone(), seconds, lambda: f"{self.arguments} ready\n{self.tail()}")

    def _gone(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise AssertionError(f"{self.arguments} ended with {self._process.returncode}\n{self.tail()}")
        return False

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs."""
        return None if self._process is None else self._process.poll()

    def tail(self, lines: int = 40) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""

    def is_stopped(self) -> bool:
        """Whether SIGSTOP has reached it."""
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"

    def wait(self, seconds: float = 20) -> int:
        """Wait for its end; the return code."""
        assert self._process is not None
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.arguments} still runs after {seconds} s\n{self.tail()}") from None

    def kill(self) -> None:
        """SIGKILL."""
        self._signal(signal.SIGKILL)

    def stop(self, seconds: float = 15) -> int:
        """SIGTERM and wait; the return code. A process that does not stop is killed, and the test fails."""
        if self._process is None or self._process.poll() is not None:
            return self.returncode or 0
        os.killpg(self._process.pid, signal.SIGTERM)
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.arguments} did not stop in {seconds} s\n{self.tail()}") from None

    def _signal(self, signum: int) -> None:
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signum)
            self._process.wait(10)


class LocalStore:
    """The embedded event store as a process; `kill` and `start` again keep its data and its port.

    `under` is a command that runs it, such as strace with its options.
    """

    def __init__(self, folder: Path, under: Sequence[str] = ()) -> None:
        self.folder = folder
        self.port = free_port()
        self.uri = f"esdb://127.0.0.1:{self.port}?Tls=false"
        arguments = ["-m", "localstore", "--folder", str(folder), "--port", str(self.port)]
        self.process = Process(arguments, folder.with_suffix(".log"), under=under)

    def start(self) -> None:
        """Start it and wait until it accepts connections."""
        self.process.start(lambda: listening(self.port))

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()

    def stop(self) -> None:
        """SIGTERM."""
        self.process.stop()
