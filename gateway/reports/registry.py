"""All reports that there are, by what layouts and exports call them."""

from __future__ import annotations

from chassis.errors import NotFound
from gateway.access import Scope
from gateway.reports.cases import CASES
from gateway.reports.items import ITEMS
from gateway.reports.kinds import KINDS
from gateway.reports.openitems import OPEN_ITEMS
from gateway.reports.report import Report

REPORTS: dict[str, Report] = {**KINDS, **{one.kind: one for one in (OPEN_ITEMS, ITEMS, CASES)}}


def report_for(scope: Scope, name: str) -> Report:
    """The report of this name; NotFound when there is none, or none that the person may see."""
    found = REPORTS.get(name)
    if found is None or not scope.can(found.needs):
        raise NotFound("There is no such report, or it is not yours to see.")
    return found
