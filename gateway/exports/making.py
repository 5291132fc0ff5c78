"""A report's rows into a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from flask_babel import gettext as _

from gateway.access import Scope
from gateway.exports.csvfile import CsvFile
from gateway.exports.rows import money, shown_columns, status_words, values_of
from gateway.exports.xlsx import Sheets
from gateway.formats import as_month
from gateway.reports.reading import every_row, groups_of, totals_of
from gateway.reports.report import Column
from gateway.reports.show import Asked

FORMATS = ("xlsx", "csv")
_EACH = 2000
Progress = Callable[[int], None]
"""Told how many rows are written, every so many; what it raises ends the making."""


def make(scope: Scope, asked: Asked, form: str, path: Path, progress: Progress) -> int:
    """Write all rows that the address asks for; gives how many. `form` is one of FORMATS."""
    totals = totals_of(scope, asked.report, asked.chosen)
    count = sum(row.count for row in totals)
    rows = every_row(scope, asked.report, asked.chosen, count, asked.of)
    if form == "csv":
        return _csv(asked, rows, path, progress)
    return _xlsx(scope, asked, rows, totals, path, progress)


def _heads(columns: tuple[Column, ...]) -> list[tuple[str, str]]:
    return [(str(one.title), one.shape) for one in columns]


def _csv(asked: Asked, rows: Iterator[Any], path: Path, progress: Progress) -> int:
    columns = shown_columns(asked)
    named = any(one.shape == "currency" for one in columns)
    adds = not named and any(one.shape == "money" for one in columns)
    written = 0
    file = CsvFile(path, [*_heads(columns), *([(_("Currency"), "currency")] if adds else [])])
    try:
        for values in values_of(asked, rows):
            currency = next((value.currency for value in values if hasattr(value, "currency")), "")
            file.row([*values, currency] if adds else values)
            written = told(written + 1, progress)
    finally:
        file.close()
    return written


def _xlsx(scope: Scope, asked: Asked, rows: Iterator[Any], totals: list[Any], path: Path, progress: Progress) -> int:
    columns = shown_columns(asked)
    file = Sheets(path, str(asked.report.title), _heads(columns))
    written = 0
    for values in values_of(asked, rows):
        file.row(values)
        written = told(written + 1, progress)
    file.totals([_total(columns, total) for total in totals] if asked.report.amounts else [])
    if asked.chosen.group:
        _groups(scope, asked, file)
    file.close()
    return written


def told(written: int, progress: Progress) -> int:
    """The number of rows written, told every so many."""
    if written % _EACH == 0:
        progress(written)
    return written


def _total(columns: tuple[Column, ...], total: Any) -> list[Any]:
    """A currency's totals below their columns."""
    found = [money(getattr(total, one.source), total.currency) if one.shape == "money" else "" for one in columns]
    if columns[0].shape != "money":
        found[0] = _("Total %(currency)s", currency=total.currency)
    return found


def _groups(scope: Scope, asked: Asked, file: Sheets) -> None:
    """The totals of each group on a sheet of their own, so that the table stays one that can be sorted."""
    report, column = asked.report, asked.report.column(asked.chosen.group)
    assert column is not None
    word = status_words(report)

    def named(value: str) -> str:
        if not value:
            return _("None")
        by_shape = {"status": word, "date": as_month, "branch": lambda key: asked.branches.get(key, key)}
        return by_shape.get(column.shape, str)(value)

    amounts = report.amounts
    currency = [(_("Currency"), "currency")] if amounts else []
    heads = [(str(column.title), "text"), *currency, (_("Rows"), "count"), *_heads(amounts)]
    rows = [
        [
            named(row.grouped),
            *([row.currency] if amounts else []),
            row.count,
            *(money(getattr(row, one.source), row.currency) for one in amounts),
        ]
        for row in groups_of(scope, report, asked.chosen, None)
    ]
    file.table(_("Groups"), heads, rows)
