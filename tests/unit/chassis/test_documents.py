"""How documents sort and are found, and what amounts are in minor units."""

from __future__ import annotations

from decimal import Decimal

import pytest

from chassis.documents import number_key, search_key, search_range, search_terms
from chassis.money import digits, minor, rounded


def test_numbers_sort_as_people_count() -> None:
    numbers = ["INV-10", "INV-9", "1000", "999", "C536391", "C9"]
    assert sorted(numbers, key=number_key) == ["999", "1000", "C9", "C536391", "INV-9", "INV-10"]


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("536365", {"536365"}),
        ("C536391", {"c536391", "536391"}),
        ("PO 4711/22", {"po471122", "po", "4711", "22"}),
        ("W-7K3Q-M2XA", {"w7k3qm2xa", "w", "7k3q", "m2xa", "2xa"}),
        ("Größe", {"grösse"}),
        ("", set()),
        ("—", set()),
    ],
)
def test_a_document_is_found_by_each_word_of_its_number_and_by_the_whole(text: str, terms: set[str]) -> None:
    assert search_terms(text) == terms


@pytest.mark.parametrize("typed", ["w-7k3q", "W 7K3Q-M2", "w7k3qm2xa", " W-7K3Q-M2XA "])
def test_what_is_typed_is_compared_without_case_and_punctuation(typed: str) -> None:
    first, last = search_range(typed)
    assert first <= "w7k3qm2xa" < last
    assert first == search_key(typed)


@pytest.mark.parametrize("typed", ["", "  ", "—", "%"])
def test_a_search_for_nothing_finds_nothing(typed: str) -> None:
    first, last = search_range(typed)
    assert first > last


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [("12.34", "EUR", 1234), ("-0.05", "EUR", -5), ("500", "JPY", 500), ("1.234", "BHD", 1234), ("7", "GBP", 700)]
    + [("12.345", "EUR", 1235), ("-12.345", "EUR", -1235), ("0.5", "JPY", 1)],
)
def test_minor_units_follow_the_currency(amount: str, currency: str, units: int) -> None:
    assert minor(amount, currency) == units


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [("0.005", "EUR", "0.01"), ("-0.005", "EUR", "-0.01"), ("0.0049", "EUR", "0.00"), ("12.5", "JPY", "13")],
)
def test_half_is_rounded_away_from_zero(amount: str, currency: str, expected: str) -> None:
    assert str(rounded(Decimal(amount), currency)) == expected


def test_a_code_nobody_knows_has_two_decimals() -> None:
    assert digits("XQX") == 2
