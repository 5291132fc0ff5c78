"""Open pages hear that what they show has changed: their own company's changes, as long as their session lives."""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from chassis.bus import Hints, connect, declare_all
from gateway.config import GatewaySettings
from gateway.live import Connection, Live, _stream
from services.orders.projections import PROJECTIONS as orders
from tests.gateway.ground import CUSTOMER, Ground, post
from tests.support.ports import free_port, listening
from tests.support.processes import Process

PORT = 8000


class Page:
    """A browser's event stream."""

    def __init__(self, port: int, cookie: str, origin: str = f"http://localhost:{PORT}") -> None:
        self.connection = http.client.HTTPConnection("localhost", port, timeout=20)
        headers = {"Origin": origin, "Cookie": f"portico_session={cookie}", "Accept": "text/event-stream"}
        self.connection.request("GET", "/events", headers=headers)
        self.answer = self.connection.getresponse()

    def hear(self) -> tuple[str, dict[str, int]]:
        """The next event."""
        name = ""
        while True:
            line = self.answer.readline().decode().strip()
            if line.startswith("event: "):
                name = line[7:]
            if line.startswith("data: "):
                return name, json.loads(line[6:])

    def close(self) -> None:
        self.answer.close()
        self.connection.close()


class LiveServer:
    """The process, and the gateway whose sessions it knows."""

    def __init__(self, ground: Ground, folder: Path, amqp_uri: str) -> None:
        self.ground = ground
        self.amqp_uri = amqp_uri
        self.port, self.probe = free_port(), free_port()
        self.orders = ground.model("orders", orders)
        self.orders.move("orders", "C-A", 5)
        self.orders.move("orders", "C-B", 6)
        environment = {
            "PORTICO_VAR": str(ground.settings.var),
            "PORTICO_PORT": str(PORT),
            "PORTICO_LIVE_PORT": str(self.port),
            "PORTICO_ADMIN_PORT": str(self.probe),
            "PORTICO_AMQP_URI": amqp_uri,
            "PORTICO_LIVE_HEARTBEAT_SECONDS": "0.3",
            "PORTICO_LIVE_LOOK_SECONDS": "0.3",
        }
        self.process = Process(["-m", "gateway.live"], folder / "live.log", environment)
        self.pages: list[Page] = []

    def start(self) -> None:
        """Start it; it is ready when it listens to the bus."""
        self.process.start(lambda: listening(self.port) and self.ask("/readyz")[0] == 200, 30)

    def ask(self, path: str) -> tuple[int, str]:
        """A question at the admin port."""
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.probe, timeout=5)
            connection.request("GET", path)
            answer = connection.getresponse()
            text = answer.read().decode()
            connection.close()
        except OSError:
            return 0, ""
        return answer.status, text

    def page(self, email: str = "ann@a.example", origin: str = f"http://localhost:{PORT}") -> Page:
        """An open page of a person who just logged in."""
        cookie = self.ground.signed_in(email).get_cookie("portico_session")
        assert cookie is not None
        found = Page(self.port, cookie.value, origin)
        self.pages.append(found)
        return found

    def stop(self) -> int:
        """SIGTERM."""
        code = self.process.stop()
        for page in self.pages:
            page.close()
        return code


@pytest.fixture
def live(ground: Ground, tmp_path: Path, broker: str) -> Iterator[LiveServer]:
    connection = connect(broker, "test")
    declare_all(connection.channel(), ())
    connection.close()
    server = LiveServer(ground, tmp_path, broker)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def hints(broker: str) -> Iterator[Hints]:
    made = Hints(broker, "orders")
    yield made
    made.stop()


def test_a_page_is_told_where_things_stand(live: LiveServer) -> None:
    name, versions = live.page().hear()
    assert name == "versions"
    assert versions["orders.orders_v2"] == 5


