"""The balance read model: open items and their sums."""

from __future__ import annotations

from dataclasses import asdict, replace
from decimal import Decimal
from pathlib import Path

import pytest

from services.payments.contract import CODEC
from services.payments.domain import item_of
from services.payments.events import ItemAdjusted, ItemOpened, ItemSettled
from services.payments.projections import balance
from tests.support.examples.payments import COMPANY, CREDIT_MEMO, INVOICE
from tests.support.projecting import ReadModel

ITEM = item_of(COMPANY, "invoice", INVOICE)
CREDIT = item_of(COMPANY, "credit_memo", CREDIT_MEMO)
OPENED = ItemOpened(**asdict(ITEM))
CREDITED = ItemOpened(**asdict(CREDIT))
BALANCES = "SELECT branch, currency, items, open_minor FROM balances_v2 ORDER BY branch, currency"


@pytest.fixture
def model(tmp_path: Path) -> ReadModel:
    """An empty read model."""
    return ReadModel(tmp_path, balance.PROJECTION, CODEC)


def test_an_open_item_is_a_row_in_minor_units(model: ReadModel) -> None:
    model.see(OPENED)
    [row] = model.rows("SELECT * FROM open_items_v2")
    assert (row["number"], row["amount_minor"], row["open_minor"], row["due_date"]) == (
        "20112",
        249999,
        249999,
        "2026-12-02",
    )


def test_the_balance_is_the_sum_of_what_is_open(model: ReadModel) -> None:
    model.see(OPENED, CREDITED)
    assert model.rows(BALANCES) == [{"branch": "NORTH", "currency": "EUR", "items": 2, "open_minor": 237999}]


def test_an_adjusted_item_counts_as_it_is_now(model: ReadModel) -> None:
    moved = replace(ITEM, open_amount=Decimal("999.99"), branch="SOUTH")
    model.see(OPENED, CREDITED, ItemAdjusted(**asdict(moved)))
    assert model.rows(BALANCES) == [
        {"branch": "NORTH", "currency": "EUR", "items": 1, "open_minor": -12000},
        {"branch": "SOUTH", "currency": "EUR", "items": 1, "open_minor": 99999},
    ]


def test_a_settled_item_is_gone(model: ReadModel) -> None:
    model.see(OPENED, ItemSettled(COMPANY, "invoice", "20112"), ItemSettled(COMPANY, "invoice", "20112"))
    assert model.rows("SELECT * FROM open_items_v2") == []
    assert model.rows(BALANCES) == []


def test_an_item_without_a_due_date_is_never_overdue(model: ReadModel) -> None:
    model.see(OPENED, CREDITED)
    overdue = "SELECT number FROM open_items_v2 WHERE company = ? AND due_date < ?"
    assert model.rows(overdue, COMPANY, "2026-12-02") == []
    assert model.rows(overdue, COMPANY, "2026-12-03") == [{"number": "20112"}]
    by_due = "SELECT number FROM open_items_v2 WHERE company = ? ORDER BY due_key"
    assert [row["number"] for row in model.rows(by_due, COMPANY)] == ["20112", "30007"], "what is never due comes last"
