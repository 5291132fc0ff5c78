"""Business as usual, while processes are killed, paused and restarted at random, and what is wrong afterwards."""

from __future__ import annotations

import random
import re
import threading
import urllib.error
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from itertools import chain
from pathlib import Path
from typing import Protocol

from portico.processes import BROKER, DEMO_ERP, EPMD, STORE
from tests.chaos.checker import cut_short, faults_of_stopping
from tests.chaos.client import CUSTOMERS
from tests.chaos.ground import PATIENCE, Ground
from tests.chaos.person import Person
from tests.support.portal import Portal

BETWEEN_SECONDS = 0.2
"""Between two orders of a customer, two cases, two pages read."""
LONGEST_PAUSE_SECONDS = 6.0
AWAY = (502, 503, 504)
"""How a page says that something is away."""
HEADING = "<h1>Orders"
_REFERENCE = re.compile(r"\bW-[0-9A-Z]{4}-[0-9A-Z]{4}\b")
_REST = threading.Event()
"""Never set: `wait` is a pause that is itself the disturbance."""


def _lines(log: Path) -> list[str]:
    return log.read_text(errors="replace").splitlines()


class Victim(Protocol):
    """What can be harmed."""

    def kill(self) -> None:
        """SIGKILL; it comes back."""

    def paused(self) -> AbstractContextManager[None]:
        """SIGSTOP, and SIGCONT at the end."""

    def restart(self) -> None:
        """SIGTERM; it comes back."""


@dataclass(frozen=True, slots=True)
class Supervised:
    """A process of the portal."""

    portal: Portal
    name: str

    def kill(self) -> None:
        """As a power cut would."""
        self.portal.kill(self.name)

    def paused(self) -> AbstractContextManager[None]:
        """As on a machine that swaps."""
        return self.portal.paused(self.name)

    def restart(self) -> None:
        """As for an update."""
        self.portal.restart(self.name)


class Storm:
    """Does harm to a portal, as `chance` has it, and to what `others` names; `done` counts what was done to whom."""

    def __init__(self, ground: Ground, chance: random.Random, others: Mapping[str, Victim] | None = None) -> None:
        self.ground = ground
        self._chance = chance
        processes = ground.portal.stack.processes
        names = [one.name for one in processes if one not in (EPMD, DEMO_ERP)]
        self._ours = {one.name for one in processes if one.command}
        self._managed_before = len(self._manager_log())
        self.victims: dict[str, Victim] = {name: Supervised(ground.portal, name) for name in names}
        self.victims |= others or {}
        self.done: Counter[str] = Counter()
        self.references: dict[str, set[str]] = {company: set() for company in CUSTOMERS}
        """What people saw on their pages, by company."""
        self.pages: list[str] = []
        """Pages that were wrong."""

    def _manager_log(self) -> list[str]:
        return (self.ground.portal.var / "log/supervisor.log").read_text().splitlines()

    def cut_short(self) -> Counter[str]:
        """Which processes ended without finishing what they held, and how often: their timer hides that they hung."""
        folder = self.ground.portal.var / "log"
        logs = {name: folder.glob(f"{name}.log*") for name in self._ours}
        return Counter({name: cut_short(chain(*map(_lines, files))) for name, files in logs.items()})

    def turns(self) -> Iterator[str]:
        """All victims in any order, and again in another, for ever: each is struck as often as the others."""
        while True:
            yield from self._chance.sample(list(self.victims), len(self.victims))

    def chosen(self, count: int) -> list[str]:
        """So many different processes in any order, broker and store among them."""
        sure = [BROKER.name, STORE.name]
        chosen = sure + self._chance.sample([one for one in self.victims if one not in sure], count - len(sure))
        self._chance.shuffle(chosen)
        return chosen

    def strike(self, name: str) -> None:
        """Kill it, or pause it for some seconds, or restart it cleanly; more often kill it."""
        harm, victim = self._chance.choice(("kill", "kill", "pause", "restart")), self.victims[name]
        self.done[f"{harm} {name}"] += 1
        match harm:
            case "kill":
                victim.kill()
            case "restart":
                victim.restart()
            case _:
                with victim.paused():
                    _REST.wait(self._chance.uniform(0.5, LONGEST_PAUSE_SECONDS))

    @contextmanager
    def business(self, parts: Iterator[int]) -> Iterator[Future[None]]:
        """Customers order, write on cases and read their pages; parts of the export are imported one after the other.

        What is given is done when the last of `parts` is in; all others end with the block.
        """
        ground, closed = self.ground, threading.Event()

        def again(work: Callable[[], object]) -> None:
            while not closed.wait(BETWEEN_SECONDS):
                work()

        def deliver() -> None:
            for part in parts:
                ground.import_at_last(ground.file(part))

        work: list[Callable[[], object]] = []
        for company in CUSTOMERS:
            person = Person(ground.portal, company)
            work.append(lambda company=company: ground.client.order(company))  # type: ignore[misc]
            work.append(lambda company=company: ground.talker.talk(company, 3))  # type: ignore[misc]
            work.append(lambda company=company, person=person: self._look(person, company))  # type: ignore[misc]
        with ThreadPoolExecutor(len(work) + 1) as pool:
            importing = pool.submit(deliver)
            others = [pool.submit(again, one) for one in work]
            try:
                yield importing
            finally:
                closed.set()
            for one in others:
                one.result(PATIENCE)

    def _look(self, person: Person, company: str) -> None:
        try:
            page = person.reads("/orders")
        except urllib.error.HTTPError as error:
            if error.code not in AWAY:
                self.pages.append(f"a page of {company} answered {error.code}")
        except (OSError, HTTPException):
            pass  # the portal is away, or went away in the middle of the page
        else:
            if HEADING not in page:
                self.pages.append(f"a page of {company} is not the list of orders: {page[:200]}")
            self.references[company].update(_REFERENCE.findall(page))

    def faults(self) -> list[str]:
        """All that is wrong, once everything runs again."""
        faults = self.ground.faults() + self.pages
        faults += faults_of_stopping(self._manager_log()[self._managed_before :], self._ours)
        told = {one.reference: one.company for one in self.ground.client.acknowledged()}
        faults += [f"lost: {company} saw none of its orders" for company, seen in self.references.items() if not seen]
        return faults + [
            f"another company's: {reference} was on a page of {company}"
            for company, references in self.references.items()
            for reference in sorted(references)
            if told.get(reference) != company
        ]
