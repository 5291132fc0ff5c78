"""Items bought as a report: what was invoiced of each item, less what was credited; of all time or of some months."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import orjson
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from gateway import portal
from gateway.access import Scope
from gateway.reports.filter import Filter, Range
from gateway.reports.kinds import CREDIT_MEMOS, INVOICES
from gateway.reports.report import Column, Report, begins
from services.payments import contract as payments

MODEL = f"{payments.SERVICE}.{payments.ITEMS_MODEL}"
_FIRST, _LAST = "", "~"
# The same rows as items_v1 has them, of some months and kinds of documents alone.
_OF_MONTHS = """(
    SELECT m.company, m.item, m.branch, m.currency, i.name, i.unit, MAX(m.last_date) AS last_date,
           CAST(SUM(m.quantity_millionths) AS bigint) AS quantity_millionths,
           CAST(SUM(m.amount_minor) AS bigint) AS amount_minor, CAST(SUM(m.invoice_count) AS bigint) AS invoice_count
    FROM payments.item_months_v1 m
    JOIN payments.items_v1 i ON i.company = m.company AND i.item = m.item AND i.branch = m.branch
         AND i.currency = m.currency
    WHERE m.company = :company AND m.month >= :month0 AND m.month <= :month1
      AND m.kind IN (SELECT value FROM json_each(:kinds))
    GROUP BY m.company, m.item, m.branch, m.currency, i.name, i.unit)"""


class Items(Report):
    """Items bought. Who may not see credit memos is told what was invoiced alone."""

    def link(self, row: Any, scope: Scope) -> str:
        """The invoices with the item, as the search finds them."""
        return invoices_with(row.item, scope)

    def adjusted(self, chosen: Filter) -> Filter:
        """Dates are whole months here; where that says more than was asked for, the reader is told."""
        asked = chosen.range("date")
        if asked is None:
            return chosen
        low, high = asked.low, asked.high
        whole = Range(
            asked.column,
            low.replace(day=1) if isinstance(low, date) else None,
            _end_of_month(high) if isinstance(high, date) else None,
        )
        if whole == asked:
            return chosen
        said = _("Items are counted by whole months: %(range)s.", range=whole.words)
        rest = tuple(one for one in chosen.ranges if one is not asked)
        return replace(chosen, ranges=(*rest, whole), problems=(*chosen.problems, said))

    def read_as(self, scope: Scope, chosen: Filter) -> tuple[Report, Filter, dict[str, Any]]:
        """From the sums of all time, or (with dates, and without credit memos) from those by month."""
        period, kinds = chosen.range("date"), kinds_for(scope)
        if period is None and len(kinds) > 1:
            return self, chosen, {}
        values = {"month0": _FIRST, "month1": _LAST, "kinds": orjson.dumps(kinds).decode()}
        if period is not None:
            ends = zip(("month0", "month1"), (period.low, period.high), strict=True)
            values |= {name: str(end)[:7] for name, end in ends if end is not None}
        rest = tuple(one for one in chosen.ranges if one is not period)
        return ITEMS_OF_MONTHS, replace(chosen, ranges=rest), values


def kinds_for(scope: Scope) -> list[str]:
    """The kinds of documents that count for the reader."""
    return ["invoice", "credit_memo"] if scope.can(CREDIT_MEMOS.needs) else ["invoice"]


def invoices_with(item: str, scope: Scope) -> str:
    """Where the invoices with this item are found; "" while there is no search."""
    if "search" in portal.house(scope.visit.ground).off:
        return ""
    return f"/search?{urlencode({'q': item, 'kind': INVOICES.kind})}"


def _end_of_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)


ITEMS = Items(
    kind="item",
    path="/items-bought",
    title=_l("Items bought"),
    icon="box-seam",
    needs=INVOICES.needs,
    tab="money",
    order=35,
    columns=(
        Column("item", _l("Item number"), "number", "item", sort="item"),
        Column("name", _l("Description"), "text", "name", sort="name"),
        Column("unit", _l("Unit"), "text", "unit", wide=True),
        Column("quantity", _l("Quantity"), "quantity", "quantity_millionths", wide=True),
        Column("amount", _l("Amount"), "money", "amount_minor", sort="amount"),
        Column("date", _l("Last bought on"), "date", "last_date", sort="date", groups=True, wide=True),
        Column("invoices", _l("Invoices"), "count", "invoice_count", wide=True),
        Column("branch", _l("Branch"), "branch", "branch", usual=False, wide=True),
        Column("currency", _l("Currency"), "currency", "currency", usual=False, wide=True),
    ),
    source="payments.items_v1",
    select="""d.item AS key, d.item, d.branch, d.currency, d.name, d.unit, d.quantity_millionths, d.amount_minor,
              d.last_date, d.invoice_count""",
    sorts=payments.ITEM_SORTS,
    sort="-amount",
    searched=f"AND ({begins('item')} OR SEARCH_KEY(d.name) LIKE '%' || :term || '%')",
    searched_in=_l("Item number or description"),
)
ITEMS_OF_MONTHS = replace(ITEMS, source=_OF_MONTHS)
