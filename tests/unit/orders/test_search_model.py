"""What orders, deliveries and items are found by, in whatever order they are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from chassis.finding import asked_words, match_of
from chassis.messages import ALL_COMPANIES
from services.orders.contract import CODEC, ITEM_WORDS
from services.orders.events import DeliveryRecorded, ItemRecorded, OrderRecorded, QuotationRecorded
from services.orders.projections import search
from tests.support.examples.orders import COMPANY, ERP_NUMBER, OTHER_COMPANY, PLACED, POSTED, REFERENCE, erp_order
from tests.support.projecting import ReadModel

_SQL = (
    "SELECT w.key FROM order_fts_v3 f JOIN order_words_v3 w ON w.id = f.rowid WHERE order_fts_v3 MATCH ? AND w.kind = ?"
)
LINKED = OrderRecorded(COMPANY, ERP_NUMBER, erp_order(portal_reference=REFERENCE))


@pytest.fixture
def model(tmp_path: Path) -> ReadModel:
    """An empty read model."""
    return ReadModel(tmp_path, search.PROJECTION, CODEC)


def found(model: ReadModel, typed: str, kind: str = "order", company: str = COMPANY) -> list[str]:
    return [row["key"] for row in model.rows(_SQL, match_of(company, asked_words(typed), kind), kind)]


def test_a_placed_order_is_found_by_its_reference_items_and_then_its_number(model: ReadModel) -> None:
    model.see(PLACED)
    assert found(model, REFERENCE.lower()) == found(model, "scanner") == [REFERENCE]
    assert found(model, "scanner", company=OTHER_COMPANY) == found(model, ERP_NUMBER) == []
    model.see(POSTED)
    assert found(model, ERP_NUMBER) == [REFERENCE]
    assert model.companies == {COMPANY: 2}


def test_what_the_erp_says_of_an_order_takes_the_place_of_what_was_placed(model: ReadModel) -> None:
    model.see(PLACED, POSTED, LINKED)
    assert found(model, ERP_NUMBER) == found(model, REFERENCE) == [ERP_NUMBER]
    model.see(OrderRecorded(COMPANY, ERP_NUMBER, {**LINKED.body, "note": "by the back door"}))
    assert found(model, "back door") == [ERP_NUMBER]


def test_a_quote_is_found_and_stands_where_its_date_is(model: ReadModel) -> None:
    model.see(QuotationRecorded(COMPANY, "70011", {**erp_order(), "number": "70011", "date": "2026-02-03"}))
    assert found(model, "70011", "quotation") == ["70011"]
    assert model.rows("SELECT date FROM order_words_v3") == [{"date": "2026-02-03"}]


def test_a_delivery_and_an_item_are_found_by_what_they_are_called_now(model: ReadModel) -> None:
    model.see(DeliveryRecorded(COMPANY, "50011", {**erp_order(), "number": "50011"}))
    assert found(model, "0050011", "delivery") == ["50011"]
    model.see(
        ItemRecorded("SCN-100", "Old name", "pcs", "", True, None),
        ItemRecorded("SCN-100", "Étui", "pcs", "", True, None),
    )
    assert found(model, "etui", ITEM_WORDS, ALL_COMPANIES) == found(model, "scn100", ITEM_WORDS, ALL_COMPANIES)
    assert found(model, "old", ITEM_WORDS, ALL_COMPANIES) == []
