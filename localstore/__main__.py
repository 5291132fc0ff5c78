"""`python -m localstore --folder F --port N`: the event store as a process."""

import argparse
import asyncio
import os
import sys
from pathlib import Path

from chassis import log
from localstore.errors import CannotStart
from localstore.server import serve

DEFAULT_PORT = 2113


def run(folder: Path, host: str, port: int, admin_port: int) -> None:
    """Serves until SIGTERM or SIGINT; raises CannotStart. `admin_port` 0: no health and metrics."""
    asyncio.run(serve(folder, host, port, admin_port or None))


def main() -> int:
    """The command line; exit code 1 when it cannot start."""
    parser = argparse.ArgumentParser(prog="localstore", description="An event store for one machine.")
    parser.add_argument("--folder", type=Path, required=True, help="where the events are kept")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: loopback)")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    parser.add_argument("--admin-port", type=int, default=0, help="port for /healthz, /readyz, /metrics; 0: none")
    arguments = parser.parse_args()
    configure_logs()
    try:
        run(arguments.folder, arguments.host, arguments.port, arguments.admin_port)
    except CannotStart as error:
        print(f"localstore: {error}", file=sys.stderr)
        return 1
    return 0


def configure_logs() -> None:
    """JSON lines on standard error, at PORTICO_LOG_LEVEL and in PORTICO_LOG_FORMAT."""
    level = os.environ.get("PORTICO_LOG_LEVEL", "INFO").upper()
    log.configure("store", level, os.environ.get("PORTICO_LOG_FORMAT", "json"))


if __name__ == "__main__":
    sys.exit(main())
