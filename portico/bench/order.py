"""Placing an order: at the RPC client, at the form, and until the row can be seen, idle and during an import."""

from __future__ import annotations

import contextlib
import csv
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from esdbclient import EventStoreDBClient, NewEvent, StreamState

from chassis.errors import Unavailable
from portico.bench.bed import Bed, Browser, token_of, wait_for
from portico.bench.table import Row, milliseconds, percentile

COUNT = 200
APART = 0.15
"""Seconds between two of what is timed: what one order sets off in other processes is not to meet the next."""
DEMO_EMAIL_ROLE = "buyer"


def order_rows(bed: Bed) -> list[Row]:
    """The rows of this module; needs the demo company's prices."""
    company, item, price, currency = _something_to_buy(bed)
    line = {"item": item, "quantity": "1", "shown_price": price, "shown_currency": currency}

    def place() -> dict[str, Any]:
        return bed.commands.send("orders", "PlaceOrder", {"lines": [line]}, bed.context(company))

    with _echo(bed):
        bare_rpc = _median(
            lambda: bed.rpc.call("bench_echo", "execute", {"command": "x", "payload": {"lines": [line]}})
        )
    bare_append = _median(_appender(bed))
    limit = bare_rpc + bare_append
    said = f"bare RPC {milliseconds(bare_rpc)} + bare append {milliseconds(bare_append)}"
    placed = _median(place)
    posted = _form(bed, item)
    idle = _visible(bed, place)
    with _importing(bed):
        busy = _visible(bed, place)
    return [
        _row("place order, at the RPC client, p50", placed, limit, said, 1.5),
        _row("place order, at the form's POST, p50", posted, limit, said, 2.5),
        _seen("event to visible row, idle, p99", idle),
        _seen("event to visible row, during an import, p99", busy),
    ]


def _row(what: str, seconds: float, limit: float, said: str, goal: float) -> Row:
    ratio = seconds / limit
    return Row(what, milliseconds(seconds), said, f"{ratio:.2f}", f"≤ {goal}", ratio <= goal)


def _seen(what: str, waits: list[float]) -> Row:
    p99 = percentile(waits, 0.99)
    note = f"p50 {milliseconds(percentile(waits, 0.5))} of {len(waits)} orders"
    return Row(what, milliseconds(p99), goal="≤ 150 ms", met=p99 <= 0.15, note=note)


def _median(call: Callable[[], object]) -> float:
    for _ in range(20):
        call()
    times = []
    for _ in range(COUNT // 2):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
        time.sleep(APART)
    return percentile(times, 0.5)


def _something_to_buy(bed: Bed) -> tuple[str, str, str, str]:
    """A company of the demo data that has a price without a discount, and an item it can buy one of."""
    connection = sqlite3.connect(f"file:{bed.settings.read_db('orders')}?mode=ro", uri=True)
    with contextlib.closing(connection):
        row = connection.execute(
            """SELECT t.company, p.item, p.price, p.currency FROM terms_v1 t
               JOIN prices_v1 p ON p.price_list = t.price_list AND p.currency = t.currency
               JOIN items_v1 i ON i.item = p.item AND i.sellable
               WHERE CAST(t.discount_percent AS REAL) = 0 AND p.min_quantity_key <= 1 ORDER BY 1, 2 LIMIT 1"""
        ).fetchone()
    if row is None:
        raise RuntimeError("the demo data has no company with a price")
    return row[0], row[1], row[2], row[3]


def _appender(bed: Bed) -> Callable[[], object]:
    client = EventStoreDBClient(bed.settings.esdb_uri)
    data = b'{"lines":[' + b'{"item":"X","quantity":"1","price":"1.00"},' * 5 + b"{}]}"

    def append() -> object:
        event = NewEvent("Bench", data, metadata=b"{}")
        return client.append_to_stream(f"bench-{uuid4()}", current_version=StreamState.NO_STREAM, events=[event])

    return append


@contextlib.contextmanager
def _echo(bed: Bed) -> Any:
    process = subprocess.Popen([sys.executable, "-m", "portico.bench.echo", bed.settings.amqp_uri])
    try:
        wait_for(lambda: _echoes(bed), 20, "the bench's echo service")
        yield
    finally:
        process.terminate()
        process.wait(15)


def _echoes(bed: Bed) -> bool:
    try:
        return bool(bed.rpc.call("bench_echo", "execute", {"ping": 1}, deadline_seconds=1))
    except Unavailable:
        return False


def _form(bed: Bed, item: str) -> float:
    from deploy.local import demo

    _role, email, password = next(login for login in demo.LOGINS if DEMO_EMAIL_ROLE in login[0].lower())
    browser = bed.browser(email, password)
    page = _checked(browser, item)
    times = []
    for _ in range(COUNT // 2):
        values = _fields(page) | {"command_id": str(uuid4()), "action": "place"}
        started = time.perf_counter()
        browser.place(values)
        times.append(time.perf_counter() - started)
        time.sleep(APART)
    return percentile(times, 0.5)


def _checked(browser: Browser, item: str) -> str:
    token = token_of(browser.get("/order-pad"))
    values = {"csrf_token": token, "command_id": str(uuid4()), "item": item, "quantity": "1", "action": "check"}
    return browser.send("/order-pad", values)


def _fields(page: str) -> dict[str, str]:
    """The first line of the pad as the page shows it, with its price."""
    import re

    found = {"csrf_token": token_of(page)}
    for name in ("item", "quantity", "shown", "currency"):
        match = re.search(rf'name="{name}"[^>]*?value="([^"]*)"', page)
        found[name] = match[1] if match else ""
    return found


def _visible(bed: Bed, place: Callable[[], dict[str, Any]]) -> list[float]:
    """Seconds from the reply (the append is done) to the row in the read model, of each order."""
    connection = sqlite3.connect(f"file:{bed.settings.read_db('orders')}?mode=ro", uri=True)
    waits = []
    with contextlib.closing(connection):
        for _ in range(COUNT):
            reference = place()["id"]
            started = time.perf_counter()
            while not connection.execute(
                "SELECT 1 FROM orders_v2 WHERE kind = 'order' AND key = ? LIMIT 1", (reference,)
            ).fetchone():
                time.sleep(0.001)
            waits.append(time.perf_counter() - started)
    return waits


@contextlib.contextmanager
def _importing(bed: Bed) -> Any:
    """While a file of new documents is being imported."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "busy.csv"
        _busy_file(file)
        thread = threading.Thread(
            target=bed.portico, args=("import", str(file), "--profile", "online-retail", "--json"), daemon=True
        )
        thread.start()
        worker = sqlite3.connect(f"file:{bed.settings.read_db('payments')}?mode=ro", uri=True)
        with contextlib.closing(worker):
            wait_for(
                lambda: worker.execute("SELECT 1 FROM documents_v2 WHERE company LIKE 'BUSY%' LIMIT 1").fetchone(),
                60,
                "the import's first document",
            )
        yield
        thread.join(300)


def _busy_file(file: Path) -> None:
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(
            ["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country"]
        )
        for number in range(30_000):
            for line in range(6):
                row = [f"{8000000 + number}", f"BUSY{line}", "Busy item", line + 1, "2025-03-01 08:00:00", "1.25"]
                writer.writerow([*row, f"BUSY{number % 2000}", "GB"])
