"""The whole check over real books, store, broker and ledger: green when all is well, red for each fault planted there.

The books are made by hand, without Portico's services: two orders, a conversation, what the clients were told of them.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from esdbclient import EventStoreDBClient, NewEvent, StreamState

from chassis import bus
from chassis.codec import dumps
from chassis.config import Settings
from chassis.readmodel import NotThere
from services.orders.contract import ORDERS
from tests.chaos import seen
from tests.chaos.client import ACTOR, CUSTOMERS, Client
from tests.chaos.erp import Erp
from tests.chaos.ground import Ground
from tests.contract.test_golden_events import examples
from tests.support.portal import Portal
from tests.support.processes import ROOT, LocalStore
from tests.support.rabbit import RabbitNode
from tests.support.settings import environment, make_settings
from tests.support.waiting import wait_until

SETTLED_SECONDS = 2.0
"""What is wrong does not come right by waiting."""
COMPANY = CUSTOMERS[0]
FIRST, SECOND, LOST, TWICE, UNKNOWN = (f"W-0000-000{number}" for number in range(1, 6))
CONTENT = "PO-1: 1 × FIT-1 at 2 GBP"
DEAD, WAITING = bus.reaction_queue("erp_sync", "withdraw_order"), bus.reaction_queue("erp_sync", "post_order")
HELD = bus.reaction_queue("erp_sync", "withdraw_asked")
GOLDEN = {**examples("orders"), **examples("cases"), **examples("payments")}


class Books(Portal):
    """What a portal has, without a process of it: its settings, and nothing to wait for."""

    def __init__(self, folder: Path, amqp_uri: str, esdb_uri: str, broker: RabbitNode) -> None:
        super().__init__(folder)
        self.broker = broker
        self._settings = make_settings(self.var, amqp_uri, esdb_uri)
        self.environment |= environment(self._settings)
        del self.environment["PORTICO_RETRY_MS"]  # the queues are declared here, with the usual ones

    @property
    def settings(self) -> Settings:
        """Where store, broker and read models are."""
        return self._settings

    def unready(self) -> dict[str, str]:
        """Nothing runs that could be away."""
        return {}


class Hand:
    """Writes into the real parts, as services, clients and the ERP do."""

    def __init__(self, ground: Ground, folder: Path) -> None:
        self.ground = ground
        self._folder = folder
        self._written = 0

    def happen(self, stream: str, *types: str, **data: Any) -> None:
        """Append an event of each type: its golden example with `data` in place of what it has."""
        events = []
        for name in types:
            self._written += 1
            body = {key: data.get(key, value) for key, value in GOLDEN[name]["1"].items()}
            events.append(NewEvent(name, dumps(body), metadata=b'{"schema": 1}', id=UUID(int=self._written)))
        with closing(EventStoreDBClient(self.ground.portal.settings.esdb_uri)) as store:
            store.append_to_stream(stream, current_version=StreamState.ANY, events=events)

    def order(self, reference: str, *then: str) -> None:
        """An order that was placed, and what happened to it."""
        data = {"order": reference, "company": COMPANY, "placed_by": ACTOR, "erp_number": f"E-{reference}"}
        self.happen(f"order-{reference}", "OrderPlaced", *then, **data)

    def told(self, log: str, **note: str) -> None:
        """A client's acknowledgement."""
        with (self._folder / log).open("a") as file:
            file.write(json.dumps({"company": COMPANY, **note}) + "\n")

    def imported(self, reference: str) -> None:
        """A line in the ERP's ledger."""
        line = {"number": f"E-{reference}", "reference": reference, "company": COMPANY, "content": CONTENT}
        with (self._folder / "erp/ledger.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")

    def put(self, queue: str) -> None:
        """A message into a queue."""
        body = dumps({"type": "OrderPlaced", "stream": "order-x", "data": {}})
        with closing(bus.connect(self.ground.portal.settings.amqp_uri, "test")) as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            channel.basic_publish("", queue, body, mandatory=True)

    @contextmanager
    def held(self, queue: str) -> Iterator[None]:
        """A message that was handed to somebody who never says what became of it."""
        self.put(queue)
        with closing(bus.connect(self.ground.portal.settings.amqp_uri, "test")) as connection:
            taken, _, _ = connection.channel().basic_get(queue)
            assert taken is not None
            wait_until(lambda: f"{queue}: 1" in seen.unhandled(self.ground.portal), 60, "the broker counts it")
            yield

    def alter(self, service: str, statement: str) -> None:
        """Change a row of a read model behind its projector's back."""
        with closing(sqlite3.connect(self.ground.portal.settings.read_db(service), timeout=30)) as connection:
            assert connection.execute(statement).rowcount == 1
            connection.commit()


