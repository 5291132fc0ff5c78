"""Orders with its read models in PostgreSQL: its processes write and read them, also after the database was killed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from chassis.readmodel import database
from tests.service.orders.test_place_order import FORM, row
from tests.support.examples.orders import COMPANY, CONTACT, ERP_ITEMS, ERP_PRICES, ERP_TERMS
from tests.support.postgres import PostgresServer
from tests.support.processes import LocalStore
from tests.support.services import RunningService
from tests.support.settings import make_settings


@pytest.fixture
def orders(tmp_path: Path, vhost: str, own_store: LocalStore, postgres_uri: str) -> Iterator[RunningService]:
    """The running service, with the example's items, prices and terms."""
    service = RunningService("orders", make_settings(tmp_path / "var", vhost, own_store.uri, postgres_uri), tmp_path)
    try:
        service.start()
        for company, documents in (("", ERP_ITEMS), ("", ERP_PRICES), (COMPANY, [ERP_TERMS])):
            service.wait_position("catalogue_v1", service.record(company, documents)["position"])
        yield service
    finally:
        service.stop()


def test_an_order_is_priced_and_shown_from_postgresql(orders: RunningService, postgres: PostgresServer) -> None:
    first = orders.send("PlaceOrder", FORM, COMPANY, CONTACT)
    assert row(orders, first)["total_minor"] == 26363
    with closing(database(orders.settings, "orders").connect()) as connection:
        connection.execute("DROP TABLE readmodel_building")  # as in a release that marked nothing as being built
    with ThreadPoolExecutor(16) as many:
        at_once = list(many.map(lambda _: orders.send("PlaceOrder", FORM, COMPANY, CONTACT)["id"], range(32)))
    postgres.kill()
    postgres.start()
    second = orders.send("PlaceOrder", FORM, COMPANY, CONTACT)
    orders.wait_position("orders_v2", second["position"], 30)
    assert {one["key"] for one in orders.rows("SELECT key FROM orders_v2")} == {first["id"], second["id"], *at_once}
