"""Two releases side by side: the new one builds a new version of a read model while the old one serves.

The new release is a copy of this tree in which version 3 of the balance is read; its worker and gateway, and the old
worker, are processes as in production.
"""

from __future__ import annotations

import http.client
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, replace
from decimal import Decimal
from pathlib import Path

import pytest
from esdbclient import EventStoreDBClient, NewEvent, StreamState

from chassis.readmodel import database
from gateway.parts import parts
from services.payments.contract import CODEC
from services.payments.domain import item_of
from services.payments.events import ItemOpened
from tests.gateway.ground import Ground
from tests.support.examples.payments import INVOICE
from tests.support.ports import free_port
from tests.support.processes import ROOT, LocalStore, Process
from tests.support.services import answers
from tests.support.waiting import wait_until

SECONDS = 60
POINT = "payments.balance.before_transaction"
CHANGED = {
    "services/payments/projections/balance.py": ("VERSION = 2\n", "VERSION = 3\n"),
    "services/payments/contract.py": ("balance_v2", "balance_v3"),
    "gateway/reports/account.py": ("open_items_v2", "open_items_v3"),
    "gateway/reports/glance.py": ("_v2", "_v3"),
    "gateway/reports/openitems.py": ("open_items_v2", "open_items_v3"),
    "gateway/reports/kinds.py": ("open_items_v2", "open_items_v3"),
}


def new_release(folder: Path) -> Path:
    """The tree of the new release."""
    for package in ("chassis", "gateway", "localstore", "portico", "services"):
        shutil.copytree(ROOT / package, folder / package)
    for name, (old, new) in CHANGED.items():
        text = (folder / name).read_text()
        assert old in text, f"{name} is written otherwise by now"
        (folder / name).write_text(text.replace(old, new))
    return folder


class Releases:
    """The portal of both, and its one customer's company with what it owes: 1,111.11 EUR an invoice."""

    def __init__(self, ground: Ground, folder: Path, env: dict[str, str], esdb_uri: str) -> None:
        self.ground = ground
        self.folder = folder
        self.esdb_uri = esdb_uri
        self.env = {"PORTICO_VAR": str(ground.settings.var), "PORTICO_ESDB_URI": esdb_uri, **env}
        self.invoices = 0
        self.running: list[Process] = []
        self.old_browser = ground.signed_in()
        cookie = self.old_browser.get_cookie("portico_session")
        assert cookie is not None
        self.cookie = f"portico_session={cookie.value}"
        self.tree = new_release(folder / "new")
        self.port, self.probe = free_port(), free_port()

    def process(self, name: str, arguments: list[str], tree: Path, port: int) -> Process:
        """One that has not been started; a point of it can be armed."""
        (self.folder / f"{name}-points").mkdir()
        points = f"*:{self.folder / f'{name}-points'}"
        env = {**self.env, "PORTICO_ADMIN_PORT": str(port), "PORTICO_KILL_AT": points}
        self.running.append(Process(arguments, self.folder / f"{name}.log", env, tree=tree))
        return self.running[-1]

    def arm(self, name: str) -> None:
        """Have that worker stop itself when it comes to a batch for the balance."""
        (self.folder / f"{name}-points" / POINT).write_text("stop")

    def new_gateway(self) -> Process:
        """The new release's, answering."""
        env = {"PORTICO_PORT": str(self.port), "PORTICO_WEB_WORKERS": "1"}
        gateway = self.process("new-gateway", ["-m", "gateway.run"], self.tree, self.probe)
        gateway.start(lambda: answers(self.probe, "/healthz"), SECONDS, **env)
        return gateway

    def invoice(self) -> None:
        """One more."""
        self.invoices += 1
        item = item_of("C-A", "invoice", {**INVOICE, "number": f"I-{self.invoices}"})
        amount = Decimal("1111.11")
        name, data, version = CODEC.encode(ItemOpened(**asdict(replace(item, amount=amount, open_amount=amount))))
        event = NewEvent(name, data, metadata=b'{"schema":%d}' % version)
        with closing(EventStoreDBClient(self.esdb_uri)) as client:
            client.append_to_stream("ledger-C-A", current_version=StreamState.ANY, events=[event])

    def taken(self, version: int) -> int:
        """How many invoices that version of the balance has."""
        with database(self.ground.settings, "payments").reading() as execute:
            found = execute(f"SELECT COUNT(*) AS number FROM open_items_v{version}").fetchone()
        return int(found["number"])

    def old(self, path: str = "/") -> str:
        """A page of the old release."""
        return self.old_browser.get(path).text

    def new(self, path: str = "/", port: int = 0) -> tuple[int, str]:
        """A page of the new release, or what it says of itself at another port."""
        connection = http.client.HTTPConnection("localhost", port or self.port, timeout=SECONDS)
        connection.request("GET", path, headers={"Cookie": self.cookie})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def stop(self) -> None:
        """End all that runs."""
        for process in self.running:
            process.kill()


@pytest.fixture
def releases(
    ground: Ground, read_env: dict[str, str], tmp_path: Path, own_store: LocalStore, broker: str
) -> Iterator[Releases]:
    ground.all_models("payments")
    found = Releases(ground, tmp_path, {"PORTICO_AMQP_URI": broker, **read_env}, own_store.uri)
    yield found
    found.stop()


def test_the_old_release_serves_while_the_new_one_builds_its_version(releases: Releases) -> None:
    command = ["-m", "portico", "worker", "payments"]
    old_port = free_port()
    old_worker = releases.process("old-worker", command, ROOT, old_port)
    releases.invoice()
    old_worker.start(lambda: answers(old_port), SECONDS)
    wait_until(lambda: "1,111.11" in releases.old(), SECONDS, old_worker.tail)

    new_worker = releases.process("new-worker", command, releases.tree, free_port())
    releases.arm("new-worker")
    new_worker.start(new_worker.is_stopped, SECONDS)
    assert releases.taken(version=3) == 0, "its table is there, and empty"
    gateway = releases.new_gateway()
    status, said = releases.new("/readyz", releases.probe)
    assert status == 503
    assert "being built: payments.balance_v3 (at position 0)" in said
    status, page = releases.new("/balance")
    assert status == 503
    assert "This part is being prepared" in page
    assert "Not ready yet" in releases.new()[1]

    assert "1,111.11" in releases.old()
    misses = fragments_missed(releases.ground)
    assert "1,111.11" in releases.old()
    assert fragments_missed(releases.ground) == misses, "it was kept"
    releases.invoice()
    wait_until(lambda: "2,222.22" in releases.old(), SECONDS, old_worker.tail)

    os.kill(new_worker.pid, signal.SIGCONT)
    wait_until(lambda: releases.new("/readyz", releases.probe)[0] == 200, SECONDS, new_worker.tail)
    assert "2,222.22" in releases.new()[1], gateway.tail()

    # Now the new version is ahead: what it tells of is not taken for news of the old one.
    releases.arm("old-worker")
    releases.invoice()
    wait_until(old_worker.is_stopped, SECONDS, old_worker.tail)
    wait_until(lambda: "3,333.33" in releases.new()[1], SECONDS, new_worker.tail)
    assert "2,222.22" in releases.old()
    os.kill(old_worker.pid, signal.SIGCONT)
    wait_until(lambda: "3,333.33" in releases.old(), SECONDS, old_worker.tail)
    assert releases.taken(version=2) == releases.taken(version=3) == 3


def fragments_missed(ground: Ground) -> int:
    """How many parts of pages the old release has made anew."""
    with ground.app.app_context():
        return parts().fragments.misses
