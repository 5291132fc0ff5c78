"""What a report's address says: filters, columns, order and place; and the addresses of its neighbours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask_babel import gettext as _
from flask_babel import pgettext

from gateway.formats import as_date, as_number
from gateway.reports.report import DAYS, PICKS, Column, Report

STANDARD = "standard"
"""The address's word for no layout, where a layout is the person's default."""
_YEARS = range(1900, 2201)
_MOST_TEXT = 100
_MOST = {"money": Decimal(10) ** 13, "quantity": Decimal(10) ** 12}
"""What an amount is below, by its shape: in minor units (four decimals at most) or millionths it fits in 64 bits."""
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_BEGINS_UP = ("number", "text", "status", "branch")
Bound = date | Decimal | None


@dataclass(frozen=True, slots=True)
class View:
    """How a report is looked at: its columns in their order, what it is sorted and grouped by ("": not grouped)."""

    columns: tuple[str, ...] = ()
    sort: str = "date"
    up: bool = False
    group: str = ""

    @property
    def order(self) -> str:
        """The sort as addresses have it: `-date`."""
        return f"{'' if self.up else '-'}{self.sort}"


def usual_view(report: Report) -> View:
    """The report as it is without a layout."""
    return View(report.usual, report.sort.removeprefix("-"), not report.sort.startswith("-"))


def view_of(report: Report, columns: Iterable[str], order: str, group: str, base: View | None = None) -> View:
    """The view that these say, without what the report does not have; what is grouped is sorted by its group."""
    base = base or usual_view(report)
    known = tuple(dict.fromkeys(name for name in columns if report.column(name))) or base.columns
    sort, up = order.removeprefix("-"), not order.startswith("-")
    if sort not in report.sorts:
        sort, up = base.sort, base.up
    grouped = report.column(group)
    if grouped is None or not grouped.groups:
        return View(known, sort, up)
    return View(known, grouped.sort, up if sort == grouped.sort else grouped.shape != "date", group)


@dataclass(frozen=True, slots=True)
class Range:
    """What a column is filtered by, both ends included; None is no end."""

    column: Column
    low: Bound
    high: Bound

    @property
    def names(self) -> tuple[str, str]:
        """What the ends are called in addresses."""
        if self.column.name == "date":
            return "since", "until"
        return f"{self.column.name}_from", f"{self.column.name}_to"

    @property
    def words(self) -> str:
        """The range as a reader is told of it."""
        low, high = (as_date(one) if isinstance(one, date) else as_number(one) for one in (self.low, self.high))
        if self.low is None:
            return _("up to %(high)s", high=high)
        return _("from %(low)s", low=low) if self.high is None else f"{low} – {high}"


@dataclass(frozen=True, slots=True)
class Filter:
    """A report as its address asks for it; what the address has wrong is in `problems` and is left out.

    `view` is how it is looked at, `base` how it would be without the address's own wishes, by the layout `layout`.
    `texts` are what columns are to have in them, by their names. `place` are the values of the sort's columns of the
    row that this page follows (or, with `back`, comes before); `first` is the number of the page's first row in all.
    """

    view: View = field(default_factory=View)
    base: View = field(default_factory=View)
    layout: str = ""
    search: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    picks: Mapping[str, str] = field(default_factory=dict)
    ranges: tuple[Range, ...] = ()
    overdue: bool = False
    place: tuple[str, ...] = ()
    back: bool = False
    first: int = 1
    problems: tuple[str, ...] = ()

    @property
    def sort(self) -> str:
        """The report's sort."""
        return self.view.sort

    @property
    def up(self) -> bool:
        """Whether it is ascending."""
        return self.view.up

    @property
    def group(self) -> str:
        """The column it is grouped by."""
        return self.view.group

    def range(self, name: str) -> Range | None:
        """What the column is filtered by."""
        return next((one for one in self.ranges if one.column.name == name), None)

    @property
    def since(self) -> date | None:
        """The first day of the documents' own date."""
        return self._day("low")

    @property
    def until(self) -> date | None:
        """The last day of the documents' own date."""
        return self._day("high")

    def _day(self, end: str) -> date | None:
        found = getattr(self.range("date"), end, None)
        return found if isinstance(found, date) else None

    @property
    def narrowed(self) -> bool:
        """Whether totals must add up the rows themselves."""
        return bool(self.search or self.texts or self.overdue or any(one.column.name != "date" for one in self.ranges))

    @property
    def active(self) -> bool:
        """Whether anything is filtered at all."""
        return bool(self.narrowed or self.ranges or self.picks)

    def filters(self) -> list[tuple[str, str]]:
        """What of the address says which rows there are."""
        found = [("q", self.search)] if self.search else []
        found += [(f"{name}_has", text) for name, text in self.texts.items()]
        found += list(self.picks.items())
        for one in self.ranges:
            found += [
                (name, str(end)) for name, end in zip(one.names, (one.low, one.high), strict=True) if end is not None
            ]
        return [*found, ("overdue", "1")] if self.overdue else found

    def looks(self) -> list[tuple[str, str]]:
        """What of the address says how they are shown."""
        found = [("layout", self.layout)] if self.layout else []
        if self.view.columns != self.base.columns:
            found.append(("cols", ",".join(self.view.columns)))
        if self.view.group != self.base.group:
            found.append(("group", self.view.group or "none"))
        if self.view.order != self.base.order:
            found.append(("sort", self.view.order))
        return found

    def by_layout(self, layout: str) -> str:
        """The address with the same filters, looked at by another layout."""
        return "?" + urlencode([*self.filters(), ("layout", layout)])

    def query(self, **changes: Any) -> str:
        """The address of this report with some of it changed; without a change it goes back to the first page."""
        changed = replace(self, **{"place": (), "back": False, "first": 1, **changes})
        found = changed.filters() + changed.looks()
        if changed.place:
            found += [("before" if changed.back else "after", value) for value in changed.place]
            found.append(("n", str(changed.first)))
        return "?" + urlencode(found) if found else "?"

    @property
    def cleared(self) -> str:
        """The address without any filter, looked at as now."""
        return replace(self, search="", texts={}, picks={}, ranges=(), overdue=False).query()

    def sorted_by(self, column: Column) -> str:
        """The address with the list sorted by this column: the other way round when it is already."""
        up = not self.up if column.sort == self.sort else column.shape in _BEGINS_UP
        group = self.group if column.sort == self.sort else ""
        return self.query(view=replace(self.view, sort=column.sort, up=up, group=group))

    def without(self, name: str) -> str:
        """The address without a pick or a range."""
        picks = {key: value for key, value in self.picks.items() if key != name}
        return self.query(picks=picks, ranges=tuple(one for one in self.ranges if one.column.name != name))

    def without_text(self, name: str) -> str:
        """The address without what a column is to have in it."""
        return self.query(texts={key: value for key, value in self.texts.items() if key != name})

    def dated(self, column: Column, since: date, until: date) -> str:
        """The address with the column between these days."""
        rest = tuple(one for one in self.ranges if one.column is not column)
        return self.query(ranges=(*rest, Range(column, since, until)))


