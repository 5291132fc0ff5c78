"""A client that orders, with a log of its own: what it asked for, and what it was told."""

from __future__ import annotations

import csv
import json
import os
import threading
import time
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

from chassis.errors import Unavailable
from chassis.messages import Context
from chassis.rpc import Commands
from tests.chaos.checker import Acknowledged
from tests.chaos.erp import plain

CUSTOMERS = ("C10020", "C10030")
"""Two of the demo's customers, who buy by the list TRADE without a discount and whom no other test touches."""
ACTOR = "chaos"
PATIENCE_SECONDS = 90.0


@dataclass(frozen=True, slots=True)
class Told:
    """The answer that was got at last; `repeated` says that the service had done it at an earlier attempt."""

    reference: str
    repeated: bool


class Client:
    """Orders for the demo's customers as the gateway does. Used by any number of threads.

    A line of `log` is an attempt or an acknowledgement, on disk before anything else happens.
    """

    def __init__(self, commands: Commands, demo: Path, log: Path) -> None:
        self._commands = commands
        self._log = log
        self._log.touch()
        self._lock = threading.Lock()
        self._prices = _prices(demo)
        self._count = 0

    def order(self, company: str) -> Told:
        """Place an order of two lines; asked again under the same id until there is an answer."""
        with self._lock:
            self._count += 1
            number = self._count
        lines = self._lines(number)
        said = ", ".join(f"{line['quantity']} × {line['item']} at {plain(line['shown_price'])}" for line in lines)
        command = uuid4()
        note = {"command": str(command), "company": company, "content": f"PO-{number}: {said} GBP"}
        context = Context(command, company, ACTOR, "test", f"order-{number}")
        payload = {"lines": lines, "reference": f"PO-{number}"}
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            self._write({"asked": note})
            try:
                answer = self._commands.send("orders", "PlaceOrder", payload, context)
            except Unavailable:
                if time.monotonic() > until:
                    raise
                continue
            self._write({"told": answer["id"], **note})
            return Told(answer["id"], answer["repeated"])

    def acknowledged(self) -> list[Acknowledged]:
        """Every acknowledgement in the log."""
        lines = (json.loads(line) for line in self._log.read_text().splitlines())
        return [Acknowledged(one["told"], one["company"], one["content"]) for one in lines if "told" in one]

    def attempts(self) -> int:
        """How often it asked so far, repetitions included."""
        return sum("asked" in json.loads(line) for line in self._log.read_text().splitlines())

    def _lines(self, number: int) -> list[dict[str, Any]]:
        items = sorted(self._prices)
        chosen = (items[number % len(items)], items[(number * 7 + 1) % len(items)])
        return [
            {"item": item, "quantity": str(quantity), "shown_price": self._prices[item], "shown_currency": "GBP"}
            for quantity, item in enumerate(dict.fromkeys(chosen), 1 + number % 5)
        ]

    def _write(self, entry: dict[str, Any]) -> None:
        with self._lock, self._log.open("a") as log:
            log.write(json.dumps(entry) + "\n")
            log.flush()
            os.fsync(log.fileno())


def _prices(demo: Path) -> dict[str, str]:
    """Price of one unit by item, of what is sold by the unit and has no other price below ten."""
    with (demo / "items.csv").open(newline="", encoding="utf-8") as file:
        sellable = {row["ItemCode"] for row in csv.DictReader(file) if row["Sellable"] == "Y"}
    found: dict[str, str] = {}
    second: set[str] = set()
    with (demo / "price_lists.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if (row["PriceList"], row["Currency"]) != ("TRADE", "GBP"):
                continue
            least = Decimal(row["MinQuantity"])
            if least == 1:
                found[row["ItemCode"]] = row["Price"]
            elif least < 10:
                second.add(row["ItemCode"])
    return {item: price for item, price in found.items() if item in sellable - second}
