"""Open items as a report: what is owed, and what the company has to its credit."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as _p

from gateway.access import Scope
from gateway.reports.kinds import KINDS
from gateway.reports.report import Column, Report, begins, found_query, list_query
from services.payments import contract as payments


class _OpenItems(Report):
    def link(self, row: Any, scope: Scope) -> str:
        """The document, for who may open it."""
        kind = KINDS[row.kind]
        return kind.link(row, scope) if scope.can(kind.needs) else ""


OPEN_ITEMS = _OpenItems(
    kind="open_item",
    path="/open-items",
    title=_l("Open items"),
    icon="hourglass-split",
    needs="see_balance",
    tab="money",
    order=7,
    columns=(
        Column("number", _l("Number"), "number", "number", sort="number"),
        Column(
            "kind",
            _l("Document"),
            "word",
            "kind",
            wide=True,
            words={kind: KINDS[kind].singular for kind in ("invoice", "credit_memo", "payment")},
        ),
        Column("date", _l("Date"), "date", "date", sort="date", groups=True, wide=True),
        Column("due_date", _l("Due"), "date", "due_date", sort="due_date"),
        Column("reference", _l("Your reference"), "text", "reference", wide=True),
        Column("branch", _l("Branch"), "branch", "branch", usual=False, wide=True),
        Column("currency", _l("Currency"), "currency", "currency", usual=False, wide=True),
        Column("amount", _l("Amount"), "money", "amount_minor", wide=True),
        Column("open", _p("amount", "Open"), "money", "open_minor", sort="open"),
    ),
    source="payments.open_items_v2",
    select="""d.number AS key, d.kind, d.number, d.date, d.due_date, d.due_key, d.reference, d.branch, d.currency,
              d.amount_minor, d.open_minor""",
    sorts=payments.OPEN_SORTS,
    sort="due_date",
    searched=f"AND ({begins('number')} OR {begins('reference')})",
    searched_in=_l("Number or reference begins with"),
    late="AND d.due_date < :today AND d.open_minor > 0",
)
LIST, FOUND, FOUND_BY_MONTH = list_query(OPEN_ITEMS), found_query(OPEN_ITEMS), found_query(OPEN_ITEMS, "date")
