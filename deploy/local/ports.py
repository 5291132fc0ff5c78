"""Free ports on the loopback interface, chosen once and kept in `var/run/ports.json`."""

from __future__ import annotations

import json
import random
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path

RANGE = range(18000, 32000)
"""Below what Linux hands out to outgoing connections (32768 and up), so that a kept port is seldom taken."""


def load(file: Path) -> dict[str, int]:
    """The kept ports by name; none when the file is missing or damaged."""
    try:
        kept = json.loads(file.read_text())
        return {str(name): int(port) for name, port in kept.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def choose(
    file: Path, names: Iterable[str], reserved: Iterable[int] = (), wished: Mapping[str, int] | None = None
) -> dict[str, int]:
    """A port for each name: the first free one of the wished, the kept and any other. Keeps the choice."""
    kept = load(file)
    used = set(reserved)
    ports: dict[str, int] = {}
    for name in names:
        candidates = (wished or {}).get(name, 0), kept.get(name, 0)
        port = next((one for one in candidates if one and one not in used and is_free(one)), 0) or _any_free(used)
        ports[name] = port
        used.add(port)
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_suffix(".half")
    half.write_text(json.dumps(ports, indent=1) + "\n")
    half.replace(file)
    return ports


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def answers(port: int, host: str = "127.0.0.1") -> bool:
    """Whether something accepts connections on the port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((host, port)) == 0


def holder(port: int) -> str:
    """Who listens on the port, "nginx (process 812)"; empty when the system does not tell."""
    import psutil

    try:
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN and tuple(connection.laddr)[1:] == (port,)
            if listens and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        pass
    return ""


def _any_free(used: set[int]) -> int:
    for port in random.sample(RANGE, 2000):
        if port not in used and is_free(port):
            return port
    raise OSError("no free port found on the loopback interface")
