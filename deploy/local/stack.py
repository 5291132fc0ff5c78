"""One installation on this machine: its folder, ports, broker and processes; what other commands need to find it."""

from __future__ import annotations

import errno
import json
import os
import shutil
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chassis.config import SECRETS, Settings
from deploy.local import broker, ports, supervisor
from deploy.local.demo_data.customers import SUPPLIER
from deploy.local.problem import Problem, from_os_error
from portico.processes import BROKER, DEMO_ERP, EPMD, PROCESSES, STORE, Process, chosen

ROOT = Path(__file__).resolve().parents[2]
LEAST_FREE = 300 * 1024 * 1024
"""Bytes. RabbitMQ stops taking messages below 100 MB; a start wants some room above that."""


@dataclass(frozen=True)
class Stack:
    """What is to run, or runs. `node` is None when a broker was configured; `ports` has the admin ports too."""

    settings: Settings
    node: broker.PrivateNode | None
    processes: tuple[Process, ...]
    ports: dict[str, int]

    @property
    def var(self) -> Path:
        """The data folder."""
        return self.settings.var

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        return f"http://localhost:{self.settings.port}"

    def environment(self) -> dict[str, str]:
        """The variables by which every process finds the parts. The broker's password is in it."""
        found = {
            "PORTICO_VAR": str(self.var),
            "PORTICO_PORT": str(self.settings.port),
            "PORTICO_LIVE_PORT": str(self.settings.live_port),
            "PORTICO_AMQP_URI": self.settings.amqp_uri,
            "PORTICO_ESDB_URI": self.settings.esdb_uri,
            "PORTICO_READ_URI": self.settings.read_uri,
            "PORTICO_READ_ONLY_URI": self.settings.read_only_uri,
        }
        # Read once, here: what the files said is above.
        found |= {f"{name}_FILE": "" for name in SECRETS}
        if DEMO_ERP in self.processes:
            found["PORTICO_SUPPLIER"] = os.environ.get("PORTICO_SUPPLIER", SUPPLIER)
        return found

    def programs(self) -> list[supervisor.Program]:
        """The processes as supervisord shall run them."""
        return [self._program(process) for process in self.processes]

    def _program(self, process: Process) -> supervisor.Program:
        if process in (EPMD, BROKER):
            assert self.node is not None
            command = self.node.commands()[process is BROKER]
            environment, directory = self.node.environment(), self.node.folder
        else:
            command = [sys.executable, "-m", "portico", *process.command]
            environment, directory = {"PORTICO_ADMIN_PORT": str(self.ports[str(process.admin_key)])}, ROOT
        return supervisor.Program(process.name, process.group, process.order, command, environment, directory)

    def save(self) -> None:
        """Leave for other commands of the same folder where everything is."""
        owned = {
            "own_broker": self.node is not None,
            "own_store": STORE in self.processes,
            "demo": DEMO_ERP in self.processes,
        }
        kept = {**self.environment(), **owned}
        broker.write_private(saved_file(self.var), json.dumps(kept, indent=1))


def saved_file(var: Path) -> Path:
    """Where a running installation says where its parts are; gone when it was stopped."""
    return var / "run/environment.json"


def load(var: Path) -> Stack | None:
    """The installation that was started last in this folder and not stopped, or None."""
    try:
        kept = json.loads(saved_file(var).read_text())
    except (OSError, ValueError):
        return None
    known = ports.load(var / "run/ports.json")
    node = broker.PrivateNode(var, known) if kept["own_broker"] else None
    environment = {**os.environ, **{key: value for key, value in kept.items() if key.startswith("PORTICO_")}}
    return Stack(
        Settings.from_env(environment), node, chosen(kept["own_broker"], kept["own_store"], kept["demo"]), known
    )


def plan(environment: Mapping[str, str], demo: bool) -> Stack:
    """A new installation from the environment: folder made, ports chosen, broker found. Raises Problem.

    `demo`: whether the demo company's ERP runs beside it.
    """
    settings = Settings.from_env(environment)
    prepare_folder(settings.var)
    check_gateway_port(settings.port)
    own_broker, own_store = not settings.amqp_uri, not settings.esdb_uri
    if not own_broker:
        broker.check(settings.amqp_uri)
    processes = chosen(own_broker, own_store, demo)
    names = ["live", "store", *broker.PORTS, *(p.admin_key for p in PROCESSES if p.admin_key)]
    wished = {"live": settings.live_port}
    chosen_ports = ports.choose(settings.var / "run/ports.json", names, [settings.port], wished)
    node = broker.find(settings.var, chosen_ports) if own_broker else None
    complete = {
        **environment,
        **dict.fromkeys((f"{one}_FILE" for one in SECRETS[:2]), ""),
        "PORTICO_LIVE_PORT": str(chosen_ports["live"]),
        "PORTICO_AMQP_URI": node.uri if node else settings.amqp_uri,
        "PORTICO_ESDB_URI": settings.esdb_uri or f"esdb://127.0.0.1:{chosen_ports['store']}?Tls=false",
    }
    return Stack(Settings.from_env(complete), node, processes, chosen_ports)


def prepare_folder(var: Path) -> None:
    """Make the data folder and prove that it can be written. Raises Problem."""
    supervisor.check_path(var)
    try:
        if not var.exists():
            var.mkdir(mode=0o700, parents=True)
        for name in ("run", "log"):
            (var / name).mkdir(exist_ok=True)
        probe = var / "run/probe"
        with open(probe, "wb") as file:
            file.write(os.urandom(65536))
            file.flush()
            os.fsync(file.fileno())
        probe.unlink()
    except OSError as error:
        told = from_os_error(error)
        if told is None:
            told = Problem(f"Cannot use the data folder {var}: {error}.", "PORTICO_VAR=/other/folder moves it.")
        raise told from error
    free = shutil.disk_usage(var).free
    if free < LEAST_FREE:
        has, needs = free // 1024**2, LEAST_FREE // 1024**2
        raise Problem(
            f"Only {has} MB are free where the data is kept ({var}); Portico needs {needs}.",
            "Free some space, or move the data:  PORTICO_VAR=/other/folder make up",
        )


def check_gateway_port(port: int) -> None:
    """Raise Problem, naming who has it, unless the portal can listen on the port."""
    other = f"Choose another:  PORTICO_PORT={port + 10 if port < 65000 else 8010} make up"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except PermissionError:
            raise Problem(f"Only root may listen on port {port}.", other) from None
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise Problem(f"Cannot listen on port {port}: {error.strerror}.", other) from error
            who = ports.holder(port)
            raise Problem(f"Port {port} is in use{' by ' + who if who else ''}.", other) from None
