"""Clients that order and write on cases, each with a log of its own: what it asked for, and what it was told."""

from __future__ import annotations

import csv
import itertools
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
from chassis.messages import ALL_COMPANIES, Context
from chassis.rpc import Commands
from tests.chaos.checker import Acknowledged, Said
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


class Asking:
    """Gives commands as the gateway does, until there is an answer. Used by any number of threads.

    A line of `log` is an attempt or an acknowledgement, on disk before anything else happens.
    """

    def __init__(self, commands: Commands, log: Path) -> None:
        self._commands = commands
        self._log = log
        self._log.touch()
        self._lock = threading.Lock()
        self.longest = 0.0
        """Seconds that the slowest answer took, attempts without one included."""

    def ask(self, command: tuple[str, str], payload: dict[str, Any], company: str, note: dict[str, str]) -> Told:
        """The answer to `command` (service, name); asked again under the same id until there is one."""
        context = Context(uuid4(), company, ACTOR, "test", str(uuid4()))
        note = {"command": str(context.command_id), **note}
        started = time.monotonic()
        while True:
            self._write({"asked": note})
            try:
                answer = self._commands.send(*command, payload, context)
            except Unavailable:
                if time.monotonic() > started + PATIENCE_SECONDS:
                    raise
                continue
            self._write({"told": answer["id"], **note})
            self.longest = max(self.longest, time.monotonic() - started)
            return Told(answer["id"], answer["repeated"])

    def told(self) -> list[dict[str, str]]:
        """Every acknowledgement in the log: its note, with the id that was `told`."""
        return [one for one in self._lines() if "told" in one]

    def attempts(self) -> int:
        """How often it asked so far, repetitions included."""
        return sum("asked" in one for one in self._lines())

    def _lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._log.read_text().splitlines()]

    def _write(self, entry: dict[str, Any]) -> None:
        with self._lock, self._log.open("a") as log:
            log.write(json.dumps(entry) + "\n")
            log.flush()
            os.fsync(log.fileno())


class Client:
    """Orders for the demo's customers."""

    def __init__(self, commands: Commands, demo: Path, log: Path) -> None:
        self.asking = Asking(commands, log)
        self._prices = _prices(demo)
        self._numbers = itertools.count(1)

    def order(self, company: str) -> Told:
        """Place an order of two lines."""
        number = next(self._numbers)
        lines = self._lines(number)
        said = ", ".join(f"{line['quantity']} × {line['item']} at {plain(line['shown_price'])}" for line in lines)
        note = {"company": company, "content": f"PO-{number}: {said} GBP"}
        payload = {"lines": lines, "reference": f"PO-{number}"}
        return self.asking.ask(("orders", "PlaceOrder"), payload, company, note)

    def acknowledged(self) -> list[Acknowledged]:
        """Every acknowledgement in the log."""
        return [Acknowledged(one["told"], one["company"], one["content"]) for one in self.asking.told()]

    def attempts(self) -> int:
        """How often it asked so far, repetitions included."""
        return self.asking.attempts()

    def _lines(self, number: int) -> list[dict[str, Any]]:
        items = sorted(self._prices)
        chosen = (items[number % len(items)], items[(number * 7 + 1) % len(items)])
        return [
            {"item": item, "quantity": str(quantity), "shown_price": self._prices[item], "shown_currency": "GBP"}
            for quantity, item in enumerate(dict.fromkeys(chosen), 1 + number % 5)
        ]


class Talker:
    """Opens cases for the demo's customers, and writes on them as the customer and as an agent by turns."""

    def __init__(self, commands: Commands, log: Path) -> None:
        self.asking = Asking(commands, log)
        self._numbers = itertools.count(1)

    def talk(self, company: str, messages: int) -> None:
        """A new case, and so many messages on it."""
        case = self._say("OpenCase", company, company, {"summary": "Chaos"}, "detail")
        for number in range(messages):
            if number % 2:
                self._say("ReplyToCase", company, company, {"case": case}, "text")
            else:
                self._say("AnswerCase", ALL_COMPANIES, company, {"case": case}, "text")

    def said(self) -> list[Said]:
        """Every message that was acknowledged."""
        return [Said(one["told"], one["company"], one["text"]) for one in self.asking.told()]

    def _say(self, command: str, sent_by: str, company: str, payload: dict[str, Any], field: str) -> str:
        text = f"{command} {next(self._numbers):06}"
        note = {"company": company, "text": text}
        return self.asking.ask(("cases", command), {**payload, field: text}, sent_by, note).reference


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
