"""Ten kills at random, of any process, while orders are placed and an export is imported: everything arrives once."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from portico.processes import BROKER, DEMO_ERP, EPMD, PROCESSES, STORE
from tests.chaos.client import CUSTOMERS
from tests.chaos.conftest import PARTS, PATIENCE, Ground, wait_ready

IMPORTED = range(PARTS - 3, PARTS)
"""Parts of the export that no other test imports."""
KILLS = 10
BETWEEN_ORDERS_SECONDS = 0.2


def victims(chance: random.Random) -> list[str]:
    """Ten different processes in any order, broker and store among them."""
    sure = [BROKER.name, STORE.name]
    others = [one.name for one in PROCESSES if one not in (BROKER, STORE, EPMD, DEMO_ERP)]
    chosen = sure + chance.sample(others, KILLS - len(sure))
    chance.shuffle(chosen)
    return chosen


@contextmanager
def business(shop: Ground) -> Iterator[Future[None]]:
    """Each customer orders again and again, and files are imported one after the other, until the last one is in."""
    closed = threading.Event()

    def order(company: str) -> None:
        while not closed.wait(BETWEEN_ORDERS_SECONDS):
            shop.client.order(company)

    def deliver() -> None:
        for part in IMPORTED:
            shop.import_at_last(shop.file(part))

    with ThreadPoolExecutor(len(CUSTOMERS) + 1) as pool:
        importing = pool.submit(deliver)
        ordering = [pool.submit(order, company) for company in CUSTOMERS]
        try:
            yield importing
        finally:
            closed.set()
        for one in ordering:
            one.result()


@pytest.mark.timeout(180)
def test_ten_kills_at_random(shop: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    seed = os.environ.get("PORTICO_SEED") or str(random.randrange(1_000_000))
    chance = random.Random(seed)
    chosen = victims(chance)
    with capsys.disabled():
        print(f"\nPORTICO_SEED={seed} kills {', '.join(chosen)}")

    with business(shop) as importing:
        for name in chosen:
            shop.wait_for_orders(chance.randint(1, 5))
            shop.portal.kill(name)
        importing.result(PATIENCE)

    assert shop.faults_of_orders() == []
    assert shop.faults_of_imports() == []
    wait_ready(shop.portal)
    assert shop.portal.ready()
