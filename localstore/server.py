"""The process: opens the store, serves it until told to stop, and stops cleanly."""

import asyncio
import ipaddress
import signal
import socket
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import grpc
import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from localstore.errors import CannotStart
from localstore.feed import Feed
from localstore.reading import Reading
from localstore.service import Streams, gossip_handlers
from localstore.storage import Storage
from localstore.writer import Writer

STOP_GRACE = 3.0  # seconds for calls in progress
SWITCH_INTERVAL = 0.0005  # seconds; the writer waits no longer than this for the interpreter after its fdatasync
OPTIONS = (
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", 17 * 1024 * 1024),  # so that too large an append gets its own error
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 5000),
    ("grpc.keepalive_permit_without_calls", 1),
)

log = structlog.get_logger("localstore.server")


async def serve(folder: Path, host: str, port: int, admin_port: int | None = None) -> None:
    """Serves `folder` on host:port until SIGTERM or SIGINT; raises CannotStart."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    check_port_free(host, port)
    storage = Storage(folder)
    try:
        feed = Feed(0)
        writer = Writer(storage, loop, feed.publish)
        feed.position = writer.position
        reading = Reading(storage, feed)
        server = grpc.aio.server(options=OPTIONS)
        server.add_generic_rpc_handlers((Streams(writer, reading).handlers(), gossip_handlers(host, port)))
        admin = None
        try:
            _listen(server, host, port)
            admin = _start_admin(admin_port, lambda: not stop.is_set()) if admin_port else None
            await server.start()
            _announce(folder, host, port, writer.position)
            await stop.wait()
            log.info("stopping")
        finally:
            feed.close()
            await server.stop(STOP_GRACE)
            writer.stop()
            reading.close()
            if admin is not None:
                admin.shutdown()
    finally:
        storage.close()
    log.info("stopped")


def check_port_free(host: str, port: int) -> None:
    """Raises CannotStart saying why host:port cannot be listened on."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
    except OSError as error:
        reason = error.strerror or str(error)
        raise CannotStart(f"cannot listen on {host}:{port}: {reason}; stop what uses it or choose another") from error


def _listen(server: grpc.aio.Server, host: str, port: int) -> None:
    name = f"[{host}]" if ":" in host else host
    try:
        server.add_insecure_port(f"{name}:{port}")
    except RuntimeError as error:
        raise CannotStart(f"cannot listen on {host}:{port}: {error}; choose another port") from error


def _announce(folder: Path, host: str, port: int, position: int) -> None:
    log.info("serving", folder=str(folder), uri=f"esdb://{host}:{port}?Tls=false", position=position)
    if not _is_loopback(host):
        log.warning("not on loopback: without TLS or passwords, whoever reaches this port reads and writes", host=host)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _start_admin(port: int, ready: Callable[[], bool]) -> ThreadingHTTPServer:
    """GET /healthz, /readyz and /metrics on loopback, in a thread."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers: dict[str, Callable[[], tuple[int, str, bytes]]] = {
                "/healthz": lambda: (200, "text/plain", b"ok\n"),
                "/readyz": lambda: (200, "text/plain", b"ready\n") if ready() else (503, "text/plain", b"stopping\n"),
                "/metrics": lambda: (200, CONTENT_TYPE_LATEST, generate_latest()),
            }
            answer = answers.get(self.path.partition("?")[0], lambda: (404, "text/plain", b"not found\n"))
            status, content_type, body = answer()
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """A scrape every few seconds is not worth a log line."""

    try:
        admin = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    except OSError as error:
        raise CannotStart(f"cannot listen on 127.0.0.1:{port} for metrics: {error.strerror}") from error
    threading.Thread(target=admin.serve_forever, name="admin", daemon=True).start()
    return admin
