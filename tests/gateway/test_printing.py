"""The process beside the gateway that makes PDFs: what it lacks, how long it may take, and that it fetches nothing."""

from __future__ import annotations

import base64
import io
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from pypdf import PdfReader

from gateway.printing.printer import WAITING, NoPdf, Printer

_SAYS = """import struct, sys
def frame(kind, body):
    sys.stdout.buffer.write(struct.pack(">cI", kind, len(body)) + body)
    sys.stdout.flush()
"""
LACKING = _SAYS + "frame(b'M', b'cannot load library libpango')"
SLOW = _SAYS + "frame(b'R', b''); sys.stdin.read()"
"""It is ready, and never answers."""
FAULTY = _SAYS + "frame(b'R', b'')\nwhile sys.stdin.buffer.read(5): frame(b'F', b'Traceback')"
ONCE = _SAYS + "frame(b'R', b''); h = sys.stdin.buffer.read(5); frame(b'P', b'%PDF')"
"""It answers once and ends, as one does that nobody asked for long."""


def printer(code: str) -> Printer:
    """A printer with another child."""
    return Printer((sys.executable, "-c", code))


@pytest.fixture(scope="module")
def real() -> Iterator[Printer]:
    """The printer that pages use, with a child of its own."""
    made = Printer()
    yield made
    made.close()


def test_a_machine_without_pango_is_told_what_to_do(tmp_path: Path) -> None:
    one = printer(LACKING)
    for _try in range(2):
        with pytest.raises(NoPdf, match=r"lacks the text library Pango.*portico doctor"):
            one.pdf("", {}, tmp_path)


def test_what_takes_too_long_is_ended(tmp_path: Path) -> None:
    one = printer(SLOW)
    with pytest.raises(NoPdf, match="took too long"):
        one.pdf("", {}, tmp_path, seconds=3)
    assert one._child is None


def test_what_cannot_be_made_is_said_and_the_next_is_tried(tmp_path: Path) -> None:
    one = printer(FAULTY)
    for _try in range(2):
        with pytest.raises(NoPdf, match="could not be made"):
            one.pdf("", {}, tmp_path)
    one.close()


def test_a_child_that_ended_is_followed_by_another(tmp_path: Path) -> None:
    one = printer(ONCE)
    assert one.pdf("", {}, tmp_path) == b"%PDF"
    assert one._child is not None
    one._child.wait()
    assert one.pdf("", {}, tmp_path) == b"%PDF"
    one.close()


def test_so_many_wait_and_no_more(tmp_path: Path) -> None:
    one, said = printer(SLOW), []

    def ask() -> None:
        try:
            one.pdf("", {}, tmp_path, seconds=5)
        except NoPdf as error:
            said.append(error.message)
            one.close()

    waiting = [threading.Thread(target=ask) for _one in range(WAITING + 1)]
    for thread in waiting:
        thread.start()
    for thread in waiting:
        thread.join()
    assert sorted("just now" in message for message in said) == [False] * WAITING + [True]


def test_nothing_is_fetched_and_no_file_is_read(real: Printer, tmp_path: Path) -> None:
    asked: list[str] = []

    class Outside(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Keep what is asked for."""
            asked.append(self.path)
            self.send_error(404)

    secret = tmp_path / "secret.svg"
    secret.write_text('<svg xmlns="http://www.w3.org/2000/svg"><text y="9">hidden words</text></svg>')
    given = secret.read_text().replace("hidden words", "given").replace("</svg>", '<image href="{}"/></svg>')
    with HTTPServer(("127.0.0.1", 0), Outside) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        outside = f"http://127.0.0.1:{server.server_port}/x.svg"
        html = f"""<html lang="en"><head><title>T</title><link rel="stylesheet" href="{outside}">
            <style>@import url({outside}); body {{ background: url({secret.as_uri()}) }}</style></head><body>words
            <img src="{outside}"><img src="{secret.as_uri()}"><img src="secret.svg"><object data="{outside}"></object>
            <a rel="attachment" href="{secret.as_uri()}">a</a><img src="portico:logo" alt="logo"></body></html>"""
        logo = base64.b64encode(given.format(outside).encode()).decode()
        made = real.pdf(html, {"portico:logo": ("image/svg+xml", logo)}, tmp_path)
        server.shutdown()
    assert asked == []
    text = PdfReader(io.BytesIO(made)).pages[0].extract_text()
    assert "words" in text
    assert "given" in text
    assert "hidden" not in text
    assert b"/EmbeddedFile" not in made


def test_arabic_has_letters_and_runs_from_right_to_left(real: Printer, tmp_path: Path) -> None:
    html = (
        """<html lang="ar" dir="rtl"><head><title>فاتورة</title></head><body><p>فاتورة <b>20112</b></p></body></html>"""
    )
    made = PdfReader(io.BytesIO(real.pdf(html, {}, tmp_path)))
    root = made.trailer["/Root"]
    assert root["/Lang"] == "ar"  # type: ignore[index]
    fonts = made.pages[0]["/Resources"]["/Font"]  # type: ignore[index]
    assert fonts
    places: dict[str, float] = {}

    def see(text: str, _matrix: object, at: list[float], _font: object, _size: object) -> None:
        if text.strip():
            places[text.strip()] = at[4]

    made.pages[0].extract_text(visitor_text=see)
    letters = [
        text for text in places if any("\u0600" <= one <= "\u06ff" or "\ufb50" <= one <= "\ufeff" for one in text)
    ]
    assert letters, places
