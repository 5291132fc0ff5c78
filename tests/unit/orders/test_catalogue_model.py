"""The catalogue read model: what one company is offered, as page and service read it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from chassis.messages import ALL_COMPANIES
from services.orders.contract import CODEC, Catalogue, item_bucket, read_catalogue
from services.orders.domain import Break, Terms
from services.orders.events import CustomerTermsRecorded, ItemRecorded, PriceRecorded
from services.orders.projections import catalogue
from tests.support.examples.orders import COMPANY, OTHER_COMPANY, number
from tests.support.projecting import ReadModel

SCANNER = ItemRecorded("SCN-100", "Warehouse scanner", "pcs", "Scanners", True, number("12.5"))
TERMS = CustomerTermsRecorded(COMPANY, "EUR", "WHOLESALE", number("5"))
FROM_ONE = PriceRecorded("WHOLESALE", "SCN-100", "EUR", number("1"), number("120.00"))
FROM_NINE = replace(FROM_ONE, min_quantity=number("9"), price=number("115.00"))
FROM_TEN = replace(FROM_ONE, min_quantity=number("10"), price=number("110.00"))


@pytest.fixture
def model(tmp_path: Path) -> ReadModel:
    """A catalogue with one item, which company C10010 buys from the list WHOLESALE."""
    model = ReadModel(tmp_path, catalogue.PROJECTION, CODEC)
    model.see(SCANNER, TERMS, FROM_TEN, FROM_ONE, FROM_NINE)
    return model


def read(model: ReadModel, company: str = COMPANY, *items: str) -> Catalogue:
    """What the company is offered."""
    with closing(sqlite3.connect(model.path)) as connection:
        connection.row_factory = sqlite3.Row
        return read_catalogue(connection.execute, company, items or ("SCN-100", "NOPE"))


def test_an_item_has_its_breaks_in_order_of_quantity(model: ReadModel) -> None:
    found = read(model)
    assert found.terms == Terms("EUR", "WHOLESALE", Decimal("5"), 2)
    assert set(found.items) == {"SCN-100"}
    scanner = found.items["SCN-100"]
    assert (scanner.name, scanner.unit, scanner.sellable, scanner.available) == (
        "Warehouse scanner",
        "pcs",
        True,
        Decimal("12.5"),
    )
    assert scanner.breaks == (
        Break(Decimal(1), Decimal("120.00")),
        Break(Decimal(9), Decimal("115.00")),
        Break(Decimal(10), Decimal("110.00")),
    )


def test_the_price_is_the_companys(model: ReadModel) -> None:
    found = read(model)
    priced = found.price("SCN-100", Decimal(10))
    assert priced is not None
    assert (priced.list_price, priced.break_quantity, priced.price) == (110, 10, Decimal("104.50"))
    assert found.price("NOPE", Decimal(1)) is None
    assert found.price("SCN-100", Decimal("0.5")) is None


def test_a_price_told_again_replaces_the_old_one_however_its_quantity_is_written(model: ReadModel) -> None:
    model.see(replace(FROM_TEN, min_quantity=number("10.000"), price=number("109.00")))
    priced = read(model).price("SCN-100", Decimal(10))
    assert priced is not None
    assert priced.list_price == 109


def test_other_lists_and_currencies_do_not_count(model: ReadModel) -> None:
    model.see(
        replace(FROM_ONE, price_list="RETAIL", price=number("1")), replace(FROM_ONE, currency="USD", price=number("1"))
    )
    assert len(read(model).items["SCN-100"].breaks) == 3


def test_a_company_without_terms_sees_items_without_prices(model: ReadModel) -> None:
    found = read(model, OTHER_COMPANY)
    assert found.terms is None
    assert found.items["SCN-100"].breaks == ()
    assert found.price("SCN-100", Decimal(1)) is None


def test_items_change_for_everyone_terms_for_their_company(model: ReadModel) -> None:
    assert model.companies == {ALL_COMPANIES: 5, COMPANY: 2}


def test_an_items_bucket_stays_the_same_for_ever() -> None:
    assert [item_bucket(code) for code in ("SCN-100", "LBL-20", "85048")] == ["5", "6", "0"]
