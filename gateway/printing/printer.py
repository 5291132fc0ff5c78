"""PDFs for pages: a child process makes them, for WeasyPrint keeps the interpreter to itself for seconds.

One child for each process of the gateway, started when the first PDF is asked for, ended after five minutes without
work, or when it takes longer than it may. Who waits is a thread that waits for a pipe: other pages go on.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import orjson

from chassis import log
from chassis.errors import Unavailable
from gateway.printing.child import FAULT, HEAD, MISSING, PDF, READY, write_frame
from gateway.texts import gettext as _

SECONDS = 60
"""What one PDF may take, the child's start included."""
WAITING = 3
"""Threads that may be at it; whoever comes then is told to come again, so that pages keep threads of their own."""
_ROOT = Path(__file__).resolve().parents[2]
_log = log.get("gateway.printing")


def _too_long() -> str:
    return _("Making the PDF took too long. Please try again; the page itself can be printed too.")


class NoPdf(Unavailable):
    """There is no PDF at the moment; the message says why and what to do."""


class _Gone(Exception):
    """The child ended, or takes too long."""


class Printer:
    """Makes PDFs, one at a time."""

    def __init__(self, command: tuple[str, ...] = (sys.executable, "-m", "gateway.printing.child")) -> None:
        self._command = command
        self._lock = threading.Lock()
        self._room = threading.BoundedSemaphore(WAITING)
        self._child: subprocess.Popen[bytes] | None = None

    def pdf(self, html: str, files: Mapping[str, tuple[str, str]], cache: Path, seconds: float = SECONDS) -> bytes:
        """The HTML as a PDF. `files` are the pictures it names: address → media type and base64.

        `cache` is a folder for what fonts leave behind. Blocks, at most `seconds`. Raises NoPdf.
        """
        until = time.monotonic() + seconds
        if not self._room.acquire(blocking=False):
            raise NoPdf(_("Many PDFs are being made just now. Please try again in a moment."))
        try:
            if not self._lock.acquire(timeout=seconds):
                raise NoPdf(_too_long())
            try:
                return self._made(orjson.dumps({"html": html, "files": files}), cache, until)
            finally:
                self._lock.release()
        finally:
            self._room.release()

    def close(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                with contextlib.suppress(OSError):  # what was not sent cannot be sent any more
                    pipe.close()  # type: ignore[union-attr]

    def _made(self, request: bytes, cache: Path, until: float) -> bytes:
        try:
            self._ask(request, cache, until)
            kind, body = self._frame(until)
        except (_Gone, OSError) as error:
            _log.warning("no PDF", reason=repr(error))
            self.close()
            raise NoPdf(_too_long()) from error
        if kind == PDF:
            return body
        if kind == FAULT:
            _log.error("no PDF", reason=body.decode(errors="replace"))
        raise NoPdf(_("The PDF could not be made. The page itself can be printed from the browser."))

    def _ask(self, request: bytes, cache: Path, until: float) -> None:
        if self._child is not None:
            try:
                write_frame(self._child.stdin, b"H", request)  # type: ignore[arg-type]
                return
            except BrokenPipeError:  # it ended by itself: nobody had asked for five minutes
                self.close()
        self._start(cache, until)
        write_frame(self._child.stdin, b"H", request)  # type: ignore[union-attr, arg-type]

    def _start(self, cache: Path, until: float) -> None:
        cache.mkdir(parents=True, exist_ok=True)
        # It needs nothing of what this process knows: no secrets of the environment's.
        env = {"PATH": os.defpath, "LANG": "C.UTF-8", "HOME": str(cache), "XDG_CACHE_HOME": str(cache)}
        self._child = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=_ROOT, env=env)
        kind, body = self._frame(until)
        if kind == MISSING:
            self.close()
            _log.error("no PDF: this machine lacks a library", reason=body.decode(errors="replace"))
            raise NoPdf(
                _(
                    "PDFs are not set up on this server yet (it lacks the text library Pango). Everything else works,"
                    " and the page itself can be printed from the browser. “portico doctor” says what to install."
                )
            )
        if kind != READY:
            raise _Gone(f"began with {kind!r}")

    def _frame(self, until: float) -> tuple[bytes, bytes]:
        pipe = self._child.stdout.fileno()  # type: ignore[union-attr]
        poll = select.poll()  # select itself knows the first 1024 files alone
        poll.register(pipe, select.POLLIN)

        def read(size: int) -> bytes:
            found = bytearray()
            while len(found) < size:
                ready = poll.poll(max(until - time.monotonic(), 0) * 1000)
                piece = os.read(pipe, min(size - len(found), 1 << 16)) if ready else b""
                if not piece:
                    raise _Gone("it ended" if ready else "it takes too long")
                found += piece
            return bytes(found)

        kind, length = HEAD.unpack(read(HEAD.size))
        return kind, read(length)


PRINTER = Printer()
atexit.register(PRINTER.close)
