"""What was open at any time: an item's movements by effective date, and their sums by month and age."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from chassis.messages import Event
from services.payments.contract import BUCKETS, CODEC
from services.payments.domain import open_amount
from services.payments.events import CreditMemoRecorded, InvoiceRecorded, PaymentRecorded
from services.payments.projections import movements
from tests.support.examples.payments import COMPANY, document, payment
from tests.support.projecting import ReadModel

# What tests project was recorded on the 21st of November 2026 (tests.support.given.NOW).
MOVES = "SELECT number, date, source_kind, source_number, minor FROM movements_v2 ORDER BY number, date, source_number"


@pytest.fixture
def model(tmp_path: Path) -> ReadModel:
    """An empty read model."""
    return ReadModel(tmp_path, movements.PROJECTION, CODEC)


def invoice(number: str, total: str, still_open: str, **changes: Any) -> Event:
    """An invoice of April, due in May."""
    body = {"date": "2026-04-10", "due_date": "2026-05-10", "open_amount": still_open, **changes}
    return InvoiceRecorded(COMPANY, number, document(number, total, **body))


def paid(number: str, amount: str, *applied: tuple[str, str], day: str = "2026-06-20") -> Event:
    """A payment that was applied to invoices."""
    to = [{"kind": "invoice", "number": one, "amount": part} for one, part in applied]
    return PaymentRecorded(COMPANY, number, payment(number, amount, to, date=day))


def moves(model: ReadModel) -> list[tuple[Any, ...]]:
    """All movements: number, date, source, minor units."""
    return [tuple(row.values()) for row in model.rows(MOVES)]


BOTH = [{"kind": "invoice", "number": "I-1", "amount": "100.00"}, {"kind": "invoice", "number": "I-2", "amount": "50"}]


def transfers(model: ReadModel) -> list[tuple[Any, ...]]:
    """All transfers: day, payment and its branch, currency, item and its branch, minor units."""
    rows = model.rows("SELECT * FROM transfers_v2 ORDER BY date, payment, kind, number")
    return [tuple(row.values())[1:] for row in rows]


def at_end_of(model: ReadModel, month: str) -> dict[int, int]:
    """What is open of each age at the month's end."""
    sums = "SELECT late, SUM(minor) AS minor FROM ageing_months_v2 WHERE month <= ? GROUP BY late"
    return {row["late"]: row["minor"] for row in model.rows(sums, month) if row["minor"]}


def open_between(model: ReadModel) -> dict[str, tuple[str, str]]:
    """From which day on each item is open, and from which on not."""
    return {row["number"]: (row["opened"], row["closed"]) for row in model.rows("SELECT * FROM moved_items_v2")}


def test_a_payment_moves_what_it_was_applied_to_on_its_own_day(model: ReadModel) -> None:
    model.see(invoice("I-1", "100.00", "0"), paid("P-1", "100.00", ("I-1", "100.00")))
    assert moves(model) == [("I-1", "2026-06-20", "payment", "P-1", -10_000)]
    assert open_between(model) == {"I-1": ("2026-04-10", "2026-06-20"), "P-1": ("2026-06-20", "2026-06-20")}
    assert [at_end_of(model, month) for month in ("2026-03", "2026-04", "2026-05", "2026-06")] == [
        {},
        {0: 10_000},
        {1: 10_000},
        {},
    ]


def test_what_a_payment_of_another_branch_paid_is_told_apart_whatever_comes_first(tmp_path: Path) -> None:
    told = (
        invoice("I-1", "100.00", "0", branch="S"),
        invoice("I-2", "50.00", "0", branch="N"),
        PaymentRecorded(COMPANY, "P-1", payment("P-1", "150.00", BOTH, date="2026-06-20", branch="N")),
    )
    for place, events in enumerate(permutations(told)):
        folder = tmp_path / str(place)
        folder.mkdir()
        model = ReadModel(folder, movements.PROJECTION, CODEC)
        model.see(*events)
        assert transfers(model) == [("2026-06-20", "P-1", "N", "EUR", "invoice", "I-1", "S", -10_000)]


