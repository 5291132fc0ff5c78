"""Dates people ask for by name: each is a pair of days, and an ordinary address."""

from __future__ import annotations

from datetime import date, timedelta

from flask_babel import gettext as _


def presets(today: date) -> list[tuple[str, date, date]]:
    """Name, first and last day of each, as of the business day."""
    month = today.replace(day=1)
    last_month = _months(month, -1)
    quarter = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    year = today.replace(month=1, day=1)
    day = timedelta(days=1)
    return [
        (_("This month"), month, _months(month, 1) - day),
        (_("Last month"), last_month, month - day),
        (_("This quarter"), quarter, _months(quarter, 3) - day),
        (_("Last quarter"), _months(quarter, -3), quarter - day),
        (_("This year"), year, _months(year, 12) - day),
        (_("Last year"), _months(year, -12), year - day),
        (_("Last 12 months"), _months(month, -11), _months(month, 1) - day),
    ]


def _months(first: date, by: int) -> date:
    """The first of the month that many months later."""
    months = first.year * 12 + first.month - 1 + by
    return date(months // 12, months % 12 + 1, 1)
