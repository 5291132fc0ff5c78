"""What a report is: one declaration of its columns, from which table, filters, order, layouts and exports are made.

A list is keyset-paged: the place after which it goes on (or before which it ends) is in the address, so a page of a
list can be bookmarked, and page 200 costs what page 1 does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import zip_longest
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from babel.core import get_global

from chassis.money import digits
from gateway.access import Scope
from gateway.queries import Query, in_branches

if TYPE_CHECKING:
    from gateway.reports.filter import Filter

PAGE = 50
"""Rows of a page of a report."""
_SPELLINGS = ("", "_upper", "_title")
_WILD, _ESCAPED = re.compile(r"[!%_]"), r"!\g<0>"
AMOUNTS = ("money", "quantity")
"""Shapes of columns that are filtered by a range of numbers."""
DAYS = ("date", "moment")
"""Shapes of columns that are filtered by a range of days; a moment's are those of the portal's time zone."""
TEXTS = ("number", "text")
"""Shapes of columns that are filtered by what stands somewhere in them."""
WIDEST = "_widest"
"""The end of the name of a clause that lets pass more than an amount's bound does, by which an index can be used."""
PICKS = ("status", "branch", "currency", "person")
"""Shapes of columns of which one value is picked."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a report.

    `name` stands in addresses and layouts; `source` is the column of the report's table, which rows have it by.
    `shape`: number, text, date, moment (UTC, ISO), money, quantity, count, status, branch, currency, person (a
    contact's id), or word (one of `words`).
    `sort` names one of the report's sorts ("": no index has its order), as grouping does. `usual` columns are shown
    unless a layout says otherwise; `wide` ones are left out on phones. Quantities are integers, in millionths.
    """

    name: str
    title: Any
    shape: str
    source: str
    sort: str = ""
    groups: bool = False
    usual: bool = True
    wide: bool = False
    filtered: bool = True
    words: Mapping[str, Any] = field(default_factory=dict)

    @property
    def group_sql(self) -> str:
        """What rows of one group have in common."""
        return f"SUBSTR(d.{self.source}, 1, 7)" if self.shape == "date" else f"d.{self.source}"

    @property
    def ranged(self) -> bool:
        """Whether it is filtered from … to."""
        return self.filtered and self.shape in (*DAYS, *AMOUNTS)


@dataclass(frozen=True, kw_only=True, eq=False)
class Report:
    """A list of a company's own. `source` is its published table, `select` what is read of a row `d`.

    `kind` names it in layouts and exports; `sorts` has the columns of each sort's keyset, an index behind each;
    `fixed` is a condition on all rows, `searched` and `late` the conditions of the search and of “overdue”.
    A search has the texts from `:term` to `:term_end` (letters and digits alone), or those that have `:typed`.
    """

    kind: str
    path: str
    title: Any
    icon: str
    needs: str
    tab: str
    order: int
    columns: tuple[Column, ...]
    source: str
    select: str
    sorts: Mapping[str, tuple[str, ...]]
    statuses: tuple[str, ...] = ()
    fixed: str = ""
    searched: str = ""
    searched_in: Any = ""
    late: str = ""
    branched: bool = True
    counted: str = "COUNT(*)"
    sort: str = "-date"
    values: Mapping[str, Any] = field(default_factory=dict)

    def link(self, row: Any, scope: Scope) -> str:
        """Where a row leads to; "" where that is not the reader's to open."""
        return f"{self.path}/{quote(str(row.key))}"

    def adjusted(self, chosen: Filter) -> Filter:
        """A filter as this report can have it; what that changes is told in its problems."""
        return chosen

    def read_as(self, scope: Scope, chosen: Filter) -> tuple[Report, Filter, Mapping[str, Any]]:
        """The report whose rows the filter finds, the filter of those, and the values that its source needs."""
        return self, chosen, self.values

    def people(self, scope: Scope) -> dict[str, str]:
        """Those whom rows name, by id: the reader's own company's, in the order of their names."""
        return {}

    def column(self, name: str) -> Column | None:
        """The column of this name."""
        return next((one for one in self.columns if one.name == name), None)

    def shaped(self, shape: str) -> Column | None:
        """The first column of a shape."""
        return next((one for one in self.columns if one.shape == shape), None)

    @property
    def usual(self) -> tuple[str, ...]:
        """The columns that are shown unless a layout says otherwise."""
        return tuple(one.name for one in self.columns if one.usual)

    @property
    def amounts(self) -> tuple[Column, ...]:
        """The columns that are added up, per currency."""
        return tuple(one for one in self.columns if one.shape == "money")

    @property
    def ranges(self) -> tuple[Column, ...]:
        """The columns filtered from … to."""
        return tuple(one for one in self.columns if one.ranged)

    @property
    def texts(self) -> tuple[Column, ...]:
        """The columns filtered by what stands somewhere in them."""
        return tuple(one for one in self.columns if one.filtered and one.shape in TEXTS)


