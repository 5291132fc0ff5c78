"""The full reports (R2); the documents behind them are in documents.py."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from gateway.access import current_scope
from gateway.frame import render
from gateway.reports import glance
from gateway.reports.account import AGEING, ITEMS, MOST
from gateway.reports.items import ITEMS as BOUGHT
from gateway.reports.kinds import KINDS, Kind
from gateway.reports.openitems import OPEN_ITEMS
from gateway.reports.show import report_page
from gateway.routes import Feature, Pages

pages = Pages("reports", __name__)
glance.register()
_GROUPS = {"orders": _l("Orders"), "money": _l("Invoices & payments")}


def _register(kind: Kind) -> None:
    def report() -> Any:
        return report_page(current_scope(), kind)

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
    OPEN_ITEMS.path,
    needs=OPEN_ITEMS.needs,
    tab=OPEN_ITEMS.tab,
    feature=Feature(OPEN_ITEMS.title, OPEN_ITEMS.icon, group=_GROUPS["money"], order=OPEN_ITEMS.order),
)
def open_items() -> Any:
    """What is open, filtered, sorted, grouped and exported as any report."""
    return report_page(current_scope(), OPEN_ITEMS)


@pages.page(
    BOUGHT.path,
    needs=BOUGHT.needs,
    tab=BOUGHT.tab,
    feature=Feature(BOUGHT.title, BOUGHT.icon, group=_GROUPS["money"], order=BOUGHT.order),
)
def items_bought() -> Any:
    """What was bought of each item."""
    return report_page(current_scope(), BOUGHT)


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
