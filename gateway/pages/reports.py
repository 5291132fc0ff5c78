"""The full reports (R2) and the documents behind them (R7)."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from chassis.errors import NotFound
from gateway.access import current_scope
from gateway.frame import render
from gateway.reports import chain, glance
from gateway.reports.account import AGEING, ITEMS, MOST
from gateway.reports.document import load_document
from gateway.reports.kinds import KINDS, ORDERS, Kind
from gateway.reports.openitems import OPEN_ITEMS
from gateway.reports.show import report_page
from gateway.routes import Feature, Pages

pages = Pages("reports", __name__)
glance.register()
_GROUPS = {"orders": _l("Orders"), "money": _l("Invoices & payments")}


def _document(kind: Kind, number: str) -> Any:
    scope = current_scope()
    try:
        document = load_document(scope, kind, number)
    except NotFound:
        if not scope.visit.pending:
            raise
        return render("_states/pending.html", title=number, crumb=False)
    return render(
        "reports/document.html",
        title=f"{kind.singular} {document.row.number}",
        kind=kind,
        document=document,
        chain=chain.around(scope, kind.kind, document.row.number),
    )


def _register(kind: Kind) -> None:
    def report() -> Any:
        return report_page(current_scope(), kind)

    def document(number: str) -> Any:
        return _document(kind, number)

    report.__name__, document.__name__ = kind.kind, f"{kind.kind}_document"
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
    # Who may only order is led to the order they placed.
    needs = (kind.needs, "order") if kind is ORDERS else kind.needs
    pages.page(f"{kind.path}/<path:number>", needs=needs, tab=kind.tab)(document)


for _kind in KINDS.values():
    _register(_kind)


@pages.page(
    OPEN_ITEMS.path,
    needs=OPEN_ITEMS.needs,
    tab=OPEN_ITEMS.tab,
    feature=Feature(OPEN_ITEMS.title, OPEN_ITEMS.icon, group=_GROUPS["money"], order=OPEN_ITEMS.order),
)
def open_items() -> Any:
    """What is open, filtered, sorted, grouped and exported as any report."""
    return report_page(current_scope(), OPEN_ITEMS)


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
