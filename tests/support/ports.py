"""Free ports on the loopback interface."""

from __future__ import annotations

import random
import socket
from contextlib import suppress


def free_port() -> int:
    """A port nobody listens on at this moment, and that no outgoing connection takes before a server does: Linux
    hands out 32768 and up to those."""
    while True:
        port = random.randrange(12000, 18000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def listening(port: int) -> bool:
    """Whether something accepts connections on the port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
