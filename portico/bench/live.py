"""The home page while hundreds of open pages listen for changes, against the same page alone."""

from __future__ import annotations

import html
import re
import socket
import urllib.parse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from portico.bench.bed import Bed, Browser
from portico.bench.load import measure
from portico.bench.table import Row, milliseconds
from services.identity.contract import PERMISSIONS

OPEN = 500
A_SESSION = 10
"""How many pages one session has open; `portico live` lets it have a dozen."""
EMAIL = "live@bench.example"
_LIVE = re.compile(r'data-live-url="([^"]+)"')


def live_rows(bed: Bed) -> list[Row]:
    """Requests a second of the home page of company 14911, without and with OPEN live connections beside it."""
    bed.contact("14911", EMAIL, list(PERMISSIONS))
    browser = bed.browser(EMAIL)
    url = bed.url + "/"
    alone = measure(url, browser.cookie)
    with _listening(bed, browser):
        beside = measure(url, browser.cookie)
    ratio = beside.per_second / alone.per_second
    return [
        Row(
            f"home page with {OPEN} live connections open",
            f"{beside.per_second:,.0f}/s, p50 {milliseconds(beside.p50)}, p99 {milliseconds(beside.p99)}",
            f"without: {alone.per_second:,.0f}/s, p50 {milliseconds(alone.p50)}, p99 {milliseconds(alone.p99)}",
            f"{ratio:.2f} (p50 {beside.p50 / alone.p50:.2f}, p99 {beside.p99 / alone.p99:.2f})",
            "≥ 0.7",
            ratio >= 0.7,
        )
    ]


@contextmanager
def _listening(bed: Bed, browser: Browser) -> Iterator[None]:
    """OPEN connections to `portico live`, each answered, until this ends."""
    found = _LIVE.search(browser.get("/"))
    if found is None:
        raise RuntimeError("the home page does not say where it listens")
    address = urllib.parse.urlsplit(urllib.parse.urljoin(bed.url, html.unescape(found[1])))
    with ExitStack() as opened:
        for place in range(OPEN):
            if place % A_SESSION == 0:
                browser = bed.browser(EMAIL)
            line = opened.enter_context(socket.create_connection((address.hostname, address.port), timeout=30))
            asked = f"GET {address.path}?{address.query} HTTP/1.1\r\nHost: {address.netloc}\r\nOrigin: {bed.url}\r\n"
            line.sendall(f"{asked}Cookie: {browser.cookie}\r\nAccept: text/event-stream\r\n\r\n".encode())
            if not line.recv(4096).startswith(b"HTTP/1.1 200"):
                raise RuntimeError(f"live connection {place + 1} was refused")
        yield
