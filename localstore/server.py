"""The process: opens the store, serves it until told to stop, and stops cleanly."""

import asyncio
import contextlib
import ipaddress
import signal
import socket
import sqlite3
from pathlib import Path

import grpc
import structlog

from chassis import admin
from localstore.errors import CannotRead, CannotStart
from localstore.feed import Feed
from localstore.reading import Reading
from localstore.service import Streams, features_handlers, gossip_handlers
from localstore.storage import Storage
from localstore.writer import Writer

STOP_GRACE = 1.0  # seconds for calls in progress; gRPC takes all of it while an idle client stays connected
OPTIONS = (
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", 17 * 1024 * 1024),  # so that too large an append gets its own error
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 5000),
    ("grpc.keepalive_permit_without_calls", 1),
)

log = structlog.get_logger("localstore.server")


async def serve(folder: Path, host: str, port: int, admin_port: int | None = None) -> None:
    """Serves `folder` on host:port until SIGTERM or SIGINT; raises CannotStart."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    address = free_address(host, port)
    with contextlib.closing(Storage(folder)) as storage:
        feed = Feed()
        try:
            writer = Writer(storage, loop, feed)
        except CannotRead as error:
            raise CannotStart(str(error)) from error
        except sqlite3.DatabaseError as error:
            raise CannotStart(f"cannot read {storage.path}: {error}; restore it from a backup") from error
        with contextlib.closing(writer), contextlib.closing(Reading(storage, feed)) as reading:
            server = grpc.aio.server(options=OPTIONS)
            streams = Streams(writer, reading)
            server.add_generic_rpc_handlers((streams.handlers(), gossip_handlers(host, port), features_handlers()))
            server.add_insecure_port(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
            status = _serve_admin(admin_port, writer, stop)
            await server.start()
            _announce(folder, host, port, writer.position, ipaddress.ip_address(address).is_loopback)
            await stop.wait()
            log.info("stopping")
            feed.close()  # ends the subscriptions; appends in progress are finished
            await server.stop(STOP_GRACE)
            if status is not None:
                status.close()
    log.info("stopped")


def free_address(host: str, port: int) -> str:
    """The numbers of `host`; raises CannotStart saying why they cannot be listened on, for gRPC does not."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
        return str(address[0])
    except OSError as error:
        reason = error.strerror or str(error)
        raise CannotStart(f"cannot listen on {host}:{port}: {reason}; stop what uses it or choose another") from error


def _announce(folder: Path, host: str, port: int, position: int, loopback: bool) -> None:
    reached = "from this machine only" if loopback else "from other machines too"
    log.info("serving", folder=str(folder), uri=f"esdb://{host}:{port}?Tls=false", position=position, reached=reached)
    if not loopback:
        log.warning("not on loopback: without TLS or passwords, whoever reaches this port reads and writes", host=host)


def _serve_admin(port: int | None, writer: Writer, stop: asyncio.Event) -> admin.Admin | None:
    """Health, readiness and metrics on loopback, as for every process of Portico."""

    def ready() -> tuple[bool, str]:
        return (False, "stopping") if stop.is_set() else (True, "ready")

    try:
        return admin.serve(port, "store", ready, lambda: {"store": {"position": writer.position}})
    except OSError as error:
        raise CannotStart(f"cannot listen on 127.0.0.1:{port} for metrics: {error.strerror}") from error
