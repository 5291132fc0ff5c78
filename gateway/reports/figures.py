"""The figures behind the charts: what was open over time, what was invoiced, how the orders stand (R9)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import orjson

from gateway.access import Scope
from gateway.queries import Query, in_branches
from gateway.reports.account import AGEING
from gateway.reports.items import kinds_for
from gateway.reports.kinds import ORDERS
from services.orders import contract as orders
from services.payments import contract as payments

MONTHS = 12
BALANCE = f"{payments.SERVICE}.{payments.BALANCE_MODEL}"
MOVED = f"{payments.SERVICE}.{payments.MOVEMENTS_MODEL}"
DOCUMENTS = f"{payments.SERVICE}.{payments.DOCUMENTS_MODEL}"
ORDER_LIST = f"{orders.SERVICE}.{orders.ORDERS_MODEL}"

_AGES = Query(
    "figures.ages",
    f"""SELECT a.currency, CASE WHEN a.month < :first THEN '' ELSE a.month END AS month, a.late, SUM(a.minor) AS minor
        FROM payments.ageing_months_v2 a WHERE a.company = :company AND a.month <= :last AND {in_branches("a")}
        GROUP BY 1, 2, 3""",
    needs="see_balance",
)


def _month_sums(name: str, table: str, kind: str, needs: str) -> Query:
    return Query(
        name,
        f"""SELECT m.currency, m.month, m.status, SUM(m.count) AS count, SUM(m.total_minor) AS total_minor
            FROM {table} m WHERE m.company = :company AND m.kind = '{kind}' AND m.month BETWEEN :first AND :last
            AND {in_branches("m")} GROUP BY m.currency, m.month, m.status""",
        needs=needs,
    )


_INVOICED = _month_sums("figures.invoiced", "payments.document_months_v2", "invoice", "report_invoices")
_CREDITED = _month_sums("figures.credited", "payments.document_months_v2", "credit_memo", "report_credit_memos")
_ORDERED = _month_sums("figures.ordered", ORDERS.table("_months"), "order", "report_orders")

_BY_ITEM = Query(
    "figures.by_item",
    f"""SELECT m.currency, m.item, SUM(m.amount_minor) AS amount_minor FROM payments.item_months_v1 m
        WHERE m.company = :company AND m.month >= :first AND m.month <= :last AND {in_branches("m")}
        AND m.kind IN (SELECT value FROM json_each(:kinds))
        GROUP BY m.currency, m.item ORDER BY m.currency, amount_minor DESC, m.item""",
    needs="report_invoices",
)
_NAMES = Query(
    "figures.item_names",
    f"""SELECT i.item, MAX(i.name) AS name FROM payments.items_v1 i WHERE i.company = :company
        AND i.item IN (SELECT value FROM json_each(:items)) AND {in_branches("i")} GROUP BY i.item""",
    needs="report_invoices",
)
TOP = 10

# What is open of each item at the end of a day, and how many whole days that is late then.
_OPEN_THEN = f"""
    SELECT i.kind, i.number, i.branch, i.currency, i.date, i.due_date, i.total_minor,
           CASE WHEN i.date <= :on THEN i.total_minor ELSE 0 END + COALESCE((
               SELECT SUM(m.minor) FROM payments.movements_v2 m WHERE m.company = :company AND m.kind = i.kind
                AND m.number = i.number AND m.currency = i.currency AND m.date <= :on), 0) AS open_minor,
           CAST(COALESCE(JULIANDAY(:on) - JULIANDAY(NULLIF(i.due_date, '')), 0) AS INTEGER) AS days
    FROM payments.moved_items_v2 i
    WHERE i.company = :company AND i.closed > :on AND i.opened <= :on AND {in_branches("i")}"""
_LATE = "CASE WHEN p.open_minor > 0 AND p.days > 0 THEN p.days ELSE 0 END"
PAST_ITEMS = Query(
    "figures.past_items",
    f"""SELECT p.kind, p.number, p.date, p.due_date, p.currency, p.total_minor, p.open_minor, {_LATE} AS days_late
        FROM ({_OPEN_THEN}) p WHERE p.open_minor <> 0
        ORDER BY p.due_date = '', p.due_date, p.number, p.kind LIMIT :limit""",
    needs="see_balance",
)
"""The items open at the end of the day `:on`, those due first first."""


def _aged(name: str, first: int, last: int) -> str:
    return f"SUM(CASE WHEN {_LATE} BETWEEN {first} AND {last} THEN p.open_minor ELSE 0 END) AS {name}"


PAST_AGEING = Query(
    "figures.past_ageing",
    f"""SELECT p.currency, COUNT(*) AS items, SUM(p.open_minor) AS open_minor, {_aged("not_due", 0, 0)},
               {_aged("late_30", 1, 30)}, {_aged("late_60", 31, 60)}, {_aged("late_90", 61, 90)},
               {_aged("late_more", 91, 9_999_999)}
        FROM ({_OPEN_THEN}) p WHERE p.open_minor <> 0 GROUP BY p.currency ORDER BY p.currency""",
    needs="see_balance",
)
"""Per currency what AGEING (account.py) says of today, of the end of the day `:on`."""


@dataclass(frozen=True, slots=True)
class Open:
    """What was open at the end of a day, in minor units by age; `ages` as BUCKETS of payments has them."""

    day: date
    ages: tuple[int, ...]

    @property
    def minor(self) -> int:
        """The balance."""
        return sum(self.ages)

    @property
    def late(self) -> int:
        """How much of it was overdue; more than all of it where there was credit."""
        return sum(self.ages[1:])


@dataclass(frozen=True, slots=True)
class Month:
    """A month's sums by what they are of ("invoiced", "credited"; a status); `last` is its last day, or today."""

    first: date
    last: date
    sums: dict[str, int]

    @property
    def minor(self) -> int:
        """All of them together."""
        return sum(self.sums.values())


