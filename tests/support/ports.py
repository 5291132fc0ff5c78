"""Free ports on the loopback interface."""

from __future__ import annotations

import itertools
import os
import random
import socket
from contextlib import suppress

_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_OWN = range(12000 + _worker, 18000, _workers)
"""Ports that no other worker of the run hands out, and that no outgoing connection takes before a server does: Linux
hands out 32768 and up to those."""
_next = itertools.cycle(random.sample(_OWN, len(_OWN)))


def free_port() -> int:
    """A port nobody listens on at this moment. None is handed out twice, as a broker may come back to its own much
    later; after some thousands they begin anew."""
    while True:
        port = next(_next)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def listening(port: int) -> bool:
    """Whether something accepts connections on the port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
