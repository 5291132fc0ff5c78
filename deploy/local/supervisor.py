"""supervisord as the process manager: its configuration, its start, and a client that speaks to its socket."""

from __future__ import annotations

import contextlib
import http.client
import os
import subprocess
import sys
import threading
import time
import xmlrpc.client
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.problem import Problem

STOP_SECONDS = 10
MARK = "PORTICO_STACK"
"""In the environment of everything supervised: the data folder. By it an orphan is known as ours, and of which copy."""
_LONGEST_SOCKET = 100


@dataclass(frozen=True)
class Program:
    """One supervised program; groups stop one after the other, the highest order first."""

    name: str
    group: str
    order: int
    command: list[str]
    environment: dict[str, str]
    directory: Path
    """Where it runs: what a part drops there in its distress is to be below the data folder."""


def configuration(var: Path, programs: Iterable[Program]) -> str:
    """supervisord's configuration. Nothing starts by itself: `up` starts what is ready to be."""
    lines = [
        "[supervisord]",
        f"logfile={_escape(var)}/log/supervisor.log",
        "logfile_maxbytes=5MB",
        "logfile_backups=1",
        f"pidfile={_escape(var)}/run/supervisord.pid",
        f"childlogdir={_escape(var)}/log",
        "minfds=1024",
        *(["user=root"] if os.geteuid() == 0 else []),
        "[unix_http_server]",
        f"file={_escape(socket_file(var))}",
        "chmod=0600",
        "[rpcinterface:supervisor]",
        "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface",
    ]
    groups: dict[tuple[int, str], list[str]] = {}
    for program in programs:
        groups.setdefault((program.order, program.group), []).append(program.name)
        lines += _program(var, program)
    for (order, group), names in groups.items():
        lines += [f"[group:{group}]", f"programs={','.join(names)}", f"priority={order}"]
    return "\n".join(lines) + "\n"


def _program(var: Path, program: Program) -> list[str]:
    command = " ".join(_quote(part) for part in program.command)
    environment = ",".join(f"{key}={_quote(value)}" for key, value in sorted(program.environment.items()))
    return [
        f"[program:{program.name}]",
        f"command={command}",
        f"environment={environment}",
        f"directory={_escape(program.directory)}",
        "autostart=false",
        "autorestart=true",
        "startsecs=1",
        "startretries=100",
        f"stopwaitsecs={STOP_SECONDS}",
        "killasgroup=true",
        "redirect_stderr=true",
        f"stdout_logfile={_escape(log_file(var, program.name))}",
        "stdout_logfile_maxbytes=10MB",
        "stdout_logfile_backups=3",
    ]


def _quote(text: str) -> str:
    return '"' + _escape(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _escape(text: object) -> str:
    return str(text).replace("%", "%%")


def socket_file(var: Path) -> Path:
    """Where supervisord listens."""
    return var / "run/supervisor.sock"


def log_file(var: Path, name: str) -> Path:
    """Where a process's output goes."""
    return var / "log" / f"{name}.log"


def last_lines(var: Path, name: str, count: int = 15) -> str:
    """The end of a process's log, indented; empty when it has none."""
    try:
        with open(log_file(var, name), "rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 20_000))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join("  " + line[:400] for line in lines[-count:])


def check_path(var: Path) -> None:
    """Raise Problem when the socket's path is longer than the system allows."""
    if len(str(socket_file(var)).encode()) > _LONGEST_SOCKET:
        raise Problem(f"The path of the data folder is too long: {var}.", "Choose a shorter one with PORTICO_VAR.")


def spawn(var: Path, environment: Mapping[str, str]) -> None:
    """Start supervisord in a session of its own, so that what stops `up` does not stop it. Waits until it answers."""
    socket_file(var).unlink(missing_ok=True)
    command = [sys.executable, "-m", "supervisor.supervisord", "-n", "-s", "-c", str(var / "run/supervisor.conf")]
    with open(var / "log/supervisor.out", "wb") as out:
        process = subprocess.Popen(
            command,
            env={**environment, MARK: str(var)},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            umask=0o077,
        )
    deadline = time.monotonic() + 20
    while not alive(var):
        if process.poll() is not None or time.monotonic() > deadline:
            said = (var / "log/supervisor.out").read_text(errors="replace").strip()
            raise Problem(f"The process manager did not start:\n{said}", f"Its log: {var / 'log/supervisor.log'}")
        time.sleep(0.02)
    # It is our child while we live: somebody has to take note of its end, or it stays as a zombie.
    threading.Thread(target=process.wait, daemon=True).start()


def alive(var: Path) -> bool:
    """Whether a supervisord answers for this data folder and is not shutting down."""
    if not socket_file(var).exists():
        return False
    try:
        with client(var) as rpc:
            return bool(rpc.getState()["statename"] == "RUNNING")
    except (OSError, xmlrpc.client.Error, http.client.HTTPException):
        return False


def processes(var: Path) -> dict[str, dict[str, Any]]:
    """Process name → what supervisord knows: statename, pid, start, now, exitstatus. Empty when it is gone."""
    try:
        with client(var) as rpc:
            return {info["name"]: info for info in rpc.getAllProcessInfo()}
    except (OSError, xmlrpc.client.Error, http.client.HTTPException):
        return {}


def start(var: Path, group: str, name: str) -> None:
    """Start a process unless it runs or is being started."""
    with client(var) as rpc:
        try:
            rpc.startProcess(f"{group}:{name}", False)
        except xmlrpc.client.Fault as fault:
            if "ALREADY_STARTED" not in fault.faultString:
                raise Problem(f"{name} cannot be started: {fault.faultString}.") from None


def shutdown(var: Path) -> None:
    """Ask supervisord to stop everything in order and to end."""
    with client(var) as rpc:
        rpc.shutdown()


@contextlib.contextmanager
def client(var: Path) -> Iterator[Any]:
    """supervisord's XML-RPC interface over its socket."""
    from supervisor.xmlrpc import SupervisorTransport

    transport = SupervisorTransport(None, None, f"unix://{socket_file(var)}")
    try:
        yield xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport).supervisor
    finally:
        transport.close()
