"""Logs for people: JSON lines told in a line of text, and all processes' logs followed as one stream."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from deploy.local import supervisor

if TYPE_CHECKING:
    from rich.console import Console

_COLOURS = ("cyan", "green", "magenta", "blue", "yellow", "bright_cyan", "bright_green", "bright_magenta")
_HIDDEN = {"event", "level", "timestamp", "process", "logger", "exception", "stack"}


def told(line: str) -> tuple[str, str]:
    """A log line for people, "12:03:11 order placed  order=17", and its level ("" when it is not one of ours)."""
    try:
        entry = json.loads(line)
        event = entry["event"]
    except (ValueError, KeyError, TypeError):
        return line, ""
    level = str(entry.get("level", "info"))
    when = str(entry.get("timestamp", ""))[11:19]
    rest = "  ".join(f"{key}={value}" for key, value in entry.items() if key not in _HIDDEN)
    parts = when, level if level != "info" else "", str(event), " " + rest if rest else ""
    text = " ".join(part for part in parts if part)
    trace = str(entry.get("exception") or "")
    return (f"{text}\n{trace}" if trace else text), level


def last_told(var: Path, name: str, count: int = 15) -> str:
    """The last lines of a process's log, for people."""
    lines = supervisor.last_lines(var, name, count).splitlines()
    return "\n".join("  " + part for line in lines for part in told(line.strip())[0].splitlines()[-count:])


class Tail:
    """What is written to a file from now on, line by line, across its rotation."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO | None = None
        self._rest = b""
        self._open(at_end=True)

    def _open(self, at_end: bool) -> None:
        self.close()
        try:
            self._file = open(self.path, "rb")  # noqa: SIM115 - kept open between calls
        except FileNotFoundError:
            return
        if at_end:
            self._file.seek(0, os.SEEK_END)

    def lines(self) -> Iterator[str]:
        """The whole lines written since the last call."""
        if self._file is None:
            self._open(at_end=False)
        if self._file is None:
            return
        data = self._file.read()
        if not data and self._rotated():
            self._open(at_end=False)
            data = self._file.read() if self._file else b""
        *whole, self._rest = (self._rest + data).split(b"\n")
        for line in whole:
            yield line.decode(errors="replace")

    def _rotated(self) -> bool:
        assert self._file is not None
        try:
            now = self.path.stat()
        except FileNotFoundError:
            return True
        mine = os.fstat(self._file.fileno())
        return (now.st_ino, now.st_dev) != (mine.st_ino, mine.st_dev) or now.st_size < self._file.tell()

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def follow(var: Path, names: Iterable[str], console: Console, goes_on: Callable[[], bool]) -> None:
    """Print what the processes log, a coloured name before each line, until `goes_on` says no."""
    from rich.text import Text

    names = list(names)
    tails = {name: Tail(supervisor.log_file(var, name)) for name in names}
    width = max(map(len, names), default=0)
    try:
        while goes_on():
            quiet = True
            for number, (name, tail) in enumerate(tails.items()):
                for line in tail.lines():
                    quiet = False
                    text, level = told(line)
                    prefix = Text(f"{name:<{width}} ", style=_COLOURS[number % len(_COLOURS)])
                    style = {"warning": "yellow", "error": "red", "critical": "bold red"}.get(level, "")
                    console.print(prefix + Text(text, style=style), soft_wrap=True)
            if quiet:
                time.sleep(0.25)
    finally:
        for tail in tails.values():
            tail.close()
