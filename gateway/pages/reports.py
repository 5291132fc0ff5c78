"""The full reports (R2); the documents behind them are in documents.py."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from gateway.access import Scope, current_scope
from gateway.frame import render
from gateway.reports import glance, kinds
from gateway.reports.account import AGEING, ITEMS, MOST
from gateway.reports.filter import (
    Filter,
    found_parameters,
    index_for,
    list_parameters,
    place_of,
    read_filter,
    sums_parameters,
)
from gateway.reports.kinds import FOUND, KINDS, PAGE, SUMS, Kind, list_query
from gateway.routes import Feature, Pages

pages = Pages("reports", __name__)
glance.register()
_GROUPS = {"orders": _l("Orders"), "money": _l("Invoices & payments")}


def _report(kind: Kind) -> Any:
    scope = current_scope()
    chosen = read_filter(kind, request.args, {name: request.args.getlist(name) for name in ("after", "before")})
    totals = _totals(scope, kind, chosen)
    count = sum(total.count for total in totals)
    rows, more = _page(scope, kind, chosen, count)
    return render(
        "reports/report.html",
        title=str(kind.title),
        kind=kind,
        chosen=chosen,
        rows=rows,
        totals=totals,
        count=count,
        older=_older(chosen, rows, more),
        newer=_newer(chosen, rows),
        kinds=kinds,
    )


def _page(scope: Scope, kind: Kind, chosen: Filter, count: int) -> tuple[list[Any], bool]:
    """The page's rows in their order, and whether there are more in the direction that was read."""
    clauses, order, values = list_parameters(kind, chosen, scope.branches)
    everything = count
    if chosen.active:
        everything = sum(row.count for row in scope.rows(SUMS[kind.kind], **sums_parameters(kind, Filter())))
    index = index_for(kind, chosen, scope.branches, count, everything)
    found = scope.rows(list_query(kind, index).variant(*clauses, order=order), **values)
    rows = found[:PAGE]
    return (rows[::-1] if chosen.back else rows), len(found) > PAGE


def _totals(scope: Scope, kind: Kind, chosen: Filter) -> list[Any]:
    """Per currency: count, total, open amount of everything the filter finds, not of this page alone."""
    if chosen.narrowed:
        clauses, values = found_parameters(kind, chosen)
        return scope.rows(FOUND[kind.kind].variant(*clauses), **values)
    return scope.rows(SUMS[kind.kind], **sums_parameters(kind, chosen))


def _older(chosen: Filter, rows: list[Any], more: bool) -> str:
    """The address of the page behind this one; empty on the last."""
    if not rows or not (more or chosen.back):
        return ""
    return chosen.query(place=place_of(rows[-1], chosen.sort), back=False, first=chosen.first + len(rows))


def _newer(chosen: Filter, rows: list[Any]) -> str:
    """The address of the page before this one; empty on the first."""
    if not rows or chosen.first <= 1:
        return ""
    if chosen.first <= PAGE + 1:
        return chosen.query()
    return chosen.query(place=place_of(rows[0], chosen.sort), back=True, first=chosen.first - PAGE)


def _register(kind: Kind) -> None:
    def report() -> Any:
        return _report(kind)

    report.__name__ = kind.kind
    # Orders come before the Order Pad in their tab; each report leads where its tab has no other page.
    feature = Feature(
        kind.title,
        kind.icon,
        group=_GROUPS[kind.tab],
        leads=kind.kind in ("order", "invoice"),
        quick=kind.kind in ("order", "invoice"),
        order=kind.order,
    )
    pages.page(kind.path, needs=kind.needs, tab=kind.tab, feature=feature)(report)


for _kind in KINDS.values():
    _register(_kind)


@pages.page(
    "/balance",
    needs="see_balance",
    tab="money",
    feature=Feature(_l("Account balance"), "wallet2", group=_GROUPS["money"], quick=True, order=5),
)
def balance() -> Any:
    """What is open, in all currencies, and for how long."""
    scope = current_scope()
    return render(
        "reports/balance.html",
        title=_("Account balance"),
        ageing=scope.rows(AGEING),
        items=scope.rows(ITEMS, limit=MOST),
        kinds=KINDS,
    )
