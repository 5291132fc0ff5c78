"""Reading a report as a filter asks for it: a page of it, its totals, its groups, or all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

import orjson

from chassis.documents import list_index, periods, search_range
from chassis.money import digits
from gateway.access import Scope
from gateway.formats import midnight_after
from gateway.queries import Query
from gateway.reports.filter import Filter, Range, typed_place
from gateway.reports.kinds import SUMS, Kind
from gateway.reports.report import (
    PAGE,
    WIDEST,
    Report,
    direction,
    found_query,
    list_query,
    minor_places,
    passing_query,
    spellings,
)

_NEVER = ("~", "")
_INWARDS = {"from": ROUND_CEILING, "to": ROUND_FLOOR}
_WIDER: dict[str, Callable[[Iterable[int]], int]] = {"from": min, "to": max}
EVERYTHING = 2**62
"""A limit that no list reaches."""
FEW = 10_000
"""So many rows that an index finds are read in less time than all are looked through in."""


def page_of(scope: Scope, report: Report, chosen: Filter, count: int, of: int) -> tuple[list[Any], bool]:
    """The page's rows in their order, and whether there are more in the direction that was read.

    `count` rows of all the company's `of` pass the filter.
    """
    if not count:
        return [], False
    report, chosen, source = report.read_as(scope, chosen)
    query, values = _listing(scope, report, chosen, count, of)
    found = scope.rows(query, **values, **source, limit=PAGE + 1)
    rows = found[:PAGE]
    return (rows[::-1] if chosen.back else rows), len(found) > PAGE


def every_row(scope: Scope, report: Report, chosen: Filter, count: int, of: int) -> Iterator[Any]:
    """All rows that the filter finds, in its order, a few in memory at a time."""
    report, chosen, source = report.read_as(scope, chosen)
    query, values = _listing(scope, report, chosen, count, of)
    return scope.each(query, **values, **source, limit=EVERYTHING)


def totals_of(scope: Scope, report: Report, chosen: Filter) -> list[Any]:
    """Per currency: count and sums of everything the filter finds, not of a page alone."""
    sums = SUMS.get((report.kind, ""))
    if sums is not None and not chosen.narrowed:
        return scope.rows(sums, **sums_parameters(report, chosen))
    report, chosen, source = report.read_as(scope, chosen)
    clauses, values = _narrowing(scope, chosen, _few_pass(scope, report, chosen, source))
    return scope.rows(found_query(report).variant(*clauses), **values, **source)


def groups_of(scope: Scope, report: Report, chosen: Filter, these: Iterable[str] | None) -> list[Any]:
    """As `totals_of`, per group (`grouped`) and currency; of a group by text those in `these` alone (None: all)."""
    sums = SUMS.get((report.kind, chosen.group))
    if sums is not None and not chosen.narrowed:
        return scope.rows(sums, **sums_parameters(report, chosen))
    report, chosen, source = report.read_as(scope, chosen)
    clauses, values = _narrowing(scope, chosen, _few_pass(scope, report, chosen, source))
    query = found_query(report, chosen.group)
    if these is not None and "these" in query.clauses:
        clauses.append("these")
        values["these"] = orjson.dumps(sorted(set(these))).decode()
    return scope.rows(query.variant(*clauses), **values, **source)


def _few_pass(scope: Scope, report: Report, chosen: Filter, source: Mapping[str, Any]) -> dict[str, int]:
    """The widest bounds of the amounts asked for, if those leave so few rows that an index had best find them."""
    widest = _widest(scope, report, chosen) if isinstance(report, Kind) else {}
    if not widest:
        return {}
    passing = scope.rows(passing_query(report).variant(*widest), most=FEW, **widest, **source)[0].count
    return widest if passing < FEW else {}


def _widest(scope: Scope, report: Report, chosen: Filter) -> dict[str, int]:
    """Clause (and its value's name) → the widest bound of an amount, in the minor units of the currencies there are.

    An amount of 100 is 100 yen and 10,000 cents: what is not worth 100 of any would pass if all currencies counted.
    """
    ends = [(one, end, bound) for one in chosen.ranges for end, bound in (("from", one.low), ("to", one.high))]
    asked = [(one.column.name, end, bound) for one, end, bound in ends if one.column.shape == "money"]
    if not any(isinstance(bound, Decimal) for _name, _end, bound in asked):
        return {}
    sums = SUMS.get((report.kind, ""))
    rows = scope.rows(sums, **sums_parameters(report, chosen)) if sums is not None else []
    places = {digits(row.currency) for row in rows} or minor_places()
    return {
        f"{name}_{end}{WIDEST}": _WIDER[end](_minor(bound, one, _INWARDS[end]) for one in places)
        for name, end, bound in asked
        if isinstance(bound, Decimal)
    }


def _listing(scope: Scope, report: Report, chosen: Filter, count: int, of: int) -> tuple[Query, dict[str, Any]]:
    few = chosen.narrowed and count * count < PAGE * of
    clauses, values = _narrowing(scope, chosen, _widest(scope, report, chosen) if few else {})
    branches = scope.branches
    if branches is not None and len(branches) == 1 and report.branched and "branch" not in clauses:
        # The scope limits to its branches in any case; said this way too, an index can be used.
        clauses.append("branch")
        values["only_branch"] = branches[0]
    # Going back reads the list the other way round from the place; the page turns the rows again.
    order = direction(chosen.sort, chosen.up != chosen.back)
    if chosen.place:
        clauses.append(f"after_{order}")
        values |= {f"k{index}": value for index, value in enumerate(typed_place(report, chosen))}
    index = _index_for(report, chosen, "branch" in clauses, count, of)
    return list_query(report, index, few).variant(*clauses, order=order), values


def _index_for(report: Report, chosen: Filter, branch: bool, matching: int, of: int) -> str:
    """The index to read the list by; empty where a search, an amount or “overdue” finds the rows."""
    if chosen.narrowed or not isinstance(report, Kind):
        return ""
    return list_index(
        report.table("s").partition(".")[2],
        chosen.sort,
        status="status" in chosen.picks,
        branch=branch,
        dated=bool(chosen.since or chosen.until),
        matching=matching,
        of=of,
    )


def sums_parameters(report: Report, chosen: Filter) -> dict[str, Any]:
    """Values for the totals by month and day."""
    values = {f"only_{name}": chosen.picks.get(name, "") for name in ("status", "branch", "currency")}
    return {**values, **report.values, **period_values(chosen.since, chosen.until)}


def period_values(since: date | None, until: date | None) -> dict[str, str]:
    """The bounds of days and months that add up to these days: `:month0`, `:month1`, `:a0`, …"""
    values: dict[str, str] = {}
    slots = {"month": iter((("month0", "month1"),)), "date": iter((("a0", "a1"), ("b0", "b1")))}
    for names in (("month0", "month1"), ("a0", "a1"), ("b0", "b1")):
        values |= dict(zip(names, _NEVER, strict=True))
    for period, first, last in periods(since, until):
        values |= dict(zip(next(slots[period]), (first, last), strict=True))
    return values


def place_of(report: Report, row: Any, sort: str) -> tuple[str, ...]:
    """Where a row stands in the list, for the address of the page behind or before it."""
    return tuple(str(getattr(row, column)) for column in report.sorts[sort])


def _narrowing(scope: Scope, chosen: Filter, widest: Mapping[str, int]) -> tuple[list[str], dict[str, Any]]:
    clauses = [*chosen.picks, *widest]
    values: dict[str, Any] = {**{f"only_{name}": value for name, value in chosen.picks.items()}, **widest}
    for one in chosen.ranges:
        found = _bounds(scope, one)
        clauses += list(found)
        for bound in found.values():
            values |= bound
    if chosen.search:
        clauses.append("search")
        values["term"], values["term_end"] = search_range(chosen.search)
        values |= spellings("typed", chosen.search)
    for name, text in chosen.texts.items():
        clauses.append(f"{name}_has")
        values |= spellings(f"{name}_has", text)
    if chosen.overdue:
        clauses.append("overdue")
    return clauses, values


def _bounds(scope: Scope, one: Range) -> dict[str, dict[str, Any]]:
    """Clause → its values, of the ends that there are."""
    zone = scope.visit.ground.gateway.timezone
    found: dict[str, dict[str, Any]] = {}
    for end, bound in (("from", one.low), ("to", one.high)):
        name = f"{one.column.name}_{end}"
        if isinstance(bound, date) and one.column.shape == "moment":
            day = bound if end == "to" else bound - timedelta(days=1)
            found[name] = {name: midnight_after(day, zone).astimezone(UTC).isoformat()}
        elif isinstance(bound, date):
            found[name] = {name: bound.isoformat()}
        elif isinstance(bound, Decimal) and one.column.shape == "money":
            found[name] = {f"{name}{places}": _minor(bound, places, _INWARDS[end]) for places in minor_places()}
        elif isinstance(bound, Decimal):
            found[name] = {name: _minor(bound, 6, _INWARDS[end])}
    return found


def _minor(amount: Decimal, places: int, rounding: str) -> int:
    return int(amount.scaleb(places).to_integral_value(rounding))
