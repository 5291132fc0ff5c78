"""An ERP that imports order files and answers by files. It knows nothing of Portico but the folders between them.

It is a naive one: what lies in the outbox is imported, without asking whether it was before. An order that comes twice
is twice in its ledger.
"""

from __future__ import annotations

import csv
import json
import os
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.chaos.checker import Imported

LOOK_SECONDS = 0.05


class Erp:
    """Imports the orders of its `customers` from `folder`/outbox, and leaves other files alone; `own` is its folder."""

    def __init__(self, folder: Path, own: Path, customers: Collection[str]) -> None:
        own.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._ledger = own / "ledger.jsonl"
        self._ledger.touch()
        self._customers = frozenset(customers)
        self._unanswered: list[Imported] = []
        self._count = 0
        self._answering = threading.Event()
        self._answering.set()
        self._stop = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="erp", daemon=True)

    def start(self) -> None:
        """Look for orders from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join(5)

    @contextmanager
    def answering_later(self) -> Iterator[None]:
        """Orders are imported meanwhile, and answered afterwards."""
        self._answering.clear()
        try:
            yield
        finally:
            self._answering.set()

    def ledger(self) -> list[Imported]:
        """What it imported, in its order, as its own file says."""
        if self._failure is not None:
            raise AssertionError(f"the ERP failed: {self._failure!r}") from self._failure
        return [Imported(**json.loads(line)) for line in self._ledger.read_text().splitlines()]

    def _run(self) -> None:
        try:
            while not self._stop.wait(LOOK_SECONDS):
                self._import()
                self._answer()
        except BaseException as error:
            self._failure = error

    def _import(self) -> None:
        for file in sorted(self._folder.glob("outbox/[!.]*.csv")):
            with file.open(newline="", encoding="utf-8") as opened:
                rows = list(csv.DictReader(opened))
            company = rows[0]["CustomerCode"] if rows else ""
            if company not in self._customers:
                continue
            self._count += 1
            one = Imported(f"E-{self._count:05}", rows[0]["Reference"], company, _content(rows))
            with self._ledger.open("a") as ledger:
                written = {name: getattr(one, name) for name in Imported.__slots__}
                ledger.write(json.dumps(written) + "\n")
                ledger.flush()
                os.fsync(ledger.fileno())
            file.rename(self._folder / "sent" / file.name)
            self._unanswered.append(one)

    def _answer(self) -> None:
        if not self._unanswered or not self._answering.is_set():
            return
        name = f"answer-{self._unanswered[0].number}.csv"
        half = self._folder / "answers" / f".{name}.half"
        with half.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(("reference", "status", "erp_number", "message"))
            writer.writerows((one.reference, "posted", one.number, "") for one in self._unanswered)
        half.rename(half.with_name(name))
        self._unanswered.clear()


def _content(rows: list[dict[str, Any]]) -> str:
    lines = sorted(rows, key=lambda row: int(row["LineNo"]))
    said = (f"{plain(row['Quantity'])} × {row['ItemCode']} at {plain(row['UnitPrice'])}" for row in lines)
    return f"{rows[0]['CustomerRef']}: {', '.join(said)} {rows[0]['Currency']}"


def plain(number: str) -> str:
    """A decimal number as text, always the same for the same number."""
    return format(Decimal(number).normalize(), "f")