def directions(report: Report) -> tuple[tuple[str, bool], ...]:
    """Every sort, descending and ascending."""
    return tuple((sort, up) for sort in report.sorts for up in (True, False))


def direction(sort: str, up: bool) -> str:
    """The name of an order."""
    return f"{sort}_{'up' if up else 'down'}"


def _after(report: Report, sort: str, up: bool) -> str:
    """What comes behind the place in the address, in this sort's direction."""
    columns = report.sorts[sort]
    left = ", ".join(f"d.{column}" for column in columns)
    right = ", ".join(f":k{index}" for index in range(len(columns)))
    return f"AND ({left}) {'>' if up else '<'} ({right})"


def _order(report: Report, sort: str, up: bool, few: bool = False) -> str:
    """`few`: said so that no index has this order, and what the filter finds is sorted."""
    way = "ASC" if up else "DESC"
    return ", ".join(f"d.{column}{_unindexed(column) if few else ''} {way}" for column in report.sorts[sort])


def _unindexed(column: str) -> str:
    return " + 0" if column.endswith(("_minor", "_count")) else " || ''"


@cache
def _odd_currencies() -> dict[int, tuple[str, ...]]:
    """The currencies that have not two decimals, by how many they have."""
    found: dict[int, list[str]] = {}
    for currency in sorted(get_global("currency_fractions")):
        if len(currency) == 3 and currency.isalpha() and digits(currency) != 2:
            found.setdefault(digits(currency), []).append(currency)
    return {places: tuple(codes) for places, codes in found.items()}


def _in_minor(name: str) -> str:
    """SQL: an amount typed in major units, in the minor units of the row's currency."""
    odd = " ".join(
        f"WHEN d.currency IN ({', '.join(repr(code) for code in codes)}) THEN :{name}{places}"
        for places, codes in _odd_currencies().items()
    )
    return f"CAST(CASE {odd} ELSE :{name}2 END AS bigint)"


def minor_places() -> tuple[int, ...]:
    """How many decimals currencies have; an amount's bound is a parameter a number of decimals."""
    return (*_odd_currencies(), 2)


def has(source: str, name: str) -> str:
    """SQL: whether a text of the row has, in any case of its letters, the one that `spellings` gives values of."""
    found = " OR ".join(f"d.{source} LIKE :{name}{way} ESCAPE '!'" for way in _SPELLINGS)
    return f"({found})"


def begins(source: str) -> str:
    """SQL: whether a text of the row begins with what is searched for, as chassis.documents.search_key compares."""
    return f"(SEARCH_KEY(d.{source}) >= :term AND SEARCH_KEY(d.{source}) < :term_end)"


def spellings(name: str, text: str) -> dict[str, Any]:
    """The values that `has` needs: SQLite's LIKE takes only ASCII's capital and small letters for the same."""
    ways = (text,) if text.isascii() else (text.lower(), text.upper(), text.title())
    found = (f"%{_WILD.sub(_ESCAPED, one)}%" for one in ways)
    return dict(zip_longest((f"{name}{way}" for way in _SPELLINGS), found))