def test_a_transfer_goes_with_the_branch_of_either_and_with_its_item(model: ReadModel) -> None:
    def pay(branch: str) -> Event:
        to = [{"kind": "invoice", "number": "I-1", "amount": "100.00"}]
        return PaymentRecorded(COMPANY, "P-1", payment("P-1", "100.00", to, date="2026-06-20", branch=branch))

    model.see(invoice("I-1", "100.00", "0", branch="S"), pay("N"), pay("W"))
    assert [(one[2], one[6]) for one in transfers(model)] == [("W", "S")]
    model.see(invoice("I-1", "100.00", "0", branch="W"))
    assert transfers(model) == []
    model.see(invoice("I-1", "100.00", "0", branch="S"))
    assert [(one[2], one[6]) for one in transfers(model)] == [("W", "S")]
    model.see(invoice("I-1", "100.00", "0", branch="S", status="cancelled"))
    assert transfers(model) == []
    model.see(invoice("I-1", "100.00", "0", branch="S", currency="USD"), pay("N"))
    assert transfers(model) == [], "an amount of another currency than the item's moves no sum of it"


def test_what_is_open_grows_older_by_itself(model: ReadModel) -> None:
    model.see(invoice("I-1", "100.00", "100.00"))
    months = ("2026-04", "2026-05", "2026-06", "2026-07", "2026-08", "2026-09")
    # Due on the 10th of May: 21 days late at its end, 51 at June's, 82 at July's, 113 at August's.
    assert [at_end_of(model, month) for month in months] == [{late: 10_000} for late in (0, 1, 2, 3, 4, 4)]


def test_it_is_the_same_whatever_comes_first(tmp_path: Path) -> None:
    told = (
        invoice("I-1", "100.00", "40.00"),
        invoice("I-2", "50.00", "0"),
        paid("P-1", "110.00", ("I-1", "60.00"), ("I-2", "50.00")),
    )
    found = []
    for place, events in enumerate(permutations(told)):
        folder = tmp_path / str(place)
        folder.mkdir()
        model = ReadModel(folder, movements.PROJECTION, CODEC)
        model.see(*events)
        found.append((moves(model), [at_end_of(model, f"2026-{month:02}") for month in range(1, 13)]))
    assert found == [found[0]] * len(found)
    assert found[0][0] == [
        ("I-1", "2026-06-20", "payment", "P-1", -6_000),
        ("I-2", "2026-06-20", "payment", "P-1", -5_000),
    ]


def test_what_was_paid_before_it_came_counts_as_paid_when_due(model: ReadModel) -> None:
    model.see(invoice("I-1", "100.00", "0"))
    assert moves(model) == [("I-1", "2026-05-10", "", "", -10_000)]
    assert [at_end_of(model, month) for month in ("2026-04", "2026-05")] == [{0: 10_000}, {}]


def test_what_is_paid_later_without_a_payment_is_paid_on_the_day_it_became_known(model: ReadModel) -> None:
    model.see(invoice("I-1", "100.00", "100.00"), invoice("I-1", "100.00", "30.00"))
    assert moves(model) == [("I-1", "2026-11-21", "", "", -7_000)]
    assert open_between(model) == {"I-1": ("2026-04-10", "~")}
    model.see(paid("P-1", "70.00", ("I-1", "70.00")))
    assert moves(model) == [("I-1", "2026-06-20", "payment", "P-1", -7_000)]


def test_a_payment_that_is_applied_otherwise_moves_otherwise(model: ReadModel) -> None:
    model.see(
        invoice("I-1", "100.00", "0"), invoice("I-2", "100.00", "100.00"), paid("P-1", "100.00", ("I-1", "100.00"))
    )
    model.see(
        invoice("I-1", "100.00", "100.00"),
        invoice("I-2", "100.00", "50.00"),
        paid("P-1", "100.00", ("I-2", "50.00"), day="2026-06-21"),
    )
    assert moves(model) == [("I-2", "2026-06-21", "payment", "P-1", -5_000)]
    assert at_end_of(model, "2026-06") == {0: -5_000, 2: 15_000}


def test_credit_is_never_late(model: ReadModel) -> None:
    memo = document("C-1", "-30.00", date="2026-04-12", due_date="2026-04-12")
    model.see(CreditMemoRecorded(COMPANY, "C-1", memo), paid("P-1", "20.00", day="2026-04-20"))
    assert at_end_of(model, "2026-12") == {0: -5_000}


