"""The account balance: every open item of the company, and how old what it owes is (R1)."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from gateway.queries import Query, in_branches

MOST = 500
AGES = {
    "not_due": _l("Not due"),
    "late_30": _l("1–30 days late"),
    "late_60": _l("31–60 days"),
    "late_90": _l("61–90 days"),
    "late_more": _l("Over 90 days"),
}
"""The parts of what is open by age, as queries name them, and what people read."""
_MINE = f"o.company = :company AND {in_branches('o')}"
# Whole days an item is late; one without a due date never is, nor what the company has to its credit.
_LATE = "CASE WHEN o.open_minor > 0 THEN COALESCE(JULIANDAY(:today) - JULIANDAY(NULLIF(o.due_date, '')), 0) ELSE 0 END"


def _bucket(name: str, condition: str) -> str:
    return f"SUM(CASE WHEN {_LATE} {condition} THEN o.open_minor ELSE 0 END) AS {name}"


AGEING = Query(
    "account.ageing",
    f"""SELECT o.currency, COUNT(*) AS items, SUM(o.open_minor) AS open_minor, {_bucket("not_due", "<= 0")},
               {_bucket("late_30", "BETWEEN 1 AND 30")}, {_bucket("late_60", "BETWEEN 31 AND 60")},
               {_bucket("late_90", "BETWEEN 61 AND 90")}, {_bucket("late_more", "> 90")}
        FROM payments.open_items_v2 o WHERE {_MINE} GROUP BY o.currency ORDER BY o.currency""",
    needs="see_balance",
)
"""Per currency: count, sum and ageing, in minor units. Credit memos and payments on account are never late."""

ITEMS = Query(
    "account.items",
    f"""SELECT o.kind, o.number, o.date, o.due_date, o.reference, o.currency, o.amount_minor, o.open_minor,
               CAST({_LATE} AS INTEGER) AS days_late
        FROM payments.open_items_v2 o WHERE {_MINE}
        ORDER BY o.due_date IS NULL OR o.due_date = '', o.due_date, o.number, o.kind LIMIT :limit""",
    needs="see_balance",
)
"""The open items, those due first first; those without a due date last."""
