"""A whole Portico, started as its users start it (`portico up`), with the demo company in it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from chassis.config import Settings
from chassis.rpc import Commands, RpcClient
from deploy.local import stack, supervisor
from deploy.local.start import unready
from tests.support.ports import free_port
from tests.support.waiting import wait_until


class Broker(Protocol):
    """A broker that can be asked."""

    def ctl(self, *arguments: str) -> str:
        """Run rabbitmqctl on it and return what it prints."""


class Portal:
    """One installation in a folder of its own; its processes can be killed at a named point (`arm`) or at once."""

    def __init__(self, folder: Path) -> None:
        self.var = folder / "var"
        self.points = folder / "points"
        self.points.mkdir(parents=True)
        self.providers = folder / "providers.yaml"
        self.providers.write_text("providers: []\n")
        self.port = free_port()
        self.environment = {
            **os.environ,
            "PORTICO_VAR": str(self.var),
            "PORTICO_PORT": str(self.port),
            "PORTICO_KILL_AT": f"*:{self.points}",
            "PORTICO_RETRY_MS": "200,500,1000,2000,5000",
            # Every language, whole or not, and the pseudo-locale.
            "PORTICO_STYLE": "1",
            # Nobody logs in elsewhere until a test writes it into the file, which is read again when it changes.
            "PORTICO_OIDC_FILE": str(self.providers),
        }
        self.broker: Broker | None = None
        """The broker it was given, where it has no node of its own."""
        self._halted: set[str] = set()
        self._rpc: RpcClient | None = None

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a `portico` command on it, to its end."""
        done = subprocess.run(
            [sys.executable, "-m", "portico", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(f"portico {' '.join(arguments)}:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
        return done

    def ctl(self, *arguments: str) -> str:
        """What rabbitmqctl prints of its broker."""
        broker = self.broker or self.stack.node
        assert broker is not None, "say which broker it was given"
        return broker.ctl(*arguments)

    def start(self) -> None:
        """`portico up --detach`."""
        self.run("up", "--detach")

    def stop(self) -> None:
        """`portico down`."""
        if self._rpc is not None:
            self._rpc.stop()
            self._rpc = None
        self.run("down", check=False)

    @property
    def stack(self) -> stack.Stack:
        """What runs."""
        running = stack.load(self.var)
        if running is None:
            raise AssertionError("Portico does not run")
        return running

    @property
    def settings(self) -> Settings:
        """How its parts are reached."""
        return self.stack.settings

    @property
    def url(self) -> str:
        """Where a browser finds it."""
        return f"http://localhost:{self.port}"

    @property
    def commands(self) -> Commands:
        """A client of its bus, like the gateway's."""
        return Commands(self.rpc)

    @property
    def rpc(self) -> RpcClient:
        """The RPC client behind `commands`."""
        if self._rpc is None:
            self._rpc = RpcClient(self.settings.amqp_uri, "test")
        return self._rpc

    def pid(self, name: str) -> int:
        """The process of that name; it is waited for when it is just being started again."""
        return wait_until(lambda: self._supervised(name)["pid"], 30, lambda: f"{name} runs")

    def _supervised(self, name: str) -> dict[str, Any]:
        return supervisor.processes(self.var)[name]

    def kill(self, name: str) -> None:
        """SIGKILL to the process and what it started (the broker's machine, gunicorn's workers), as a power cut would.

        The supervisor starts it again.
        """
        # Each supervised process leads a group of its own.
        os.killpg(self.pid(name), signal.SIGKILL)

    @contextmanager
    def paused(self, name: str) -> Iterator[None]:
        """SIGSTOP to the process and what it started, as on a machine that is moved or swaps; then SIGCONT."""
        group = self.pid(name)
        os.killpg(group, signal.SIGSTOP)
        try:
            yield
        finally:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGCONT)

    def restart(self, name: str) -> None:
        """Stop the process by SIGTERM, as for an update, and start it again."""
        self.halt(name)
        self.go_on(name)

    def halt(self, *names: str) -> None:
        """Stop processes and keep them stopped until `go_on`."""
        with supervisor.client(self.var) as rpc:
            for name in names:
                self._halted.add(name)
                rpc.stopProcess(f"{self._supervised(name)['group']}:{name}")

    def go_on(self, *names: str) -> None:
        """Start processes that were halted."""
        for name in names:
            self._halted.discard(name)
            supervisor.start(self.var, self._supervised(name)["group"], name)

    def unready(self) -> dict[str, str]:
        """What does not run or is not ready, and why; what was halted is not asked."""
        running = stack.load(self.var)
        if running is None:
            return {"portico": "does not run"}
        known = supervisor.processes(self.var)
        states = {one.name: known[one.name]["statename"] if one.name in known else "GONE" for one in running.processes}
        reasons = {
            one.name: unready(running, one) if states[one.name] == "RUNNING" else states[one.name]
            for one in running.processes
        }
        return {name: reason for name, reason in reasons.items() if reason and name not in self._halted}

    def arm(self, point: str) -> Path:
        """Have the next process that reaches the named point die there; the file is gone once one has."""
        flag = self.points / point
        flag.touch()
        return flag

    def ready(self) -> bool:
        """Whether the portal answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/login", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


@contextmanager
def running(
    folder: Path, restore: Sequence[str] = (), environment: Mapping[str, str] | None = None
) -> Iterator[Portal]:
    """A portal of its own in `folder`, with the demo company or with what `portico restore` of these arguments puts
    there; stopped at the end.
    """
    portal = Portal(folder)
    portal.environment |= environment or {}
    if restore:
        portal.run("restore", *restore)
    try:
        portal.start()
        yield portal
    finally:
        portal.stop()