def test_what_was_paid_in_advance_is_credit_until_the_invoice_comes(model: ReadModel) -> None:
    model.see(paid("P-1", "100.00", ("I-1", "100.00"), day="2026-03-01"), invoice("I-1", "100.00", "0"))
    assert [at_end_of(model, month) for month in ("2026-02", "2026-03", "2026-04")] == [{}, {0: -10_000}, {}]
    assert open_between(model)["I-1"] == ("2026-03-01", "2026-04-10")


def test_what_is_cancelled_or_not_told_was_never_open(model: ReadModel) -> None:
    model.see(invoice("I-1", "100.00", "100.00"), invoice("I-1", "100.00", "100.00", status="cancelled"))
    nothing_told = document("I-2", "50.00", open_amount=None)
    model.see(
        InvoiceRecorded(COMPANY, "I-2", nothing_told),
        PaymentRecorded(COMPANY, "P-1", payment("P-1", "50.00", None)),
    )
    assert model.rows("SELECT * FROM moved_items_v2") == []
    assert at_end_of(model, "2026-12") == {}


def test_an_amount_in_another_currency_is_not_the_items(model: ReadModel) -> None:
    model.see(invoice("I-1", "100.00", "0"))
    other = payment("P-1", "110.00", [{"kind": "invoice", "number": "I-1", "amount": "110.00"}], currency="USD")
    model.see(PaymentRecorded(COMPANY, "P-1", other))
    assert at_end_of(model, "2026-04") == {0: 10_000}
    assert at_end_of(model, "2026-05") == {}


def test_a_document_moves_with_its_branch_day_and_due_day(model: ReadModel) -> None:
    model.see(invoice("I-1", "100.00", "100.00"))
    model.see(invoice("I-1", "90.00", "90.00", branch="SOUTH", date="2026-06-01", due_date=None))
    sums = "SELECT branch, month, late, minor FROM ageing_months_v2 WHERE minor <> 0"
    assert [tuple(row.values()) for row in model.rows(sums)] == [("SOUTH", "2026-06", 0, 9_000)]
    model.see(invoice("I-1", "90.00", "90.00", date="9999-12-01", due_date="9999-12-31"))
    assert at_end_of(model, "2026-12") == {}


def test_the_sums_are_what_the_items_add_up_to(model: ReadModel) -> None:
    """A year of invoices, paid in parts, late, in advance, and told twice: each month's end from the items alone."""
    told: list[Event] = []
    for number in range(60):
        day = date(2025, 1, 3) + timedelta(days=number * 11)
        name, total = f"I-{number}", Decimal(100 + number * 7)
        part = (total / (1, 2, 4)[number % 3]).quantize(Decimal("0.01"))
        due = None if number % 10 == 0 else str(day + timedelta(days=number % 45))
        changes = {"date": str(day), "due_date": due, "branch": ("N", "S")[number % 2]}
        told.append(invoice(name, str(total), str(total if number % 5 else total - part), **changes))
        if number % 4:
            told.append(
                paid(f"P-{number}", str(part), (name, str(part)), day=str(day + timedelta(days=number % 120 - 9)))
            )
            told.append(invoice(name, str(total), str(total - part), **changes))
    model.see(*told, *told[::7])
    items = model.rows("SELECT * FROM moved_items_v2")
    for month in [f"{year}-{month:02}" for year in (2025, 2026, 2027) for month in range(1, 13)]:
        first = date.fromisoformat(f"{month}-01")
        end = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        expected: Counter[int] = Counter()
        for item in items:
            where = (item["number"], item["kind"], str(end))
            changed = "SELECT SUM(minor) AS minor FROM movements_v2 WHERE number = ? AND kind = ? AND date <= ?"
            owed = model.rows(changed, *where)[0]["minor"] or 0
            owed += item["total_minor"] if item["date"] <= str(end) else 0
            days = (end - date.fromisoformat(item["due_date"])).days if item["due_date"] else 0
            expected[sum(days >= border for border in BUCKETS) if owed > 0 else 0] += owed
        assert at_end_of(model, month) == {late: owed for late, owed in expected.items() if owed}, month
    assert sum(at_end_of(model, "9999-12").values()) == sum(row["open_minor"] for row in items) != 0
    last = {event.number: event for event in [*told, *told[::7]] if isinstance(event, InvoiceRecorded)}
    assert sum(row["open_minor"] for row in items if row["kind"] == "invoice") == sum(
        int(open_amount("invoice", event.body) * 100) for event in last.values()
    )
