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


def _days_late(alias: str) -> str:
    """Whole days until today; a thing without a due date is never late."""
    return f"COALESCE(JULIANDAY(:today) - JULIANDAY(NULLIF({alias}.due_date, '')), 0)"


# Nor is late what the company has to its credit.
_LATE = f"CASE WHEN o.open_minor > 0 THEN {_days_late('o')} ELSE 0 END"
# By due date first, in the order of an index: how late a day is is reckoned once, not for each item and each age.
_BY_DUE_DATE = f"""SELECT o.currency, o.due_date, COUNT(*) AS items, SUM(o.open_minor) AS open_minor,
                          SUM(CASE WHEN o.open_minor > 0 THEN o.open_minor ELSE 0 END) AS owed_minor
                   FROM payments.open_items_v2 o WHERE {_MINE} GROUP BY o.due_date, o.currency"""


def _bucket(name: str, condition: str) -> str:
    return f"SUM(CASE WHEN {_days_late('d')} {condition} THEN d.owed_minor ELSE 0 END) AS {name}"


AGEING = Query(
    "account.ageing",
    f"""SELECT d.currency, SUM(d.items) AS items, SUM(d.open_minor) AS open_minor,
               SUM(d.open_minor - CASE WHEN {_days_late("d")} > 0 THEN d.owed_minor ELSE 0 END) AS not_due,
               {_bucket("late_30", "BETWEEN 1 AND 30")}, {_bucket("late_60", "BETWEEN 31 AND 60")},
               {_bucket("late_90", "BETWEEN 61 AND 90")}, {_bucket("late_more", "> 90")}
        FROM ({_BY_DUE_DATE}) d GROUP BY d.currency ORDER BY d.currency""",
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
