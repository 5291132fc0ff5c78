"""A report's page: read as its address asks, with the addresses of what is beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import request

from gateway.access import Scope
from gateway.favourites import favourites_of, layout_page
from gateway.frame import render
from gateway.reports.filter import Filter, read_filter
from gateway.reports.layouts import Layout, base_of, layouts_of
from gateway.reports.presets import presets
from gateway.reports.reading import groups_of, page_of, place_of, totals_of
from gateway.reports.report import PAGE, Report
from gateway.reports.table import columns_of, group_value, grouped_rows, own_branches


@dataclass(frozen=True, slots=True)
class Asked:
    """A report as an address asks for it, by whom, and what can be picked in it; `of` rows there are in all."""

    report: Report
    chosen: Filter
    branches: Mapping[str, str]
    currencies: tuple[str, ...]
    people: Mapping[str, str]
    of: int
    layouts: list[Layout]

    @property
    def layout(self) -> Layout | None:
        """The layout it is shown by: the address's, else the person's own choice."""
        key = self.chosen.layout
        return next((one for one in self.layouts if (one.key == key if key else one.chosen)), None)


def read_address(scope: Scope, report: Report, args: Any) -> Asked:
    """What an address's arguments (a MultiDict) ask of a report."""
    everything = totals_of(scope, report, Filter())
    branches, people = own_branches(scope, report), report.people(scope)
    currencies = tuple(row.currency for row in everything)
    lists = {name: args.getlist(name) for name in ("after", "before")}
    layouts = layouts_of(scope, report)
    base, layout, problem = base_of(layouts, args.get("layout", ""))
    picks = {"branch": branches, "currency": currencies, "person": people}
    chosen = read_filter(report, args, lists, base, layout, picks)
    chosen = report.adjusted(chosen)
    if problem:
        chosen = replace(chosen, problems=(*chosen.problems, problem))
    return Asked(report, chosen, branches, currencies, people, sum(row.count for row in everything), layouts)


def report_page(scope: Scope, report: Report) -> Any:
    """The page of a report, as the request's address asks for it."""
    asked = read_address(scope, report, request.args)
    chosen = asked.chosen
    totals = totals_of(scope, report, chosen)
    count = sum(total.count for total in totals)
    rows, more = page_of(scope, report, chosen, count, asked.of)
    grouped = report.column(chosen.group)
    these = () if grouped is None else [group_value(grouped, row) for row in rows]
    subtotals = groups_of(scope, report, chosen, these) if rows and grouped is not None else ()
    return render(
        "reports/report.html",
        title=str(report.title),
        report=report,
        asked=asked,
        chosen=chosen,
        star=_star(scope, asked),
        columns=columns_of(report, chosen),
        grouped=grouped,
        groups=grouped_rows(grouped, rows, subtotals),
        totals=totals,
        count=count,
        shown=len(rows),
        presets=presets(scope.today),
        older=_older(report, chosen, rows, more),
        newer=_newer(report, chosen, rows),
    )


def _star(scope: Scope, asked: Asked) -> tuple[str, bool]:
    """The address that the layout it is shown by is pinned by, and whether it is; no address without a layout."""
    if asked.layout is None:
        return "", False
    page = layout_page(asked.report, asked.layout.key)
    return page, any(page == one for one, _name in favourites_of(scope))


def _older(report: Report, chosen: Filter, rows: list[Any], more: bool) -> str:
    """The address of the page behind this one; empty on the last."""
    if not rows or not (more or chosen.back):
        return ""
    return chosen.query(place=place_of(report, rows[-1], chosen.sort), back=False, first=chosen.first + len(rows))


def _newer(report: Report, chosen: Filter, rows: list[Any]) -> str:
    """The address of the page before this one; empty on the first."""
    if not rows or chosen.first <= 1:
        return ""
    if chosen.first <= PAGE + 1:
        return chosen.query()
    return chosen.query(place=place_of(report, rows[0], chosen.sort), back=True, first=chosen.first - PAGE)
