"""What can be exported: every report, and the statement of account. Pages and processes know them by their kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask_babel import gettext as _

from chassis.errors import NotFound
from gateway.access import Scope
from gateway.exports.making import Progress, make
from gateway.exports.statement import make_statement
from gateway.reports import statement
from gateway.reports.reading import totals_of
from gateway.reports.registry import REPORTS, report_for
from gateway.reports.show import read_address
from gateway.reports.statement import read_statement


@dataclass(frozen=True, slots=True)
class Export:
    """Something to be exported as an address asks for it: `rows` there are, `write` writes them and says how many."""

    kind: str
    title: str
    address: str
    rows: int
    write: Callable[[str, Path, Progress], int]


def needs_of(kind: str) -> str:
    """The permission to see what is in such an export; "" for what there is not."""
    if kind == statement.DATES.kind:
        return statement.NEEDS
    return REPORTS[kind].needs if kind in REPORTS else ""


def read_export(scope: Scope, kind: str, args: Any) -> Export:
    """What the address's arguments (a MultiDict) ask for; NotFound for what the person may not see, as for none."""
    needs = needs_of(kind)
    if not needs or not scope.can(needs):
        raise NotFound("There is no such report, or it is not yours to see.")
    if kind == statement.DATES.kind:
        found = read_statement(scope, args)
        count = found.account.count if found.account else 0
        return Export(
            kind,
            _("Statement of account"),
            found.query()[1:],
            count,
            lambda form, path, progress: make_statement(scope, found, form, path, progress),
        )
    report = report_for(scope, kind)
    asked = read_address(scope, report, args)
    count = sum(row.count for row in totals_of(scope, report, asked.chosen))
    return Export(
        kind,
        str(report.title),
        asked.chosen.query()[1:],
        count,
        lambda form, path, progress: make(scope, asked, form, path, progress),
    )
