"""`portico live`: tells open pages that what they show has changed, by server-sent events, in a process of its own.

Hints come over the bus; every few seconds the tables of versions are read as well, so a lost hint only delays. A
connection belongs to a session of the gateway and ends with it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import orjson
import uvicorn
from prometheus_client import Gauge
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from chassis import admin, log
from chassis.bus import HINTS
from chassis.config import Settings
from chassis.errors import PorticoError
from chassis.link import Link
from chassis.messages import ALL_COMPANIES
from chassis.statedb import StateDb
from gateway.config import GatewaySettings
from gateway.models import MODELS
from gateway.people import eyes_of
from gateway.reads import open_reads
from gateway.sessions import SessionStore
from gateway.websession import COOKIE, cookie_name

GATHER_SECONDS = 0.25
MOST_CONNECTIONS, MOST_A_SESSION = 1000, 12
_log = log.get("live")
CONNECTIONS = Gauge("portico_live_connections", "Open pages that listen for changes")


class Connection:
    """One open page: what it has not been told yet."""

    def __init__(self, company: str, session: str) -> None:
        self.company = company
        self.session = session
        self.news: dict[str, int] = {}
        self.new_day = False
        self.woken = asyncio.Event()
        self.ended = False

    def tell(self, versions: dict[str, int]) -> None:
        """Add to its news."""
        self.news |= versions
        self.woken.set()

    def tell_day(self) -> None:
        """Another business day has begun: what is due, and what one may do, may be other than it was."""
        self.new_day = True
        self.woken.set()

    def end(self) -> None:
        """Let it finish."""
        self.ended = True
        self.woken.set()


class Hub:
    """All connections by company, and the versions each company was last told. Lives on the event loop."""

    def __init__(self) -> None:
        self.connections: dict[str, set[Connection]] = {}
        self.known: dict[str, dict[str, int]] = {}
        self.closing = False

    def count(self, session: str = "") -> int:
        """How many there are, of one session when named."""
        return sum(not session or one.session == session for group in self.connections.values() for one in group)

    def join(self, connection: Connection, versions: dict[str, int]) -> None:
        """Take a connection in; it is told where things stand."""
        self.connections.setdefault(connection.company, set()).add(connection)
        self.known.setdefault(connection.company, {}).update(versions)
        CONNECTIONS.set(self.count())

    def leave(self, connection: Connection) -> None:
        """Forget a connection."""
        group = self.connections.get(connection.company, set())
        group.discard(connection)
        if not group:
            self.connections.pop(connection.company, None)
            self.known.pop(connection.company, None)
        CONNECTIONS.set(self.count())

    def heard(self, model: str, companies: dict[str, int]) -> None:
        """A hint: this model of these companies is at these positions."""
        everybody = companies.get(ALL_COMPANIES)
        for company in list(self.connections):
            if company == ALL_COMPANIES:
                self.found(company, {model: max(companies.values(), default=0)})
            else:
                position = max(companies.get(company, 0), everybody or 0)
                if position:
                    self.found(company, {model: position})

    def found(self, company: str, versions: dict[str, int]) -> None:
        """Tell a company's pages what is newer than they were told."""
        known = self.known.get(company)
        if known is None:
            return
        newer = {model: at for model, at in versions.items() if at > known.get(model, -1)}
        if newer:
            known.update(newer)
            for connection in self.connections[company]:
                connection.tell(newer)

    def tell_day(self) -> None:
        """Tell all pages that another business day has begun."""
        for connection in self._all():
            connection.tell_day()

    def close(self) -> None:
        """End all connections."""
        self.closing = True
        for connection in self._all():
            connection.end()

    def _all(self) -> list[Connection]:
        return [connection for group in self.connections.values() for connection in group]


class Live:
    """The server's parts: the hub, the link to the bus, the databases (on one thread of their own)."""

    def __init__(self, settings: Settings, gateway: GatewaySettings) -> None:
        self.settings = settings
        self.gateway = gateway
        self.hub = Hub()
        self._today = gateway.today()
        self.reads = open_reads(settings)
        self.store = SessionStore(StateDb(settings.state_db("gateway")), gateway)
        self.database = ThreadPoolExecutor(1, "database")
        self.link = Link(settings.amqp_uri, "live-hints", self._opened, lambda reason: None)
        self.loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    async def start(self) -> None:
        """Begin to listen to the bus and to look at the tables."""
        self.loop = asyncio.get_running_loop()
        if self.settings.amqp_uri:
            self.link.start()
        self._tasks.add(asyncio.create_task(self._watch()))

    async def stop(self) -> None:
        """Let go of everything."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(self.link.stop)
        self.database.submit(self.reads.close)
        self.database.shutdown()

    def who(self, token: str) -> tuple[str, str] | None:
        """Company and session of a cookie, None when it no longer opens anything. Runs on the database thread."""
        session = self.store.find(token)
        if session is None:
            return None
        try:
            eyes = eyes_of(self.reads, session, self.gateway.today())
        except PorticoError:
            return None
        finally:
            self.reads.end()
        return None if eyes is None else (eyes.person.company, session.id)

    def versions(self, company: str) -> dict[str, int]:
        """Where this company's read models stand. Runs on the database thread."""
        try:
            return self.reads.versions(company)
        finally:
            self.reads.end()

    async def ask(self, function: Any, *args: Any) -> Any:
        """Run a look-up on the database thread."""
        return await asyncio.get_running_loop().run_in_executor(self.database, function, *args)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self.gateway.live_look_seconds)
            if self._today != self.gateway.today():
                self._today = self.gateway.today()
                self.hub.tell_day()
            for company in list(self.hub.connections):
                try:
                    self.hub.found(company, await self.ask(self.versions, company))
                except Exception:
                    _log.exception("versions could not be read")

    def _opened(self, channel: Any) -> None:
        """On the link's thread: a queue of our own behind the hints."""

        def declared(frame: Any) -> None:
            queue = frame.method.queue
            channel.queue_bind(queue, HINTS, callback=lambda _: self.link.ready.set())
            channel.basic_consume(queue, self._hint, auto_ack=True)

        channel.exchange_declare(HINTS, "fanout", durable=True)
        channel.queue_declare("", exclusive=True, callback=declared)

    def _hint(self, _channel: Any, _method: Any, _properties: Any, body: bytes) -> None:
        try:
            said = orjson.loads(body)
            model, companies = f"{said['service']}.{said['model']}", dict(said["companies"])
        except (ValueError, KeyError, TypeError):
            _log.warning("a hint could not be read")
            return
        # Of versions that another release reads, its own pages hear.
        if model in MODELS and self.loop is not None and not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.hub.heard, model, companies)


