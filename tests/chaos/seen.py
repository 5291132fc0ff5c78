"""What the portal has, read past its code: rows of read models, events of streams."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from esdbclient import EventStoreDBClient, RecordedEvent

from chassis import bus, rooms
from chassis.config import SERVICES, retry_ms
from chassis.reactions import list_dead
from chassis.readmodel import database
from services.orders.contract import ORDERS
from services.payments.contract import BALANCES, DOCUMENTS, OPEN_ITEMS
from tests.chaos.checker import Document, Said, Shown
from tests.chaos.client import ACTOR
from tests.chaos.source import content_of, owed
from tests.support.portal import Portal

_STATES = {
    "OrderPlaced": "accepted",
    "OrderQueued": "queued",
    "OrderPosted": "posted",
    "OrderRejected": "rejected",
    "OrderCancelled": "cancelled",
}
_KINDS = {"InvoiceRecorded": "invoice", "CreditMemoRecorded": "credit_memo"}


def rows(portal: Portal, service: str, sql: str, *values: Any) -> list[dict[str, Any]]:
    """Rows of a service's read models, wherever they are kept."""
    with database(portal.settings, service).reading() as execute:
        return [dict(row) for row in execute(sql, values).fetchall()]


def _of_the_export(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of the real export's customers, who are numbers."""
    return [one for one in found if one["company"].isdigit()]


def order_rows(portal: Portal) -> list[dict[str, Any]]:
    """The clients' orders as the portal lists them."""
    sql = f"SELECT key, company, status, erp_number FROM {ORDERS.documents.name} WHERE placed_by = ? AND kind = 'order'"
    return rows(portal, "orders", sql, ACTOR)


def orders(portal: Portal) -> list[Shown]:
    """The clients' orders with the states that their streams went through."""
    with _store(portal) as store:
        return [
            Shown(row["key"], row["company"], row["erp_number"], _history(store, row["key"]))
            for row in order_rows(portal)
        ]


def _history(store: EventStoreDBClient, reference: str) -> tuple[str, ...]:
    return tuple(_STATES[event.type] for event in store.get_stream(f"order-{reference}"))


def _store(portal: Portal) -> closing[EventStoreDBClient]:
    return closing(EventStoreDBClient(portal.settings.esdb_uri))


def messages(portal: Portal) -> list[Said]:
    """What the clients wrote on cases, case by case in the order the portal shows it."""
    sql = (
        "SELECT number, company, text FROM case_messages_v2 WHERE author = ? AND kind != 'status' ORDER BY 1, revision"
    )
    return [Said(one["number"], one["company"], one["text"]) for one in rows(portal, "cases", sql, ACTOR)]


def dead_letters(portal: Portal) -> list[str]:
    """What was put aside anywhere: reactions by their letters, ERP documents by how many there are."""
    uri = portal.settings.amqp_uri
    found = [f"{one.queue}: {one.reason}" for name in SERVICES for one in list_dead(uri, name)]
    with closing(bus.connect(uri, "test")) as connection:
        channel = connection.channel()
        for name in SERVICES:
            if rooms.load(name).takes_documents:
                count = channel.queue_declare(bus.ingest_dead_queue(name), passive=True).method.message_count
                found += [f"{bus.ingest_dead_queue(name)}: {count}"] if count else []
    return found


def unhandled(portal: Portal) -> list[str]:
    """Which queues of reactions, retries and ERP documents have something in them, and how much.

    With what was handed out and never acknowledged, and what cannot be put back where it came from: the broker counts
    that every few seconds, and what is ready at once.
    """
    queues = [bus.ANSWERS]
    for name in SERVICES:
        own = rooms.load(name)
        queues += [bus.reaction_queue(name, one.name) for one in own.reactions]
        queues += [bus.wait_name(name, delay) for delay in retry_ms(portal.environment) if own.reactions]
        queues += [bus.ingest_queue(name, n) for n in range(bus.INGEST_PARTITIONS) if own.takes_documents]
    with closing(bus.connect(portal.settings.amqp_uri, "test")) as connection:
        channel = connection.channel()
        ready = {queue: channel.queue_declare(queue, passive=True).method.message_count for queue in queues}
    vhost = urlsplit(portal.settings.amqp_uri.partition(";")[0]).path.lstrip("/")
    listed = json.loads(portal.ctl("list_queues", "-p", vhost, "name", "messages", "--formatter", "json"))
    all_of = {one["name"]: one["messages"] for one in listed}
    counts = {queue: max(ready[queue], all_of[queue]) for queue in queues}
    return [f"{queue}: {count}" for queue, count in counts.items() if count]


def documents(portal: Portal) -> list[Document]:
    """The invoices and credit memos of the real export's customers, as the portal's rows and their lines are."""
    table, bodies = DOCUMENTS.documents.name, DOCUMENTS.lines.name
    sql = (
        f"SELECT d.company, d.kind, d.number, d.total_minor, l.body FROM {table} d JOIN {bodies} l"
        " USING (company, kind, number)"
    )
    return [
        _document(one["company"], one["kind"], Decimal(one["total_minor"]).scaleb(-2), json.loads(one["body"]))
        for one in _of_the_export(rows(portal, "payments", sql))
    ]


def _document(company: str, kind: str, total: Decimal, body: dict[str, Any]) -> Document:
    lines = [(line["item"], line["quantity"], line["price"]) for line in body["lines"]]
    return Document(company, kind, body["number"], content_of(total, lines))


def events_of_documents(portal: Portal) -> list[Document]:
    """The same from the streams, one for each event."""
    found = []
    for event in _events(portal, r"documents-[0-9].*"):
        data = json.loads(event.data)
        found.append(_document(data["company"], _KINDS[event.type], Decimal(data["body"]["total"]), data["body"]))
    return found


def open_items(portal: Portal) -> list[Document]:
    """What the real export's customers owe, item by item, as the portal's rows are."""
    sql = f"SELECT company, kind, number, open_minor FROM {OPEN_ITEMS.name}"
    return [
        Document(one["company"], one["kind"], one["number"], owed(Decimal(one["open_minor"]).scaleb(-2)))
        for one in _of_the_export(rows(portal, "payments", sql))
    ]


def events_of_ledgers(portal: Portal) -> list[Document]:
    """The same from the streams, one for each event: nothing was ever paid, so each item is opened once."""
    found = []
    for event in _events(portal, r"ledger-[0-9].*"):
        data = json.loads(event.data)
        content = owed(Decimal(data["open_amount"])) if event.type == "ItemOpened" else event.type
        found.append(Document(data["company"], data["kind"], data["number"], content))
    return found


def balances(portal: Portal) -> dict[str, Decimal]:
    """What each of the real export's customers owes, in pounds."""
    sql = f"SELECT company, SUM(open_minor) AS owed FROM {BALANCES.name} GROUP BY company"
    found = _of_the_export(rows(portal, "payments", sql))
    return {one["company"]: Decimal(one["owed"]).scaleb(-2) for one in found}


def _events(portal: Portal, streams: str) -> Iterator[RecordedEvent]:
    with _store(portal) as store:
        yield from store.read_all(filter_include=(streams,), filter_by_stream_name=True)
