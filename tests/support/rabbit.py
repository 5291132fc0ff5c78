"""A private RabbitMQ node for tests: own ports, own folder, own epmd; nothing else on the machine is touched."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from tests.support.ports import free_port, listening
from tests.support.waiting import wait_until

_BIN = Path("/usr/lib/rabbitmq/bin")


class RabbitNode:
    """One node with quorum queues by default; `kill` is SIGKILL, `start` brings the same data back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._epmd = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        for name in ("mnesia", "log", "home"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "enabled_plugins").write_text("[].\n")
        (folder / "rabbitmq.conf").write_text("raft.wal_max_size_bytes = 64000000\ndisk_free_limit.absolute = 50MB\n")
        self._env = {
            **os.environ,
            "HOME": str(folder / "home"),
            "ERL_EPMD_PORT": str(self._epmd),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"test{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none +sbwtdcpu none +sbwtdio none",
        }

    def start(self) -> None:
        """Start the node and wait until it serves clients."""
        if not (_BIN / "rabbitmq-server").exists():
            raise RuntimeError("rabbitmq-server is not installed; install the Debian package rabbitmq-server")
        with (self.folder / "log" / "out.log").open("ab") as out:
            self._process = subprocess.Popen(
                [_BIN / "rabbitmq-server"], env=self._env, stdout=out, stderr=out, start_new_session=True
            )
        wait_until(self._up, 60, lambda: f"RabbitMQ up; its log is in {self.folder / 'log'}")

    def _up(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError(f"RabbitMQ ended while starting; its log is in {self.folder / 'log'}")
        return listening(self.port)

    def ctl(self, *arguments: str) -> str:
        """Run rabbitmqctl on this node and return what it prints."""
        done = subprocess.run(
            [_BIN / "rabbitmqctl", "-q", *arguments], env=self._env, capture_output=True, text=True, timeout=60
        )
        if done.returncode != 0:
            raise RuntimeError(f"rabbitmqctl {' '.join(arguments)}: {done.stdout} {done.stderr}")
        return done.stdout

    def vhost(self, name: str) -> str:
        """Make a fresh vhost with quorum queues by default and return its AMQP URI."""
        self.ctl("add_vhost", name, "--default-queue-type", "quorum")
        self.ctl("set_permissions", "-p", name, "guest", ".*", ".*", ".*")
        return f"amqp://guest:guest@127.0.0.1:{self.port}/{name}"

    def settle(self) -> None:
        """Wait until queues declared just now survive a kill.

        RabbitMQ 3.10 writes a new quorum queue's membership to disk about a second after it was declared; killed
        before, the queue comes back without a leader and without its messages. There is nothing to ask for it.
        """
        time.sleep(2.5)

    def kill(self) -> None:
        """SIGKILL the node as a power cut would."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
            wait_until(lambda: not listening(self.port), 10, "the killed broker's port closed")

    def stop(self) -> None:
        """End the node and its epmd."""
        self.kill()
        subprocess.run(["epmd", "-port", str(self._epmd), "-kill"], capture_output=True, check=False)
