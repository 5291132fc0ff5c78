"""The ground of the recovery tests: a whole Portico between clients that order and write on cases and an ERP."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.chaos import seen
from tests.chaos.checker import faults_of_cases, faults_of_import, faults_of_orders
from tests.chaos.client import CUSTOMERS, Client, Talker, Told
from tests.chaos.erp import Erp
from tests.chaos.rebuilt import differences, rebuilt
from tests.chaos.source import Source
from tests.support.portal import Portal
from tests.support.processes import ROOT
from tests.support.waiting import wait_until

PARTS = 15
"""Files the export is dealt out to; each is imported by one test only."""
PATIENCE = 90.0
"""Seconds: several times what the slowest recovery takes on two busy cores."""


class Ground:
    """The portal with its client and its ERP, and the real export in files of some hundred documents."""

    def __init__(self, portal: Portal, client: Client, erp: Erp, folder: Path) -> None:
        self.portal = portal
        self.patience = PATIENCE
        self.client = client
        self.talker = Talker(portal.commands, folder / "talker.jsonl")
        self.erp = erp
        self._folder = folder
        self._imported: list[int] = []
        self.imports = 0

    @cached_property
    def source(self) -> Source:
        """The real export; only imports need it."""
        return Source(PARTS)

    def order_both(self) -> list[Told]:
        """An order of each customer, at the same time."""
        with ThreadPoolExecutor(len(CUSTOMERS)) as pool:
            return list(pool.map(self.client.order, CUSTOMERS))

    def wait_killed(self, flag: Path) -> None:
        """Wait until a process has died at the point."""
        wait_until(lambda: not flag.exists(), PATIENCE, lambda: f"{flag.name} reached; {self._state()}")

    def wait_for_orders(self, more: int) -> None:
        """Wait until so many more orders are acknowledged."""
        enough = len(self.client.acknowledged()) + more
        wait_until(lambda: len(self.client.acknowledged()) >= enough, PATIENCE, lambda: f"{more} more; {self._state()}")

    def _unsettled(self, settled: Callable[[], bool], what: str) -> list[str]:
        """Wait until everything has come to rest; what never does is a fault, and the check goes on without it."""
        try:
            wait_until(settled, self.patience, lambda: f"{what}; {self._state()}")
        except AssertionError as error:
            return [f"unsettled: {error}"]
        return []

    def wait_states(self, *states: str) -> None:
        """Wait until every acknowledged order is in one of the states."""
        wait_until(
            lambda: self._all_in(*states),
            PATIENCE,
            lambda: f"all {' or '.join(states)}; {self._state()}; {self._checked_orders()[:5]}",
        )

    def _all_in(self, *states: str) -> bool:
        found = [row["status"] for row in seen.order_rows(self.portal)]
        known = {one.reference for one in self.client.acknowledged()}
        return len(found) >= len(known) and set(found) <= set(states)

    def faults_of_orders(self) -> list[str]:
        """All that is wrong with the orders, after each has come through."""
        return self._unsettled(lambda: self._all_in("posted"), "all orders posted") + self._checked_orders()

    def _checked_orders(self) -> list[str]:
        return faults_of_orders(self.client.acknowledged(), self.erp.ledger(), seen.orders(self.portal))

    def faults_of_cases(self) -> list[str]:
        """All that is wrong with what was written on cases, after the portal has caught up."""
        told = self.talker.said()
        unsettled = self._unsettled(lambda: len(seen.messages(self.portal)) >= len(told), "all said")
        return unsettled + faults_of_cases(told, seen.messages(self.portal))

    def faults_of_read_models(self) -> list[str]:
        """Where the read models, once nothing moves any more, differ from those built afresh."""
        found: list[str] = []

        def same(paths: dict[str, Path]) -> bool:
            found[:] = differences(self.portal, paths)
            return not found

        with tempfile.TemporaryDirectory(dir=self._folder) as folder, rebuilt(self.portal, Path(folder)) as paths:
            with suppress(AssertionError):  # what is found at last says more
                wait_until(lambda: same(paths), self.patience)
        return found

    def faults_of_broker(self) -> list[str]:
        """What was put aside, and what nobody has handled though everything has come to rest."""
        dead = [f"dead letter: {one}" for one in seen.dead_letters(self.portal)]
        with suppress(AssertionError):
            wait_until(lambda: not seen.unhandled(self.portal), self.patience)
        return dead + [f"not handled: {one}" for one in seen.unhandled(self.portal)]

    def faults(self) -> list[str]:
        """All that is wrong anywhere, once every process is ready again."""
        wait_ready(self.portal)
        return [
            *self.faults_of_orders(),
            *self.faults_of_cases(),
            *self.faults_of_imports(),
            *self.faults_of_read_models(),
            *self.faults_of_broker(),
        ]

    def file(self, part: int) -> Path:
        """A part of the export, which counts as imported from now on."""
        if part not in self._imported:
            self._imported.append(part)
        return self.source.write(part, self._folder)

    def start_import(self, file: Path) -> subprocess.Popen[str]:
        """`portico import`, started."""
        command = [sys.executable, "-m", "portico", "import", str(file), "--profile", "online-retail", "--json"]
        environment = self.portal.environment
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)

    def summary(self, importing: subprocess.Popen[str]) -> dict[str, Any]:
        """What the command says at its end."""
        said, _ = importing.communicate(timeout=PATIENCE)
        assert importing.returncode == 0, f"{said}\n{self._state()}"
        found: dict[str, Any] = json.loads(said)
        return found

    def import_at_last(self, file: Path) -> None:
        """Import a file whatever is away meanwhile: the command that could not hand it over is given again."""
        until = time.monotonic() + PATIENCE
        while True:
            importing = self.start_import(file)
            said, _ = importing.communicate(timeout=PATIENCE)
            if importing.returncode == 0:
                self.imports += 1
                return
            assert time.monotonic() < until, f"{said}\n{self._state()}"

    def faults_of_imports(self) -> list[str]:
        """All that is wrong with what was imported, after the portal has caught up."""
        documents, items = self.source.documents(self._imported), self.source.open_items(self._imported)

        def caught_up() -> bool:
            shown = len(seen.documents(self.portal)), len(seen.open_items(self.portal))
            return shown[0] >= len(documents) and shown[1] >= len(items)

        return self._unsettled(caught_up, "all imports shown") + self._checked_imports()

    def _checked_imports(self) -> list[str]:
        source, parts, portal = self.source, self._imported, self.portal
        balances, said = source.balances(parts), seen.balances(portal)
        return [
            *faults_of_import(source.documents(parts), seen.documents(portal), seen.events_of_documents(portal)),
            *faults_of_import(source.open_items(parts), seen.open_items(portal), seen.events_of_ledgers(portal)),
            *(
                f"wrong total: {company} owes {balances.get(company)}, the portal says {said.get(company)}"
                for company in sorted(balances.keys() | said)
                if balances.get(company) != said.get(company)
            ),
        ]

    def miscounted(self, summary: dict[str, Any], part: int) -> list[str]:
        """What a run's own summary says otherwise than the test's own reader."""
        count, owed = len(self.source.documents([part])), sum(self.source.balances([part]).values(), Decimal())
        said = summary["documents"] | {"total": Decimal(summary["totals"]["GBP"]["all"]["rounded"])}
        expected = {"in": count, "changed": count, "unchanged": 0, "stale": 0, "refused": 0, "total": owed}
        return [f"{name}: {said[name]} instead of {right}" for name, right in expected.items() if said[name] != right]

    def _state(self) -> str:
        counts: dict[str, int] = {}
        for row in seen.order_rows(self.portal):
            counts[row["status"]] = counts.get(row["status"], 0) + 1
        ledger, told = len(self.erp.ledger()), len(self.client.acknowledged())
        return f"told {told}, the portal shows {counts}, the ERP has {ledger}; not ready: {self.portal.unready()}"


@contextmanager
def opened(portal: Portal, folder: Path) -> Iterator[Ground]:
    """The portal with the tests' own client and ERP."""
    # The ERP's answers are looked for more often than usual: there are many waits for them.
    (portal.var / "erp_sync/connections.yaml").write_text("files: {poll_seconds: 0.1}\n")
    # The demo's ERP makes room for the tests' own, which is the more naive one.
    portal.halt("erp_sync-worker", "demo-erp")
    portal.go_on("erp_sync-worker")
    erp = Erp(portal.var / "erp_sync/files", folder / "erp", CUSTOMERS)
    client = Client(portal.commands, portal.var / "demo", folder / "client.jsonl")
    erp.start()
    try:
        yield Ground(portal, client, erp, folder)
    finally:
        erp.stop()


def wait_ready(portal: Portal) -> None:
    """Wait until every process of the portal is ready."""
    wait_until(lambda: not portal.unready(), PATIENCE, lambda: f"all ready: {portal.unready()}")
