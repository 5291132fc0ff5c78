"""What is let in at the border as a document's body."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import ValidationError

from chassis.bodies import DocumentBody
from services.payments.contract import PaymentBody
from tests.support.examples.payments import INVOICE, document, line

SCHEMA = DocumentBody()
LEAST = {"number": "1", "date": "2026-11-02", "currency": "EUR", "exact_total": "0", "total": "0.00"}


def errors(**changes: Any) -> Any:
    """The messages about an invoice with these changes."""
    with pytest.raises(ValidationError) as refused:
        SCHEMA.load({**INVOICE, **changes})
    return refused.value.normalized_messages()


def test_a_whole_body_stays_as_it_is() -> None:
    assert SCHEMA.load(INVOICE) == INVOICE


def test_what_is_absent_or_null_is_filled_in_the_same_way() -> None:
    bare = SCHEMA.load(LEAST)
    assert bare == SCHEMA.load({**LEAST, "branch": None, "due_date": None, "reference": None, "open_amount": None})
    assert (bare["branch"], bare["due_date"], bare["status"], bare["lines"], bare["base"]) == ("", None, "open", [], [])


def test_a_line_may_say_little() -> None:
    spare = {"line": 1, "quantity": "1", "price": "5", "amount": "5"}
    [loaded] = SCHEMA.load(document("1", "5.00", lines=[spare]))["lines"]
    assert loaded == {**spare, "item": "", "description": "", "unit": "", "status": "", "date": None}


def test_totals_are_the_sum_of_the_lines_rounded_half_up_once() -> None:
    halves = [line("0.005", 1), line("0.005", 2), line("0.005", 3)]
    assert SCHEMA.load(document("1", "0.02", exact_total="0.015", lines=halves))
    assert errors(exact_total="0.015", total="0.03", lines=halves) == {
        "total": ["This is not 0.015 rounded half up to the currency's minor unit."]
    }
    assert errors(exact_total="0.02", total="0.02", lines=halves) == {
        "exact_total": ["The lines add up to 0.015, not to 0.02."]
    }


def test_a_credit_memo_is_rounded_away_from_zero() -> None:
    assert SCHEMA.load(document("1", "-0.02", exact_total="-0.015", lines=[line("-0.015")]))


def test_a_total_has_the_decimals_of_its_currency() -> None:
    assert SCHEMA.load(document("1", "13", currency="JPY", exact_total="12.5", lines=[line("12.5")]))
    assert "total" in errors(currency="JPY", exact_total="12.5", total="12.50", lines=[line("12.5")])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": ""}, "number"),
        ({"currency": "Euro"}, "currency"),
        ({"date": "02.11.2026"}, "date"),
        ({"date": "2026-02-30"}, "date"),
        ({"date": "20261102"}, "date"),
        ({"total": 12.5}, "total"),
        ({"total": "1e3"}, "total"),
        ({"total": "NaN"}, "total"),
        ({"open_amount": "12,50"}, "open_amount"),
        ({"status": "lost"}, "status"),
        ({"base": [{"kind": "order"}]}, "base"),
        ({"lines": {}}, "lines"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_each_wrong_field_is_named(changes: dict[str, Any], field: str) -> None:
    assert field in errors(**changes)


def test_each_wrong_line_is_named_with_its_fields() -> None:
    wrong = [
        line("2499.99"),
        "not a line",
        {"line": "2", "quantity": None, "price": "x", "amount": 1, "colour": "red", "date": "soon", "item": 7},
    ]
    found = errors(lines=wrong)["lines"]
    assert set(found) == {1, 2}
    assert set(found[2]) == {"line", "quantity", "price", "amount", "colour", "date", "item"}


@pytest.mark.parametrize(
    ("given", "kept"),
    [("12.345", "12.35"), ("-12.345", "-12.35"), ("12.3", "12.3"), ("12.340", "12.340"), (None, None)],
)
def test_what_is_open_has_no_more_decimals_than_its_currency(given: str | None, kept: str | None) -> None:
    assert SCHEMA.load({**INVOICE, "open_amount": given})["open_amount"] == kept


def test_so_have_a_payment_and_what_it_was_applied_to() -> None:
    applied = [{"kind": "invoice", "number": "1", "amount": "5.555"}]
    body = {"number": "P1", "date": "2026-11-02", "currency": "EUR", "amount": "10.005", "applied": applied}
    loaded = PaymentBody().load(body)
    assert (loaded["amount"], loaded["applied"][0]["amount"]) == ("10.01", "5.56")
