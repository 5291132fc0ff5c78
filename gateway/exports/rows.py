"""A report's rows as typed values, in the columns of its view: what files of it are made from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from flask_babel import get_timezone

from chassis.money import digits
from gateway.formats import as_moment, quantity
from gateway.reports import statuses
from gateway.reports.report import Column, Report
from gateway.reports.show import Asked
from gateway.reports.table import columns_of


class Money(NamedTuple):
    """An exact amount and its currency."""

    amount: Decimal
    currency: str


def money(minor: int | None, currency: str) -> Money | None:
    """Minor units of a read model, as an amount."""
    return None if minor is None else Money(Decimal(minor).scaleb(-digits(currency)), currency)


def status_words(report: Report) -> Callable[[str], str]:
    """The word of a status, as the report's page has it."""
    return cache(lambda status: statuses.word(status, report.kind))


def shown_columns(asked: Asked) -> tuple[Column, ...]:
    """The columns of the view."""
    return columns_of(asked.report, asked.chosen)


def values_of(asked: Asked, rows: Iterable[Any]) -> Iterator[list[Any]]:
    """Of each row its values: text, date, datetime (in the portal's zone, without it), int, Decimal, Money or None."""
    readers = [_reader(asked, one) for one in shown_columns(asked)]
    for row in rows:
        yield [read(row) for read in readers]


def _reader(asked: Asked, column: Column) -> Callable[[Any], Any]:
    name = column.source
    if column.shape == "money":
        return lambda row: money(getattr(row, name), row.currency)
    if column.shape == "status":
        word = status_words(asked.report)
        return lambda row: word(getattr(row, name))
    by_shape: dict[str, Callable[[Any], Any]] = {
        "date": lambda value: date.fromisoformat(value[:10]) if value else None,
        "moment": lambda value: as_moment(value).astimezone(get_timezone()).replace(tzinfo=None) if value else None,
        "branch": lambda value: asked.branches.get(value, value),
        "person": lambda value: asked.people.get(value, ""),
        "quantity": quantity,
        "count": lambda value: value,
        "word": lambda value: str(column.words.get(value, value)),
    }
    read = by_shape.get(column.shape, lambda value: "" if value is None else str(value))
    return lambda row: read(getattr(row, name))
