"""`portico demo-erp`: plays the ERP of the file connector, for demos and tests.

Like an ERP's own import it takes each order file of the outbox once, enters it in its books (a ledger file of its own)
under a number of its own, and writes an answer file. It knows a file it has seen by Portico's reference: a repeat gets
the first answer again. `kill -9` loses nothing: the ledger is written and synced before the answer, the answer before
the order file is moved to sent/.
"""

from __future__ import annotations

import csv
import fcntl
import os
import signal
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TextIO

import typer

LEDGER = ("reference", "status", "erp_number", "message", "company", "total", "lines")
_FIRST_NUMBER = 700001
_LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the ERP's ledger: what it did with one order."""

    reference: str
    status: str
    erp_number: str
    message: str
    company: str
    total: str
    lines: int


class DemoErp:
    """One ERP on the folder of a connection; one process a folder."""

    def __init__(self, folder: Path, rejected_items: Sequence[str] = ()) -> None:
        self._folder = folder
        self._rejected = frozenset(rejected_items)
        for name in ("outbox", "sent", "answers", "demo-erp"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self.ledger = folder / "demo-erp" / "ledger.csv"
        self._lock = (folder / "demo-erp" / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            from deploy.local.problem import Problem

            raise Problem(f"Another demo ERP works in {folder} already.") from None
        self._entries = {entry.reference: entry for entry in read_ledger(self.ledger)}

    def close(self) -> None:
        """Let another one work in the folder."""
        self._lock.close()

    def turn(self) -> int:
        """Take every order file there is now; how many."""
        files = sorted(file for file in (self._folder / "outbox").glob("*.csv") if not file.name.startswith("."))
        for file in files:
            self._take(file)
        return len(files)

    def _take(self, file: Path) -> None:
        try:
            with file.open(encoding="utf-8", newline="") as source:
                rows = list(csv.DictReader(source))
        except FileNotFoundError:
            return  # taken back at this moment
        reference = file.stem
        entry = self._entries.get(reference)
        if entry is None:
            entry = self._decide(reference, rows)
            self._enter(entry)
        self._answer(entry)
        file.replace(self._folder / "sent" / file.name)

    def _decide(self, reference: str, rows: list[dict[str, str]]) -> Entry:
        bad = sorted({row["ItemCode"] for row in rows} & self._rejected)
        first = rows[0]
        what = (first["CustomerCode"], first["Total"], len(rows))
        if bad:
            return Entry(reference, "refused", "", f"Item {', '.join(bad)} is blocked for sales.", *what)
        posted = sum(one.status == "posted" for one in self._entries.values())
        return Entry(reference, "posted", f"SO-{_FIRST_NUMBER + posted}", "", *what)

    def _enter(self, entry: Entry) -> None:
        fresh = not self.ledger.exists()
        with self.ledger.open("a", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            if fresh:
                writer.writerow(LEDGER)
            writer.writerow([getattr(entry, name) for name in LEDGER])
            _sync(file)
        self._entries[entry.reference] = entry

    def _answer(self, entry: Entry) -> None:
        path = self._folder / "answers" / f"{entry.reference}.csv"
        half = path.with_name(f".{path.name}.half")
        with half.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(LEDGER[:4])
            writer.writerow([getattr(entry, name) for name in LEDGER[:4]])
            _sync(file)
        half.replace(path)


def read_ledger(path: Path) -> list[Entry]:
    """What the ERP has in its books, in the order it came; a line cut off by a crash is not in them."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file) if len(row) == len(LEDGER)][1:]
    return [Entry(row[0], row[1], row[2], row[3], row[4], row[5], int(row[6])) for row in rows]


def _sync(file: TextIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def demo_erp(
    connection: Annotated[str, typer.Option(help="The connection whose ERP to play.")] = "files",
    reject: Annotated[list[str] | None, typer.Option(help="An item that the ERP refuses; may be repeated.")] = None,
    once: Annotated[bool, typer.Option("--once", help="Take what is there and end.")] = False,
) -> None:
    """Play the ERP: answer each order file in the outbox, until Ctrl-C."""
    from chassis import admin, log
    from chassis.config import Settings
    from services.erp_sync.contract import folder

    settings = Settings.from_env()
    log.configure("demo-erp", settings.log_level, settings.log_format)
    erp = DemoErp(folder(settings, connection), reject or ())
    stop = threading.Event()
    admin.serve(settings.admin_port, "demo-erp", ready=lambda: (not stop.is_set(), "watching"), status=dict)
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: stop.set())
    try:
        erp.turn()
        while not once and not stop.wait(_LOOK_SECONDS):
            erp.turn()
    finally:
        erp.close()
