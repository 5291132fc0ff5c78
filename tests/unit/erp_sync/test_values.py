"""How cells are read."""

from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from services.erp_sync.adapters.files import values
from services.erp_sync.adapters.files.values import BadValue, Numbers


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("6.90", "6.9"),
        ("+6.9", "6.9"),
        (" 6.900 ", "6.9"),
        ("12-", "-12"),
        (".5", "0.5"),
        ("-0", "0"),
        ("1 200", "1200"),
    ],
)
def test_a_number_comes_out_in_one_form(cell: str, text: str) -> None:
    assert Numbers().read(cell) == (Decimal(text), text)


@pytest.mark.parametrize("cell", ["1,5", "1e3", "NaN", "12a", "1.2.3", "1.1234567", "1234567890123", "--1", "٣"])
def test_what_is_no_number_says_what_one_looks_like(cell: str) -> None:
    with pytest.raises(BadValue, match=r"is not a number like 1234\.56"):
        Numbers().read(cell)


def test_decimal_comma_and_thousands() -> None:
    numbers = Numbers(",", ".")
    assert numbers.text("1.234,50") == "1234.5"
    with pytest.raises(BadValue, match="like 1234,56"):
        Numbers(",").read("1.5")


def test_an_empty_cell_is_no_value() -> None:
    assert Numbers().read("  ") is None
    assert values.text(" ") is None
    assert values.boolean("") is None
    assert values.day(["%Y-%m-%d"])("") is None


def test_dates_lose_their_time_and_days_that_do_not_exist_are_refused() -> None:
    read = values.day(["%d.%m.%Y %H:%M", "%d.%m.%Y"])
    assert read("31.05.2026 14:05") == read("31.05.2026") == "2026-05-31"
    with pytest.raises(BadValue, match=r"is not a date like 31\.05\.2026 14:05 or 31\.05\.2026"):
        read("31.02.2026")


def test_stamps_are_utc_and_those_with_a_zone_keep_it() -> None:
    read = values.stamp(["%Y-%m-%d %H:%M:%S"], ZoneInfo("Europe/Berlin"))
    assert read("2026-07-01 12:00:00") == "2026-07-01T10:00:00Z"
    assert read("2026-07-01T12:00:00Z") == "2026-07-01T12:00:00Z"
    assert read("2026-07-01T12:00:00+05:00") == "2026-07-01T07:00:00Z"


@pytest.mark.parametrize(("cell", "value"), [("Y", True), ("no", False), ("TRUE", True), ("0", False)])
def test_yes_and_no(cell: str, value: bool) -> None:
    assert values.boolean(cell) is value


def test_words_that_are_neither_yes_nor_no_ask_for_a_map() -> None:
    with pytest.raises(BadValue, match="`map`"):
        values.boolean("ja")


def test_codes_and_states() -> None:
    assert values.currency(" EUR ") == "EUR"
    assert values.status("Closed") == "closed"
    assert values.name("Credit Memo") == "credit_memo"
    with pytest.raises(BadValue, match="currency code"):
        values.currency("eur")
    with pytest.raises(BadValue, match="open, closed or cancelled"):
        values.status("paid")


def test_whole_numbers() -> None:
    read = values.integer(Numbers())
    assert read("12.0") == 12
    with pytest.raises(BadValue, match="whole number"):
        read("1.5")
