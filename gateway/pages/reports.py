"""The full reports (R2); the documents behind them are in documents.py."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from gateway.access import current_scope
from gateway.frame import render
from gateway.reports import glance
from gateway.reports.account import AGEING, AGES, ITEMS, MOST
from gateway.reports.items import ITEMS as BOUGHT
from gateway.reports.kinds import KINDS
from gateway.reports.openitems import OPEN_ITEMS
from gateway.reports.report import Report
from gateway.reports.show import report_page
from gateway.routes import Feature, Pages

pages = Pages("reports", __name__)
glance.register()
_GROUPS = {"orders": _l("Orders"), "money": _l("Invoices & payments")}


def _register(shown: Report) -> None:
    def report() -> Any:
        return report_page(current_scope(), shown)

    report.__name__ = shown.kind
    # Orders come before the Order Pad in their tab; each report leads where its tab has no other page.
    first = shown.kind in ("order", "invoice")
    feature = Feature(shown.title, shown.icon, group=_GROUPS[shown.tab], leads=first, quick=first, order=shown.order)
    pages.page(shown.path, needs=shown.needs, tab=shown.tab, feature=feature)(report)


for _shown in (*KINDS.values(), OPEN_ITEMS, BOUGHT):
    _register(_shown)


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
        ages=AGES,
        items=scope.rows(ITEMS, limit=MOST),
        kinds=KINDS,
    )