def month_starts(today: date, count: int = MONTHS) -> list[date]:
    """The first days of this month and of the `count` before it, the oldest first."""
    found = [today.replace(day=1)]
    for _ in range(count):
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return found[::-1]


def month_ends(scope: Scope) -> dict[str, list[Open]]:
    """Currency → what was open at the end of each of the last twelve months, the oldest first."""
    starts = month_starts(scope.today)
    rows = scope.rows(_AGES, first=_name(starts[0]), last=_name(starts[-2]))
    changes = {(row.currency, row.month, row.late): int(row.minor) for row in rows}
    found: dict[str, list[Open]] = {}
    for currency in {row.currency for row in rows}:
        ages = [changes.get((currency, "", late), 0) for late in range(len(payments.BUCKETS) + 1)]
        ends = found[currency] = []
        for start, following in zip(starts, starts[1:], strict=False):
            ages = [minor + changes.get((currency, _name(start), late), 0) for late, minor in enumerate(ages)]
            ends.append(Open(following - timedelta(days=1), tuple(ages)))
    return found


def balance_over_time(scope: Scope) -> dict[str, list[Open]]:
    """Currency → month_ends and what is open today."""
    ends = month_ends(scope)
    now = {row.currency: row for row in scope.rows(AGEING)}
    none = tuple(0 for _ in range(len(payments.BUCKETS) + 1))
    never = [Open(start - timedelta(days=1), none) for start in month_starts(scope.today)[1:]]
    found = {}
    for currency in _in_order(scope, set(ends) | set(now)):
        row = now.get(currency)
        today = (row.not_due, row.late_30, row.late_60, row.late_90, row.late_more) if row else none
        points = [*ends.get(currency, never), Open(scope.today, tuple(map(int, today)))]
        if any(any(point.ages) for point in points):
            found[currency] = points
    return found


def spend_by_month(scope: Scope) -> dict[str, list[Month]]:
    """Currency → "invoiced" and, for who may see credit memos, "credited" (negative) of thirteen months, the last
    one until today. Cancelled documents do not count.
    """
    parts = [("invoiced", _INVOICED)]
    if scope.can("report_credit_memos"):
        parts.append(("credited", _CREDITED))
    rows = [
        (row.currency, row.month, name, int(row.total_minor))
        for name, query in parts
        for row in scope.rows(query, **_span(scope))
        if row.status != "cancelled"
    ]
    return {
        currency: _months(scope, [row[1:] for row in rows if row[0] == currency])
        for currency in _in_order(scope, {row[0] for row in rows})
    }


@dataclass(frozen=True, slots=True)
class Spend:
    """What was spent on items: number, name and minor units of the first; what the `count` others have together."""

    top: list[tuple[str, str, int]]
    others: int
    count: int

    @property
    def minor(self) -> int:
        """All of it."""
        return self.others + sum(minor for _item, _name, minor in self.top)


def spend_by_item(scope: Scope) -> dict[str, Spend]:
    """Currency → the items most was spent on in thirteen months, as spend_by_month counts it."""
    kinds = orjson.dumps(kinds_for(scope)).decode()
    found: dict[str, list[tuple[str, int]]] = {}
    for row in scope.rows(_BY_ITEM, kinds=kinds, **_span(scope)):
        found.setdefault(row.currency, []).append((row.item, int(row.amount_minor)))
    top = {currency: items[:TOP] for currency, items in found.items()}
    wanted = sorted({item for items in top.values() for item, _minor in items})
    names = {row.item: row.name for row in scope.rows(_NAMES, items=orjson.dumps(wanted).decode())}
    return {
        currency: Spend(
            [(item, names.get(item, ""), minor) for item, minor in top[currency]],
            sum(minor for _item, minor in found[currency][TOP:]),
            len(found[currency]) - len(top[currency]),
        )
        for currency in _in_order(scope, set(found))
    }


def orders_by_month(scope: Scope) -> tuple[list[Month], dict[str, Any]]:
    """How many orders of each status there are of thirteen months; and status → (count, currency → total)."""
    rows = scope.rows(_ORDERED, **_span(scope))
    statuses: dict[str, Any] = {}
    for row in rows:
        count, totals = statuses.get(row.status, (0, {}))
        totals[row.currency] = totals.get(row.currency, 0) + int(row.total_minor)
        statuses[row.status] = (count + int(row.count), totals)
    ranked = sorted(statuses.items(), key=lambda one: (-one[1][0], one[0]))
    return _months(scope, [(row.month, row.status, int(row.count)) for row in rows]), dict(ranked)


def _span(scope: Scope) -> dict[str, str]:
    starts = month_starts(scope.today)
    return {"first": _name(starts[0]), "last": _name(starts[-1])}


def _months(scope: Scope, rows: Iterable[tuple[str, str, int]]) -> list[Month]:
    sums: dict[str, dict[str, int]] = {}
    for month, name, minor in rows:
        own = sums.setdefault(month, {})
        own[name] = own.get(name, 0) + minor
    starts = month_starts(scope.today)
    ends = [start - timedelta(days=1) for start in starts[1:]] + [scope.today]
    return [Month(start, end, sums.get(_name(start), {})) for start, end in zip(starts, ends, strict=True)]


def _in_order(scope: Scope, currencies: set[str]) -> list[str]:
    """The company's own currency first."""
    return sorted(currencies, key=lambda one: (one != scope.currency, one))


def _name(month: date) -> str:
    return month.isoformat()[:7]
