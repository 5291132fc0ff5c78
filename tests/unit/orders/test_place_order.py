"""PlaceOrder: a contact orders at the prices the page has shown."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from marshmallow import ValidationError

from chassis.messages import Context
from services.orders import domain
from services.orders.commands import OrderLine, PlaceOrder
from services.orders.domain import Catalogue, Terms
from services.orders.errors import LinesRefused, NoPriceList, PriceChanged
from services.orders.events import OrderPlaced
from services.orders.schemas import PlaceOrderShape
from tests.support.examples.orders import (
    CATALOGUE,
    COMPANY,
    CONTACT,
    LABELS,
    ORDER,
    PLACE,
    PLACED,
    REFERENCE,
    SCANNERS,
    TERMS,
    number,
)
from tests.support.given import NOW

CONTEXT = Context(UUID(int=1), COMPANY, CONTACT, "portal", "page-1")
FORM: dict[str, Any] = {
    "lines": [
        {"item": "SCN-100", "quantity": "2", "shown_price": "114.00", "shown_currency": "EUR"},
        {"item": " LBL-20 ", "quantity": "1000", "shown_price": "0.035625", "shown_currency": "EUR"},
    ],
    "reference": "PO-4711",
    "ship_date": "2026-12-01",
    "note": "Ring at gate 3.",
    "branch": "NORTH",
}


def load(**changes: Any) -> Any:
    """The command of the Order Pad's form with these changes."""
    return PlaceOrderShape().load_command({**FORM, **changes}, CONTEXT)


def line(**changes: Any) -> dict[str, Any]:
    """The form's first line with these changes."""
    return {**FORM["lines"][0], **changes}


def ordering(*lines: OrderLine) -> PlaceOrder:
    """The example order with these lines."""
    return replace(PLACE, lines=lines)


def test_places_the_order_with_the_proof_of_its_prices() -> None:
    ORDER.given().when(PLACE).then(PLACED)
    assert ORDER.given(PLACED).state.status == "accepted"


@pytest.mark.parametrize(("lines", "exact", "total"), [(1, "35.625", "35.63"), (2, "71.250", "71.25")])
def test_the_total_is_the_exact_sum_rounded_half_up_once(lines: int, exact: str, total: str) -> None:
    [placed] = domain.decide_place_order(REFERENCE, ordering(*[LABELS] * lines), CATALOGUE, NOW)
    assert isinstance(placed, OrderPlaced)
    assert (placed.exact_total, str(placed.total)) == (Decimal(exact), total)


def test_a_total_has_the_decimals_of_its_currency() -> None:
    yen = replace(CATALOGUE, terms=replace(TERMS, currency="JPY", digits=0))
    shown = replace(SCANNERS, shown_currency="JPY", quantity=number("2.5"))
    [placed] = domain.decide_place_order(REFERENCE, ordering(shown), yen, NOW)
    assert isinstance(placed, OrderPlaced)
    assert str(placed.total) == "285"


@pytest.mark.parametrize(
    ("quantity", "list_price", "break_quantity", "price"),
    [("1", "120.00", "1", "114.00"), ("9.99", "120.00", "1", "114.00"), ("10", "110.00", "10", "104.50")],
)
def test_the_highest_quantity_break_reached_counts(
    quantity: str, list_price: str, break_quantity: str, price: str
) -> None:
    wanted = replace(SCANNERS, quantity=number(quantity), shown_price=number(price))
    [placed] = domain.decide_place_order(REFERENCE, ordering(wanted), CATALOGUE, NOW)
    assert isinstance(placed, OrderPlaced)
    [priced] = placed.lines
    assert (priced.list_price, priced.break_quantity, priced.price) == (
        Decimal(list_price),
        Decimal(break_quantity),
        Decimal(price),
    )


