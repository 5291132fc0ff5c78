"""What tells the states of two releases apart, so that no snapshot of the one is read as the other's."""

from __future__ import annotations

from dataclasses import make_dataclass
from decimal import Decimal
from types import GenericAlias
from typing import Any

import pytest

from chassis.codec import shape


def state(**fields: Any) -> Any:
    """A state with these fields and types."""
    return make_dataclass("State", list(fields.items()), frozen=True)


def some(kind: Any) -> Any:
    """A tuple of these."""
    return GenericAlias(tuple, (kind, ...))


LINE = state(item=str, price=Decimal)
KEPT = state(total=Decimal, lines=some(LINE), by_key=dict[str, int])


def test_the_same_fields_have_the_same_shape_whatever_the_class_is_called() -> None:
    assert shape(KEPT) == shape(state(total=Decimal, lines=some(state(item=str, price=Decimal)), by_key=dict[str, int]))


@pytest.mark.parametrize(
    "other",
    [
        state(total=Decimal, lines=some(LINE)),
        state(total=Decimal, lines=some(LINE), by_key=dict[str, int], paid=Decimal),
        state(sum=Decimal, lines=some(LINE), by_key=dict[str, int]),
        state(total=str, lines=some(LINE), by_key=dict[str, int]),
        state(total=Decimal | None, lines=some(LINE), by_key=dict[str, int]),
        state(total=Decimal, lines=GenericAlias(frozenset, (LINE,)), by_key=dict[str, int]),
        state(total=Decimal, lines=some(state(item=str, price=str)), by_key=dict[str, int]),
        state(total=Decimal, lines=some(state(item=str, price=Decimal, tax=Decimal)), by_key=dict[str, int]),
        state(total=Decimal, lines=some(LINE), by_key=dict[str, str]),
    ],
)
def test_any_other_field_or_type_at_any_depth_is_another_shape(other: Any) -> None:
    assert shape(other) != shape(KEPT)
