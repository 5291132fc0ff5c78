"""A report's page as its template shows it: its columns, its groups with their subtotals, the branches to pick."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gateway.access import Scope
from gateway.people import branch_names
from gateway.reports.filter import Filter
from gateway.reports.report import Column, Report


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of a page that belong together; `totals` are the whole group's, per currency."""

    value: str
    rows: Sequence[Any]
    totals: Sequence[Any]


def columns_of(report: Report, chosen: Filter) -> tuple[Column, ...]:
    """The columns of the view, in its order."""
    found = (report.column(name) for name in chosen.view.columns)
    return tuple(one for one in found if one is not None)


def group_value(column: Column, row: Any) -> str:
    """By what a row is grouped."""
    value = str(getattr(row, column.source) or "")
    return value[:7] if column.shape == "date" else value


def grouped_rows(column: Column | None, rows: Sequence[Any], subtotals: Sequence[Any]) -> tuple[Group, ...]:
    """The page's rows in their groups, in the order they come; one without a value where nothing is grouped."""
    if column is None:
        return (Group("", rows, ()),) if rows else ()
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(group_value(column, row), []).append(row)
    totals: dict[str, list[Any]] = {}
    for total in subtotals:
        totals.setdefault(str(total.grouped or ""), []).append(total)
    return tuple(Group(value, group, totals.get(value, ())) for value, group in found.items())


def own_branches(scope: Scope, report: Report) -> dict[str, str]:
    """The branches a report can be narrowed to, by key; none where there is no choice."""
    if report.shaped("branch") is None:
        return {}
    return branch_names(scope.visit.reads, scope.company, scope.own_branches)