def read_filter(
    report: Report,
    args: Mapping[str, Any],
    lists: Mapping[str, list[str]],
    base: View | None = None,
    layout: str = "",
    picks: Mapping[str, Iterable[str]] | None = None,
) -> Filter:
    """The filter of an address; never raises: what cannot be read is named in `problems` and left out.

    `base` is how the report is shown where the address does not say; `picks` are the values a status, branch,
    currency or person may have.
    """
    problems: list[str] = []
    base = base or usual_view(report)
    group = args.get("group", base.group)
    columns = [name for name in args.get("cols", "").split(",") if name]
    view = view_of(report, columns, args.get("sort", base.order), group, base)
    back = bool(lists.get("before"))
    place = tuple(lists.get("before" if back else "after", ()))
    if len(place) != len(report.sorts[view.sort]):
        place, back = (), False
    number = args.get("n", "1")
    first = int(number) if place and number.isdecimal() and len(number) < 10 else 1
    return Filter(
        view,
        base,
        layout,
        args.get("q", "").strip()[:_MOST_TEXT] if report.searched else "",
        _texts(report, args),
        _picks(report, args, {"status": report.statuses, **(picks or {})}, problems),
        tuple(_ranges(report, args, problems)),
        bool(report.late) and args.get("overdue") == "1",
        place,
        back,
        max(first, 1),
        tuple(problems),
    )


def _texts(report: Report, args: Mapping[str, Any]) -> dict[str, str]:
    typed = {one.name: args.get(f"{one.name}_has", "").strip()[:_MOST_TEXT] for one in report.texts}
    return {name: text for name, text in typed.items() if text}


def _picks(
    report: Report, args: Mapping[str, Any], known: Mapping[str, Iterable[str]], problems: list[str]
) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in PICKS:
        value, column = args.get(name, ""), report.shaped(name)
        if not value or column is None:
            continue
        if value in known.get(name, ()):
            found[name] = value
        else:
            said = {"status": _("“%(value)s” is not a status here; all are shown.", value=value)}
            problems.append(said.get(name) or _("There is nothing of “%(value)s” here; all are shown.", value=value))
    return found


def _ranges(report: Report, args: Mapping[str, Any], problems: list[str]) -> Iterator[Range]:
    for column in report.ranges:
        empty = Range(column, None, None)
        read = _day if column.shape in DAYS else partial(_amount, _MOST[column.shape])
        ends = [read(args.get(name, ""), _end(column, place), problems) for place, name in enumerate(empty.names)]
        low, high = ends
        if low is not None and high is not None and low > high:  # type: ignore[operator]
            low, high = high, low
            problems.append(_("%(name)s: “from” is after “to”; they were swapped.", name=column.title))
        if low is not None or high is not None:
            yield Range(column, low, high)


def _end(column: Column, place: int) -> str:
    return f"{column.title}, {(pgettext('range', 'from'), pgettext('range', 'to'))[place]}"


def _day(text: str, name: str, problems: list[str]) -> date | None:
    try:
        found = date.fromisoformat(text) if text else None
        # A day before or after the day asked for has to be a date too.
        if found is None or found.year in _YEARS:
            return found
        problems.append(
            _("%(name)s: %(day)s is left out, for days are taken from 1900 to 2200 alone.", name=name, day=text)
        )
    except ValueError:
        problems.append(_("%(name)s: “%(text)s” is not a date like 2026-05-31; it was left out.", name=name, text=text))
    return None


def _amount(most: Decimal, text: str, name: str, problems: list[str]) -> Decimal | None:
    text = text.strip()
    try:
        found = Decimal(text) if text else None
        if found is None or (found.is_finite() and abs(found) < most):
            return found
    except InvalidOperation:
        pass
    problems.append(_("%(name)s: “%(text)s” is not a number like 1250.50; it was left out.", name=name, text=text[:50]))
    return None


def typed_place(report: Report, chosen: Filter) -> list[Any]:
    """The place as the columns of the sort hold it."""
    return [
        _integer(value) if name.endswith(("_minor", "_count")) else value
        for name, value in zip(report.sorts[chosen.sort], chosen.place, strict=True)
    ]


def _integer(text: str) -> int:
    return int(text) if _INTEGER.fullmatch(text) else 0
