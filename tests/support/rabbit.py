"""A private RabbitMQ node for tests: own ports, own folder, own epmd; nothing else on the machine is touched."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import quote

from deploy.local.broker import PORTS, USER, PrivateNode
from tests.support.ports import free_port, listening
from tests.support.waiting import wait_until


class RabbitNode:
    """The node that `portico up` starts, in a folder of a test's; `kill` is SIGKILL, `start` brings its data back."""

    def __init__(self, folder: Path, name: str = "portico", epmd_port: int | None = None) -> None:
        self.folder = folder
        ports = {port: free_port() for port in PORTS}
        self._node = PrivateNode(folder, {**ports, "epmd": epmd_port or ports["epmd"]}, name)
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        (folder / "log").mkdir(parents=True, exist_ok=True)
        self._node.prepare()

    @property
    def port(self) -> int:
        """The port clients connect to."""
        return self._node.ports["broker"]

    @property
    def epmd_port(self) -> int:
        """The port of the Erlang name server that it registers with."""
        return self._node.ports["epmd"]

    def start(self) -> None:
        """Start the node, with the epmd of the first, and wait until it serves clients."""
        self.begin()
        wait_until(partial(self._listens, "broker"), 60, f"broker listening; see {self.folder / 'log'}")

    def begin(self) -> None:
        """Start the node without waiting for it."""
        for name, command in zip(("epmd", "broker"), self._node.commands(), strict=True):
            if name == "epmd" and listening(self.epmd_port):
                continue
            if name not in self._running:
                self._spawn(name, command)
            if name == "epmd":
                wait_until(partial(self._listens, name), 60, f"epmd listening; see {self.folder / 'log'}")

    def _spawn(self, name: str, command: list[str]) -> None:
        environment = {**os.environ, **self._node.environment()}
        with (self.folder / "log" / f"{name}.log").open("ab") as out:
            self._running[name] = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )

    def _listens(self, name: str) -> bool:
        if self._running[name].poll() is not None:
            del self._running[name]  # so that the next start is one, and stopping finds nothing to kill
            raise AssertionError(f"{name} ended while it started; see {self.folder / 'log'}")
        return listening(self._node.ports[name])

    def ctl(self, *arguments: str) -> str:
        """Run rabbitmqctl on this node and return what it prints."""
        return self._node.ctl(*arguments)

    def vhost(self, name: str) -> str:
        """Make a fresh vhost with quorum queues by default and return its AMQP URI."""
        self.ctl("add_vhost", name, "--default-queue-type", "quorum")
        self.ctl("set_permissions", "-p", name, USER, ".*", ".*", ".*")
        return self.uri(name)

    def uri(self, name: str) -> str:
        """The AMQP URI of a vhost."""
        return f"amqp://{USER}:{quote(self._node.password(), safe='')}@127.0.0.1:{self.port}/{name}"

    def settle(self) -> None:
        """Wait until queues declared just now survive a kill.

        RabbitMQ 3.10 writes a new quorum queue's membership to disk about a second after it was declared; killed
        before, the queue comes back without a leader and without its messages. There is nothing to ask for it.
        """
        time.sleep(2.5)

    def restart(self) -> None:
        """Stop the node in good order and start it again; who is connected is told."""
        self.ctl("stop_app")
        self.ctl("start_app")

    def kill(self) -> None:
        """SIGKILL the node as a power cut would."""
        self._kill("broker")

    @contextmanager
    def paused(self) -> Iterator[None]:
        """SIGSTOP to the node, then SIGCONT."""
        group = self._running["broker"].pid
        os.killpg(group, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(group, signal.SIGCONT)

    def end(self) -> None:
        """Stop the node by SIGTERM, as for an update."""
        process = self._running.pop("broker")
        process.terminate()
        process.wait(60)

    def stop(self) -> None:
        """End the node and its epmd."""
        self._kill("broker")
        self._kill("epmd")

    def _kill(self, name: str) -> None:
        process = self._running.pop(name, None)
        if process is not None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            wait_until(lambda: not listening(self._node.ports[name]), 10, f"the port of {name} closed")