def test_a_hint_reaches_the_pages_of_its_company_alone(live: LiveServer, hints: Hints) -> None:
    mine, theirs, staff = live.page(), live.page("bo@b.example"), live.page("sam@s.example")
    for page in (mine, theirs, staff):
        assert page.hear()[0] == "versions"
    hints.changed("orders_v2", {"C-A": 50})
    assert mine.hear() == ("changed", {"orders.orders_v2": 50})
    assert staff.hear() == ("changed", {"orders.orders_v2": 50})
    hints.changed("orders_v2", {"C-B": 60})
    assert theirs.hear() == ("changed", {"orders.orders_v2": 60})


def test_a_lost_hint_only_delays(live: LiveServer) -> None:
    page = live.page()
    page.hear()
    live.orders.move("orders", "C-A", 70)
    assert page.hear() == ("changed", {"orders.orders_v2": 70})


def test_a_session_that_ends_takes_its_pages_with_it(live: LiveServer) -> None:
    browser = live.ground.signed_in()
    cookie = browser.get_cookie("portico_session")
    assert cookie is not None
    page = Page(live.port, cookie.value)
    page.hear()
    post(browser, "/", "/logout")
    assert page.hear()[0] == "bye"
    page.close()


def test_without_a_session_nobody_listens(live: LiveServer) -> None:
    page = Page(live.port, "made-up")
    assert page.answer.status == 401
    page.close()


def test_another_sites_page_may_not_listen(live: LiveServer) -> None:
    page = live.page(origin="http://evil.example")
    assert page.answer.status == 403
    assert page.answer.getheader("Access-Control-Allow-Origin") is None
    allowed = live.page()
    assert allowed.answer.getheader("Access-Control-Allow-Origin") == f"http://localhost:{PORT}"
    assert allowed.answer.getheader("Access-Control-Allow-Credentials") == "true"


def test_it_counts_its_pages(live: LiveServer) -> None:
    pages = [live.page() for _ in range(3)]
    for page in pages:
        page.hear()
    assert "portico_live_connections 3.0" in live.ask("/metrics")[1]


def test_it_stops_at_once_with_pages_open(live: LiveServer) -> None:
    live.page().hear()
    assert live.stop() == 0


def test_a_busy_page_is_ended_with_its_session_too(ground: Ground) -> None:
    live = Live(ground.settings, GatewaySettings(live_heartbeat_seconds=0.05))

    async def listen() -> list[bytes]:
        connection = Connection("C-A", "S")
        stream, told = _stream(live, "no such token", connection, {}), []
        for position in range(1, 5):
            # Something to tell at every turn: it is never quiet for a heartbeat.
            connection.tell({"orders.orders_v2": position})
            told.append(await anext(stream, b"end"))
        await stream.aclose()
        return told

    assert any(b"event: bye" in one for one in asyncio.run(listen()))


def test_open_pages_hear_that_another_day_has_begun(ground: Ground) -> None:
    earliest, latest = ZoneInfo("Pacific/Niue"), ZoneInfo("Pacific/Kiritimati")  # never on the same day
    live = Live(replace(ground.settings, amqp_uri=""), GatewaySettings(live_look_seconds=0.05, timezone=earliest))
    cookie = ground.signed_in().get_cookie("portico_session")
    assert cookie is not None

    async def listen() -> list[bytes]:
        await live.start()
        stream = _stream(live, cookie.value, Connection("C-A", "S"), {})
        told = [await anext(stream)]
        live.gateway = replace(live.gateway, timezone=latest)
        told.append(await asyncio.wait_for(anext(stream), 60))
        await stream.aclose()
        await live.stop()
        return told

    first, day = asyncio.run(listen())
    assert b"event: versions" in first
    assert day == b"event: day\ndata: {}\n\n"


def test_a_session_older_than_its_password_hears_nothing(ground: Ground) -> None:
    cookie = ground.signed_in().get_cookie("portico_session")
    assert cookie is not None
    live = Live(ground.settings, GatewaySettings())
    assert live.who(cookie.value) is not None
    changed = datetime.now(UTC) + timedelta(seconds=5)
    ground.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", password_changed_at=changed.isoformat())
    assert live.who(cookie.value) is None
