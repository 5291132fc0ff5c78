"""A private PostgreSQL instance, and databases in it."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg

from deploy.local.test_parts import postgres_programs
from tests.support.ports import free_port, listening
from tests.support.waiting import wait_until

_USER = "portico"


class PostgresServer:
    """An instance in a folder of its own; `kill` and `start` again keep its data and its port.

    PostgreSQL does not run as root: then it runs as the user that its package makes.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="portico-postgres-"))
        self.port = free_port()
        self._programs = postgres_programs()
        self._process: subprocess.Popen[bytes] | None = None
        self._as_user: list[str] = []
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            self._as_user = ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
        options = ["-U", _USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        self._run("initdb", "-D", str(self.folder / "data"), *options)

    def uri(self, database: str, user: str = _USER) -> str:
        """How a client reaches a database."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        settings = ("listen_addresses=127.0.0.1", f"unix_socket_directories={self.folder}", "fsync=off")
        command = [str(self._programs / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.port)]
        with (self.folder / "log").open("ab") as out:
            self._process = subprocess.Popen(
                [*self._as_user, *command, *(part for one in settings for part in ("-c", one))],
                stdout=out,
                stderr=out,
                cwd=self.folder,
                start_new_session=True,
            )
        wait_until(self._answers, 30, lambda: (self.folder / "log").read_text(errors="replace")[-2000:])

    def _answers(self) -> bool:
        if not listening(self.port):
            return False
        try:
            psycopg.connect(self.uri("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def kill(self) -> None:
        """SIGKILL to the postmaster and the processes of its sessions, as a power cut would."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        """End it and remove its folder."""
        self._signal(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextmanager
    def database(self, name: str) -> Iterator[str]:
        """The URI of a fresh database."""
        with closing(psycopg.connect(self.uri("postgres"), autocommit=True)) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        yield self.uri(name)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [*self._as_user, self._programs / program, *arguments], check=True, capture_output=True, cwd=self.folder
        )

    def end(self) -> None:
        """Stop it as for an update: sessions are ended, what is committed is kept."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(60)
            self._process = None

    @contextmanager
    def paused(self) -> Iterator[None]:
        """SIGSTOP to all its processes, then SIGCONT."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)
        stopped = self._pids()
        for pid in stopped:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in stopped:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def _pids(self) -> list[int]:
        """The postmaster's and its children's: each session is a process in a group of its own."""
        if self._process is None:
            return []
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        return [self._process.pid, *map(int, children)]

    def _signal(self, signum: int) -> None:
        if self._process is None:
            return
        self._process.send_signal(signal.SIGSTOP)  # so that no session is begun meanwhile
        pids = self._pids()
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signum)
        self._process.wait(20)
        self._process = None
        # What is left of a session holds the shared memory, with which the next start would find fault.
        wait_until(lambda: not any(map(_runs, pids)), 20, "the sessions' processes ended")


def _runs(pid: int) -> bool:
    """Whether the process is there and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except (FileNotFoundError, ProcessLookupError):
        return False