def narrowing(report: Report) -> dict[str, str]:
    """The clauses by which a list is filtered."""
    found: dict[str, str] = {}
    for one in report.ranges:
        # Moments are before the midnight after the last day.
        for end, sign in (("from", ">="), ("to", "<" if one.shape == "moment" else "<=")):
            name = f"{one.name}_{end}"
            bound = _in_minor(name) if one.shape == "money" else f":{name}"
            # What has no date is in no range of dates.
            dated = f" AND d.{one.source} > ''" if one.shape in DAYS and end == "to" else ""
            found[name] = f"AND d.{one.source} {sign} {bound}{dated}"
            if one.shape == "money":
                # By the widest of the bounds in the currencies there are, an index can be used: good where few pass.
                found[name + WIDEST] = f"AND d.{one.source} {sign} :{name}{WIDEST}"
    for one in report.texts:
        found[f"{one.name}_has"] = f"AND {has(one.source, f'{one.name}_has')}"
    for shape in PICKS:
        column = report.shaped(shape)
        if column is not None:
            found[shape] = f"AND d.{column.source} = :only_{shape}"
    if report.searched:
        found["search"] = report.searched
    if report.late:
        found["overdue"] = report.late
    return found


def _where(report: Report) -> str:
    branches = f"AND {in_branches('d')}" if report.branched else ""
    return f"WHERE d.company = :company {report.fixed} {branches}"


@cache
def list_query(report: Report, index: str = "", few: bool = False) -> Query:
    """The rows of a report; `index` is the one to read it by (chassis.documents.list_index), else SQLite chooses.

    `few`: what a search or an amount finds is little of all, so it is found first and sorted then.
    """
    after = {f"after_{direction(sort, up)}": _after(report, sort, up) for sort, up in directions(report)}
    return Query(
        f"{report.kind}.list",
        f"""SELECT {report.select} FROM {report.source} d {f"INDEXED BY {index}" if index else ""}
            {_where(report)} {{clauses}} ORDER BY {{order}} LIMIT :limit""",
        needs=report.needs,
        clauses={**narrowing(report), **after},
        orders={direction(sort, up): _order(report, sort, up, few) for sort, up in directions(report)},
    )


@cache
def passing_query(report: Report) -> Query:
    """How many rows, up to `:most`, pass the widest bounds of amounts alone: what an index says without the rows."""
    return Query(
        f"{report.kind}.passing",
        f"""SELECT COUNT(*) AS count FROM (SELECT 1 AS one FROM {report.source} d
            WHERE d.company = :company {report.fixed} {{clauses}} LIMIT :most) passing""",
        needs=report.needs,
        clauses={name: sql for name, sql in narrowing(report).items() if name.endswith(WIDEST)},
    )


@cache
def found_query(report: Report, group: str = "") -> Query:
    """Count and totals per currency (and group) of a list: the rows themselves are added up."""
    column = report.column(group)
    by = f"{column.group_sql} AS grouped, " if column is not None else ""
    currency = "d.currency" if report.shaped("currency") is not None else "''"
    added = "".join(f", SUM(d.{one.source}) AS {one.source}" for one in report.amounts)
    clauses = narrowing(report)
    if column is not None and column.shape == "text":
        clauses["these"] = f"AND d.{column.source} IN (SELECT value FROM json_each(:these))"
    keys = ", ".join(str(place) for place in range(1, 3 if by else 2))
    return Query(
        f"{report.kind}.found{'.' + group if group else ''}",
        f"""SELECT {by}{currency} AS currency, {report.counted} AS count{added} FROM {report.source} d
            {_where(report)} {{clauses}} GROUP BY {keys} ORDER BY {keys}""",
        needs=report.needs,
        clauses=clauses,
    )
