"""What was bought: items' sums by month and of all time, whatever is told in which order, and taken back."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from chassis.messages import Event
from services.payments.contract import CODEC, MILLION
from services.payments.events import CreditMemoRecorded, InvoiceRecorded, PaymentRecorded
from services.payments.projections import items
from tests.support.examples.payments import COMPANY, document, line, payment
from tests.support.projecting import ReadModel

ALL = "SELECT * FROM items_v1 ORDER BY item, branch, currency"
MONTHS = "SELECT * FROM item_months_v1 ORDER BY month, item, branch, currency, kind"


@pytest.fixture
def model(tmp_path: Path) -> ReadModel:
    """An empty read model."""
    return ReadModel(tmp_path, items.PROJECTION, CODEC)


def invoice(number: str, day: str, *lines: dict[str, Any], **changes: Any) -> Event:
    """An invoice with these lines."""
    return InvoiceRecorded(COMPANY, number, document(number, "1.00", date=day, lines=list(lines), **changes))


def credit(number: str, day: str, *lines: dict[str, Any]) -> Event:
    """A credit memo with these lines."""
    return CreditMemoRecorded(COMPANY, number, document(number, "-1.00", date=day, lines=list(lines)))


def bought(model: ReadModel, sql: str = ALL) -> list[tuple[Any, ...]]:
    """Of each row: (month, kind,) item, quantity, minor units, invoices, last day."""
    more = ("month", "kind") if sql == MONTHS else ()
    names = (*more, "item", "quantity_millionths", "amount_minor", "invoice_count", "last_date")
    return [tuple(row[name] for name in names) for row in model.rows(sql)]


def test_an_items_lines_are_added_up_and_its_credit_taken_off(model: ReadModel) -> None:
    model.see(
        invoice("I-1", "2026-03-05", line("10.00", quantity="2.5"), line("5.00", 2), line("7.00", 3, item="CAB-1")),
        invoice("I-2", "2026-04-20", line("4.00")),
        credit("M-1", "2026-05-01", line("-3.00")),
    )
    assert bought(model) == [
        ("CAB-1", 1 * MILLION, 700, 1, "2026-03-05"),
        ("SCN-100", 3_500_000, 1_600, 2, "2026-04-20"),
    ]
    assert bought(model, MONTHS) == [
        ("2026-03", "invoice", "CAB-1", 1 * MILLION, 700, 1, "2026-03-05"),
        ("2026-03", "invoice", "SCN-100", 3_500_000, 1_500, 1, "2026-03-05"),
        ("2026-04", "invoice", "SCN-100", 1 * MILLION, 400, 1, "2026-04-20"),
        ("2026-05", "credit_memo", "SCN-100", -1 * MILLION, -300, 0, ""),
    ]


def test_name_and_unit_are_the_newest_invoices(model: ReadModel) -> None:
    model.see(
        invoice("I-2", "2026-04-20", line("4.00", description="Scanner II", unit="box")),
        invoice("I-1", "2026-03-05", line("4.00", description="Scanner")),
        credit("M-1", "2026-05-01", line("-3.00", description="Returned")),
    )
    [row] = model.rows(ALL)
    assert (row["name"], row["unit"]) == ("Scanner II", "box")


def test_what_has_no_item_is_cancelled_or_paid_counts_for_nothing(model: ReadModel) -> None:
    model.see(
        invoice("I-1", "2026-03-05", line("10.00", item="")),
        invoice("I-2", "2026-03-05", line("10.00"), status="cancelled"),
        PaymentRecorded(COMPANY, "P-1", payment("P-1", "10.00", [])),
    )
    assert bought(model) == bought(model, MONTHS) == []


def test_branches_and_currencies_stand_apart(model: ReadModel) -> None:
    model.see(
        invoice("I-1", "2026-03-05", line("10.00")),
        invoice("I-2", "2026-03-05", line("10"), currency="JPY"),
        invoice("I-3", "2026-03-05", line("10.00"), branch="SOUTH"),
    )
    found = [(row["branch"], row["currency"], row["amount_minor"]) for row in model.rows(ALL)]
    assert found == [("NORTH", "EUR", 1_000), ("NORTH", "JPY", 10), ("SOUTH", "EUR", 1_000)]


def test_a_changed_document_counts_as_it_is_now(model: ReadModel) -> None:
    model.see(
        invoice("I-1", "2026-03-05", line("10.00")),
        invoice("I-2", "2026-03-20", line("4.00")),
        invoice("I-3", "2026-05-02", line("1.00"), line("2.00", 2, item="CAB-1")),
    )
    model.see(invoice("I-3", "2026-02-02", line("1.50")))
    assert bought(model) == [("SCN-100", 3 * MILLION, 1_550, 3, "2026-03-20")]
    model.see(invoice("I-2", "2026-03-20", line("4.00"), status="cancelled"))
    assert bought(model) == [("SCN-100", 2 * MILLION, 1_150, 2, "2026-03-05")]
    assert [one[0] for one in bought(model, MONTHS)] == ["2026-02", "2026-03"]
    model.see(
        invoice("I-1", "2026-03-05", status="cancelled"), invoice("I-3", "2026-02-02", line("1.50"), status="cancelled")
    )
    assert bought(model) == bought(model, MONTHS) == []


def test_it_is_the_same_whatever_comes_first(tmp_path: Path) -> None:
    told = (
        invoice("I-1", "2026-03-05", line("10.00")),
        invoice("I-2", "2026-03-20", line("4.00", description="Scanner II")),
        credit("M-1", "2026-03-21", line("-3.00")),
        invoice("I-1", "2026-03-05", line("10.00"), open_amount="0"),
    )
    found = set()
    for place, order in enumerate(permutations(told)):
        folder = tmp_path / str(place)
        folder.mkdir()
        model = ReadModel(folder, items.PROJECTION, CODEC)
        model.see(*order)
        found.add(repr((model.rows(ALL), model.rows(MONTHS))))
    assert len(found) == 1


def test_a_document_told_again_with_its_lines_changes_nothing(model: ReadModel) -> None:
    model.see(invoice("I-1", "2026-03-05", line("10.00")))
    seen = model.companies[COMPANY]
    model.see(invoice("I-1", "2026-03-05", line("10.00"), open_amount="0"))
    assert model.companies[COMPANY] == seen, "pages that show items are not made anew for a payment"