def _event(name: str, versions: dict[str, int]) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + orjson.dumps(versions) + b"\n\n"


async def _stream(live: Live, token: str, connection: Connection, versions: dict[str, int]) -> AsyncGenerator[bytes]:
    hub, heartbeat = live.hub, live.gateway.live_heartbeat_seconds
    checked = time.monotonic()
    hub.join(connection, versions)
    try:
        yield b"retry: 2000\n\n" + _event("versions", versions)
        while not connection.ended:
            quiet = False
            try:
                async with asyncio.timeout(heartbeat):
                    await connection.woken.wait()
            except TimeoutError:
                quiet = True
            # However much there is to tell: who has lost their session hears of it no longer than a heartbeat.
            if quiet or time.monotonic() - checked >= heartbeat:
                checked = time.monotonic()
                who = await live.ask(live.who, token)
                if who is None or who[0] != connection.company:
                    yield b"event: bye\ndata: {}\n\n"
                    return
            if quiet:
                yield b": still here\n\n"
                continue
            if connection.new_day:
                connection.new_day = False
                yield _event("day", {})
            if not connection.news:
                connection.woken.clear()
                continue
            # An import moves many things at once: they are told together.
            await asyncio.sleep(GATHER_SECONDS)
            connection.woken.clear()
            news, connection.news = connection.news, {}
            yield _event("changed", news)
    finally:
        hub.leave(connection)


def _allowed_origin(request: Request, live: Live) -> str | None:
    """The page's origin when it is the gateway: the same host, the gateway's port, or what is configured."""
    origin = request.headers.get("origin", "")
    if live.gateway.origin:
        return origin if origin == live.gateway.origin else None
    parts = urlsplit(origin)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return None
    hosts = live.gateway.hosts
    own = not hosts or parts.hostname in hosts
    return origin if own and parts.hostname == request.url.hostname and port == live.settings.port else None


def create_live(settings: Settings, gateway: GatewaySettings) -> tuple[Starlette, Live]:
    """The ASGI application, and its parts."""
    live = Live(settings, gateway)

    async def events(request: Request) -> Response:
        origin = _allowed_origin(request, live)
        if origin is None:
            return PlainTextResponse("This origin may not listen.\n", 403)
        headers = {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Credentials": "true",
            "Vary": "Origin",
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",
        }
        token = request.cookies.get(cookie_name(COOKIE, live.gateway.https), "")
        who = await live.ask(live.who, token) if token else None
        if who is None:
            return PlainTextResponse("Log in first.\n", 401, headers)
        company, session = who
        if live.hub.closing or live.hub.count() >= MOST_CONNECTIONS or live.hub.count(session) >= MOST_A_SESSION:
            return PlainTextResponse("Too many pages are listening.\n", 503, headers)
        versions = await live.ask(live.versions, company)
        stream = _stream(live, token, Connection(company, session), versions)
        return StreamingResponse(stream, headers=headers, media_type="text/event-stream")

    return Starlette(routes=[Route("/events", events)]), live


class _Server(uvicorn.Server):
    """uvicorn that ends open streams when it is told to stop, instead of waiting for them."""

    def __init__(self, config: uvicorn.Config, live: Live) -> None:
        super().__init__(config)
        self._live = live

    def handle_exit(self, sig: int, frame: Any) -> None:
        """SIGTERM or SIGINT."""
        if self._live.loop is not None:
            self._live.loop.call_soon_threadsafe(self._live.hub.close)
        self.should_exit = True


async def _serve(settings: Settings, gateway: GatewaySettings) -> None:
    application, live = create_live(settings, gateway)
    config = uvicorn.Config(
        application,
        host=gateway.bind,
        port=settings.live_port,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=5,
        proxy_headers=gateway.proxies > 0,
        server_header=False,
    )
    await live.start()
    probe = admin.serve(
        settings.admin_port,
        "live",
        lambda: (live.link.ready.is_set(), "listening" if live.link.ready.is_set() else "the broker does not answer"),
        lambda: {"pages": {"connections": live.hub.count()}},
    )
    try:
        await _Server(config, live).serve()
    finally:
        await live.stop()
        if probe is not None:
            probe.close()


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    settings = Settings.from_env()
    log.configure("live", settings.log_level, settings.log_format)
    asyncio.run(_serve(settings, GatewaySettings.from_env()))


if __name__ == "__main__":
    main()