@pytest.fixture(scope="module")
def hand(new_vhost: Callable[[], str], rabbit: RabbitNode, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hand]:
    """Books in which all is well."""
    folder = tmp_path_factory.mktemp("books")
    with ExitStack() as stack:
        store = LocalStore(folder / "localstore")
        stack.callback(store.stop)
        store.start()
        books = Books(folder, new_vhost(), store.uri, rabbit)
        with closing(bus.connect(books.settings.amqp_uri, "test")) as connection:
            bus.declare_all(connection.channel())
        for name, columns in (("items", "ItemCode,Sellable"), ("price_lists", "PriceList,Currency")):
            (folder / f"{name}.csv").write_text(columns + "\n")
        client = Client(books.commands, folder, folder / "client.jsonl")
        erp = Erp(folder / "files", folder / "erp", CUSTOMERS)
        made = Hand(Ground(books, client, erp, folder), folder)
        stack.enter_context(_read_models(books))
        _fill(made)
        wait_until(lambda: _filled(books), 60, "the read models are there")
        yield made


@contextmanager
def _read_models(books: Books) -> Iterator[None]:
    """Projectors that keep the books' read models where a portal has them."""
    books.var.mkdir()
    command = [sys.executable, "-m", "tests.chaos.rebuilt", books.settings.esdb_uri, str(books.var)]
    keeping = subprocess.Popen(command, cwd=ROOT, env=books.environment)
    try:
        yield
    finally:
        keeping.kill()
        keeping.wait()


def _fill(hand: Hand) -> None:
    for reference in (FIRST, SECOND):
        hand.order(reference, "OrderQueued", "OrderPosted")
        hand.told("client.jsonl", told=reference, content=CONTENT)
        hand.imported(reference)
    by = {"company": COMPANY, "case": "C-1", "opened_by": ACTOR, "author": ACTOR}
    hand.happen("case-C-1", "CaseOpened", **by, detail="OpenCase 000001")
    hand.happen("case-C-1", "CustomerReplied", **by, text="ReplyToCase 000003")
    for text in ("OpenCase 000001", "ReplyToCase 000003"):
        hand.told("talker.jsonl", told="C-1", text=text)


def _filled(books: Books) -> bool:
    try:
        return len(seen.order_rows(books)) == 2 and len(seen.messages(books)) == 2
    except NotThere:
        return False


def test_the_check_is_green_when_all_is_well_and_red_for_each_planted_fault(hand: Hand) -> None:
    ground = hand.ground
    assert ground.faults() == []
    ground.patience = SETTLED_SECONDS

    hand.order(LOST)  # in its stream, and that is all
    hand.told("client.jsonl", told=LOST, content=CONTENT)
    hand.order(TWICE, "OrderQueued", "OrderPosted", "OrderQueued")
    hand.told("client.jsonl", told=TWICE, content=CONTENT)
    hand.imported(TWICE)
    hand.imported(TWICE)
    hand.order(UNKNOWN, "OrderQueued", "OrderPosted")
    hand.told("client.jsonl", told="W-0000-0009", content=CONTENT)
    by = {"company": COMPANY, "case": "C-1", "author": ACTOR}
    hand.happen("case-C-1", "CustomerReplied", **by, text="ReplyToCase 000002")
    hand.happen("case-C-1", "CustomerReplied", **by, text="ReplyToCase 000002")
    hand.told("talker.jsonl", told="C-1", text="ReplyToCase 000002")
    for number in (8, 9):
        hand.told("talker.jsonl", told="C-1", text=f"ReplyToCase 00000{number}")
    ground.file(0)  # and nobody imports it
    hand.happen("documents-14911", "InvoiceRecorded", company="14911")
    hand.put(bus.dead_queue(DEAD))
    hand.put(WAITING)
    wait_until(lambda: len(seen.order_rows(ground.portal)) == 5, 30, "the orders are shown")
    hand.alter("orders", f"UPDATE {ORDERS.documents.name} SET total_minor = 1 WHERE key = '{FIRST}'")
    hand.alter("orders", f"DELETE FROM {ORDERS.documents.name} WHERE key = '{SECOND}'")
    with hand.held(HELD):
        found = ground.faults()

    for fault in (
        f"lost: {LOST} was acknowledged and is not in the ERP's ledger",
        "lost: W-0000-0009 was acknowledged and is not in the portal",
        f"twice: {TWICE} is 2 times in the ERP's ledger",
        f"out of order: {TWICE} went through accepted → queued → posted → queued",
        f"unknown: {UNKNOWN} is in the portal; nobody was told so",
        f"unsettled: not within {SETTLED_SECONDS} s: all orders posted",
        f"unsettled: not within {SETTLED_SECONDS} s: all said",
        f"unsettled: not within {SETTLED_SECONDS} s: all imports shown",
        "lost: ReplyToCase 000009 was acknowledged and is not in the portal",
        "twice: ReplyToCase 000002 is 2 times in the portal",
        "out of order: ReplyToCase 000002 on C-1 behind 000003",
        "unknown: invoice 20112 is in the portal and not in the file",
        "unknown: invoice 20112 is in the streams and not in the file",
        f"wrong row: orders {ORDERS.documents.name} has ('{COMPANY}', 'order', '{FIRST}'",
        f"missing row: orders {ORDERS.documents.name} lacks ('{COMPANY}', 'order', '{FIRST}'",
        f"missing row: orders {ORDERS.documents.name} lacks ('{COMPANY}', 'order', '{SECOND}'",
        f"dead letter: {DEAD}: The process ended each time",
        f"not handled: {WAITING}: 1",
        f"not handled: {HELD}: 1",
    ):
        assert any(one.startswith(fault) for one in found), (fault, found)
