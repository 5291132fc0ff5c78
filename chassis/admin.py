"""A small HTTP server on the loopback interface by which each process tells how it is.

/healthz  the process runs        /readyz  it can do its work (503 with the reason when not)
/metrics  Prometheus' text        /status  {"name", "parts": {part: {…}}}
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from chassis import metrics
from chassis.codec import dumps

Ready = Callable[[], tuple[bool, str]]
Status = Callable[[], dict[str, Any]]


def application(name: str, ready: Ready, status: Status) -> Callable[..., Iterable[bytes]]:
    """The WSGI application. `ready` says whether and why not; `status` maps each part to what it says of itself."""

    plain = "text/plain; charset=utf-8"

    def answer(path: str) -> tuple[str, str, bytes]:
        if path == "/healthz":
            return "200 OK", plain, b"ok\n"
        if path == "/readyz":
            is_ready, reason = ready()
            return "200 OK" if is_ready else "503 Service Unavailable", plain, f"{reason}\n".encode()
        if path == "/metrics":
            body, content_type = metrics.exposition()
            return "200 OK", content_type, body
        if path == "/status":
            return "200 OK", "application/json", dumps({"name": name, "parts": status()})
        return "404 Not Found", plain, b"There is /healthz, /readyz, /metrics and /status.\n"

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        code, content_type, body = answer(environ.get("PATH_INFO", "/"))
        start_response(code, [("Content-Type", content_type), ("Content-Length", str(len(body)))])
        return [body]

    return serve


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: probes come every few seconds."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Admin:
    """The running server; `port` is the one it listens on."""

    def __init__(self, port: int, stop: Callable[[], None]) -> None:
        self.port = port
        self._stop = stop

    def close(self) -> None:
        """Stop listening."""
        self._stop()


def serve(port: int | None, name: str, ready: Ready, status: Status) -> Admin | None:
    """Serve from a thread, for plain processes. Port 0 or None serves nothing; -1 takes a free port."""
    if not port:
        return None
    server = make_server("127.0.0.1", max(port, 0), application(name, ready, status), _Server, _Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, name="admin", daemon=True)
    thread.start()

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join(2)

    return Admin(server.server_port, stop)


def serve_green(port: int | None, name: str, ready: Ready, status: Status) -> Admin | None:
    """Serve from a green thread, for a nameko process under eventlet; ports as for `serve`."""
    if not port:
        return None
    import eventlet
    import eventlet.wsgi

    listener = eventlet.listen(("127.0.0.1", max(port, 0)))
    site = application(name, ready, status)
    green = eventlet.spawn(eventlet.wsgi.server, listener, site, log_output=False)

    def stop() -> None:
        green.kill()
        listener.close()

    return Admin(listener.getsockname()[1], stop)
