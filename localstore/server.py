"""The process: opens the store, serves it until told to stop, and stops cleanly."""

import asyncio
import contextlib
import ipaddress
import signal
import socket
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import structlog

from chassis import admin
from localstore.errors import CannotRead, CannotStart, Stopping
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


@dataclass
class _State:
    """What the process tells of itself, also while it opens its file."""

    stop: asyncio.Event
    reason: str = "opening its file"  # why it is not ready; "": it is
    writer: Writer | None = None

    def taking_over(self, done: int, last: int) -> None:
        """How far the takeover of an older file is; raises Stopping when it is to end."""
        if self.stop.is_set():
            raise Stopping("told to stop")
        if not done:
            log.info("taking over an older file, which takes minutes for millions of events", events=last)
        self.reason = f"taking over an older file: event {done} of {last}"

    def ready(self) -> tuple[bool, str]:
        """For /readyz."""
        reason = "stopping" if self.stop.is_set() else self.reason
        return not reason, reason or "ready"

    def status(self) -> dict[str, Any]:
        """For /status."""
        return {"store": {"position": self.writer.position}} if self.writer else {}


async def serve(folder: Path, host: str, port: int, admin_port: int | None = None) -> None:
    """Serves `folder` on host:port until SIGTERM or SIGINT; raises CannotStart."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    address = free_address(host, port)
    state = _State(stop)
    with _serve_admin(admin_port, state), contextlib.suppress(Stopping):
        with contextlib.closing(await asyncio.to_thread(Storage, folder, state.taking_over)) as storage:
            await _serve(storage, host, port, ipaddress.ip_address(address).is_loopback, state)
    log.info("stopped")


async def _serve(storage: Storage, host: str, port: int, loopback: bool, state: _State) -> None:
    feed = Feed()
    try:
        writer = Writer(storage, asyncio.get_running_loop(), feed)
    except CannotRead as error:
        raise CannotStart(str(error)) from error
    except sqlite3.DatabaseError as error:
        raise CannotStart(f"cannot read {storage.path}: {error}; restore it from a backup") from error
    with contextlib.closing(writer), contextlib.closing(Reading(storage, feed)) as reading:
        server = grpc.aio.server(options=OPTIONS)
        streams = Streams(writer, reading)
        server.add_generic_rpc_handlers((streams.handlers(), gossip_handlers(host, port), features_handlers()))
        server.add_insecure_port(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
        await server.start()
        state.writer, state.reason = writer, ""
        _announce(storage.folder, host, port, writer.position, loopback)
        await state.stop.wait()
        log.info("stopping")
        feed.close()  # ends the subscriptions; appends in progress are finished
        await server.stop(STOP_GRACE)


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


@contextlib.contextmanager
def _serve_admin(port: int | None, state: _State) -> Iterator[None]:
    """Health, readiness and metrics on loopback, as for every process of Portico."""
    try:
        serving = admin.serve(port, "store", state.ready, state.status)
    except OSError as error:
        raise CannotStart(f"cannot listen on 127.0.0.1:{port} for metrics: {error.strerror}") from error
    try:
        yield
    finally:
        if serving is not None:
            serving.close()
