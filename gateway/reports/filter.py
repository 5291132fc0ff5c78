"""What a report's address says: filters, order and place; and the addresses of its neighbours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask_babel import gettext as _

from chassis.documents import SORTS, list_index, periods, search_range
from gateway.reports.kinds import PAGE, Kind

_NEVER = ("~", "")
_YEARS = range(1900, 2201)
_INTEGER = re.compile(r"-?[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Filter:
    """A report as its address asks for it; what the address has wrong is in `problems` and is left out.

    `place` are the values of the sort's columns of the row that this page follows (or, with `back`, comes before);
    `first` is the number of the page's first row in the whole list.
    """

    search: str = ""
    since: date | None = None
    until: date | None = None
    status: str = ""
    overdue: bool = False
    sort: str = "date"
    up: bool = False
    place: tuple[str, ...] = ()
    back: bool = False
    first: int = 1
    problems: tuple[str, ...] = ()

    @property
    def narrowed(self) -> bool:
        """Whether totals must add up the rows themselves."""
        return bool(self.search or self.overdue)

    @property
    def active(self) -> bool:
        """Whether anything is filtered at all."""
        return bool(self.narrowed or self.since or self.until or self.status)

    def query(self, **changes: Any) -> str:
        """The address of this report with some of it changed; without a change it goes back to the first page."""
        changed = replace(self, **{"place": (), "back": False, "first": 1, **changes})
        found: list[tuple[str, str]] = []
        for name, text in (("q", changed.search), ("status", changed.status)):
            if text:
                found.append((name, text))
        for name, day in (("since", changed.since), ("until", changed.until)):
            if day:
                found.append((name, day.isoformat()))
        if changed.overdue:
            found.append(("overdue", "1"))
        if (changed.sort, changed.up) != ("date", False):
            found.append(("sort", f"{'' if changed.up else '-'}{changed.sort}"))
        if changed.place:
            found += [("before" if changed.back else "after", value) for value in changed.place]
            found.append(("n", str(changed.first)))
        return "?" + urlencode(found) if found else "?"

    def sorted_by(self, sort: str) -> str:
        """The address with the list sorted by this column: the other way round when it is already."""
        return self.query(sort=sort, up=not self.up if sort == self.sort else sort in ("number", "reference", "status"))


def read_filter(kind: Kind, args: Mapping[str, Any], lists: Mapping[str, list[str]]) -> Filter:
    """The filter of an address; never raises: what cannot be read is named in `problems` and left out."""
    problems: list[str] = []
    since = _day(args.get("since", ""), _("From"), problems)
    until = _day(args.get("until", ""), _("To"), problems)
    if since and until and since > until:
        problems.append(_("“From” is after “To”; the dates were swapped."))
        since, until = until, since
    status = args.get("status", "")
    if status and status not in kind.statuses:
        problems.append(_("“%(status)s” is not a status here; all are shown.", status=status))
        status = ""
    asked = args.get("sort", "-date")
    sort = asked.removeprefix("-")
    if sort not in SORTS:
        sort, asked = "date", "-date"
    back = bool(lists.get("before"))
    place = tuple(lists.get("before" if back else "after", ()))
    if len(place) != len(SORTS[sort]):
        place, back = (), False
    number = args.get("n", "1")
    first = int(number) if place and number.isdecimal() and len(number) < 10 else 1
    return Filter(
        args.get("q", "").strip()[:100],
        since,
        until,
        status,
        kind.owed and args.get("overdue") == "1",
        sort,
        not asked.startswith("-"),
        place,
        back,
        max(first, 1),
        tuple(problems),
    )


def _day(text: str, name: str, problems: list[str]) -> date | None:
    try:
        found = date.fromisoformat(text) if text else None
        # A day before or after the day asked for has to be a date too.
        if found is None or found.year in _YEARS:
            return found
        raise ValueError(text)
    except ValueError:
        problems.append(_("%(name)s: “%(text)s” is not a date like 2026-05-31; it was left out.", name=name, text=text))
        return None


def list_parameters(
    kind: Kind, chosen: Filter, branches: tuple[str, ...] | None
) -> tuple[tuple[str, ...], str, dict[str, Any]]:
    """Clauses, order and values for the list's statement; one row more than a page, to know whether more follow."""
    clauses, values = _narrowing(kind, chosen)
    if branches is not None and len(branches) == 1:
        # The scope limits to its branches in any case; said this way too, an index can be used.
        clauses.append("branch")
        values["only_branch"] = branches[0]
    # Going back reads the list the other way round from the place; the page turns the rows again.
    up = chosen.up != chosen.back
    direction = f"{chosen.sort}_{'up' if up else 'down'}"
    if chosen.place:
        clauses.append(f"after_{direction}")
        values |= {f"k{index}": value for index, value in enumerate(_typed(chosen))}
    return tuple(clauses), direction, {**values, "kind": kind.kind, "limit": PAGE + 1}


def found_parameters(kind: Kind, chosen: Filter) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Clauses and values for the totals of a narrowed list."""
    clauses, values = _narrowing(kind, chosen)
    return tuple(clauses), {**values, "kind": kind.kind}


def sums_parameters(kind: Kind, chosen: Filter) -> dict[str, Any]:
    """Values for the totals by month and day."""
    values: dict[str, Any] = {"kind": kind.kind, "status": chosen.status}
    slots = {"month": iter((("month0", "month1"),)), "date": iter((("a0", "a1"), ("b0", "b1")))}
    for names in (("month0", "month1"), ("a0", "a1"), ("b0", "b1")):
        values |= dict(zip(names, _NEVER, strict=True))
    for period, first, last in periods(chosen.since, chosen.until):
        values |= dict(zip(next(slots[period]), (first, last), strict=True))
    return values


def index_for(kind: Kind, chosen: Filter, branches: tuple[str, ...] | None, matching: int, of: int) -> str:
    """The index to read the list by; empty where a search or “overdue” finds the rows."""
    if chosen.narrowed:
        return ""
    return list_index(
        kind.table("s").partition(".")[2],
        chosen.sort,
        status=bool(chosen.status),
        branch=branches is not None and len(branches) == 1,
        dated=bool(chosen.since or chosen.until),
        matching=matching,
        of=of,
    )


def place_of(row: Any, sort: str) -> tuple[str, ...]:
    """Where a row stands in the list, for the address of the page behind or before it."""
    return tuple(str(getattr(row, column)) for column in SORTS[sort])


def _narrowing(kind: Kind, chosen: Filter) -> tuple[list[str], dict[str, Any]]:
    clauses: list[str] = []
    values: dict[str, Any] = {}
    if chosen.since:
        clauses.append("since")
        values["since"] = chosen.since.isoformat()
    if chosen.until:
        clauses.append("until")
        values["until"] = chosen.until.isoformat()
    if chosen.status:
        clauses.append("status")
        values["status"] = chosen.status
    if chosen.search:
        clauses.append("search")
        values["term"], values["term_end"] = search_range(chosen.search)
    if chosen.overdue:
        clauses.append("overdue")
    return clauses, values


def _typed(chosen: Filter) -> list[Any]:
    columns = SORTS[chosen.sort]
    return [
        _integer(value) if name.endswith("_minor") else value for name, value in zip(columns, chosen.place, strict=True)
    ]


def _integer(text: str) -> int:
    return int(text) if _INTEGER.fullmatch(text) else 0