def test_a_price_that_changed_since_it_was_shown_refuses_the_order_with_both() -> None:
    stale = replace(SCANNERS, shown_price=number("113.50"))
    with pytest.raises(PriceChanged) as refused:
        domain.decide_place_order(REFERENCE, ordering(LABELS, stale), CATALOGUE, NOW)
    assert refused.value.details["lines"] == [
        {
            "line": 2,
            "item": "SCN-100",
            "shown": "113.50",
            "shown_currency": "EUR",
            "now": "114.00",
            "currency": "EUR",
        }
    ]
    assert "SCN-100 was 113.50 EUR, is now 114.00 EUR" in refused.value.message


def test_a_price_that_fell_is_a_changed_price_too() -> None:
    ORDER.given().when(ordering(replace(SCANNERS, shown_price=number("120.00")))).refused(PriceChanged, "is now 114.00")


def test_another_currency_is_another_price() -> None:
    ORDER.given().when(ordering(replace(SCANNERS, shown_currency="USD"))).refused(PriceChanged, "114.00 USD")


def test_the_same_price_written_otherwise_has_not_changed() -> None:
    ORDER.given().when(replace(PLACE, lines=(replace(SCANNERS, shown_price=number("114")), LABELS))).then(PLACED)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (OrderLine("NOPE", number("1"), number("1"), "EUR"), "there is no item “NOPE”"),
        (OrderLine("OLD-1", number("1"), number("9.405"), "EUR"), "OLD-1 cannot be ordered"),
        (OrderLine("NEW-1", number("1"), number("1"), "EUR"), "NEW-1 has no price for your company"),
        (OrderLine("CBL-7", number("24"), number("3.04"), "EUR"), "CBL-7 is sold from a quantity of 25 on"),
        (OrderLine("SCN-100", number("0"), number("114.00"), "EUR"), "must be more than 0"),
        (OrderLine("SCN-100", number("-1"), number("114.00"), "EUR"), "must be more than 0"),
    ],
)
def test_what_cannot_be_ordered_is_refused_by_line(wrong: OrderLine, message: str) -> None:
    with pytest.raises(LinesRefused) as refused:
        domain.decide_place_order(REFERENCE, ordering(SCANNERS, wrong), CATALOGUE, NOW)
    [line] = refused.value.details["lines"]
    assert (line["line"], line["item"]) == (2, wrong.item)
    assert message in line["message"]
    assert message in refused.value.message


def test_every_wrong_line_is_named_at_once() -> None:
    unknown = OrderLine("NOPE", number("1"), number("1"), "EUR")
    with pytest.raises(LinesRefused) as refused:
        domain.decide_place_order(REFERENCE, ordering(unknown, SCANNERS, *[unknown] * 6), CATALOGUE, NOW)
    assert [line["line"] for line in refused.value.details["lines"]] == [1, 3, 4, 5, 6, 7, 8]
    assert "and 2 more" in refused.value.message


@pytest.mark.parametrize("terms", [None, replace(TERMS, price_list="")])
def test_a_company_without_a_price_list_cannot_order(terms: Terms | None) -> None:
    with pytest.raises(NoPriceList, match="contact us"):
        domain.decide_place_order(REFERENCE, PLACE, Catalogue(terms), NOW)


def test_the_form_becomes_the_command_with_the_sessions_company_and_contact() -> None:
    assert load() == PLACE


@pytest.mark.parametrize("field", ["company", "actor", "total"])
def test_a_form_cannot_say_for_whom_it_is_or_what_it_costs(field: str) -> None:
    with pytest.raises(ValidationError, match=field):
        load(**{field: "C10020"})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lines": []}, "at least one line"),
        ({"lines": [line(quantity="0")]}, "more than 0"),
        ({"lines": [line(quantity="two")]}, "Not a valid number"),
        ({"lines": [line(quantity="0.00001")]}, "Not a valid number"),
        ({"lines": [line(quantity="NaN")]}, "Special numeric values"),
        ({"lines": [line(item="  ")]}, "Length must be between 1 and 100"),
        ({"lines": [{"item": "SCN-100", "quantity": "1"}]}, "shown_price"),
        ({"ship_date": "next week"}, "Not a valid date"),
        ({"reference": "x" * 101}, "Longer than maximum length 100"),
    ],
)
def test_a_form_that_is_incomplete_or_wrong_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        load(**changes)
