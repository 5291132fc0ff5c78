"""The statement of account (R8): what was owed at the start, each movement with the balance after it, what is owed now.

The balance is what is open today, as the ERP says. What it was on a day is that, less what moved after the day: so a
statement is right, too, where the history before some year was never imported.

Where a payment of one branch settles another branch's document, the statement of either has a movement that says so:
the one's balance falls without a payment of its own, the other's does not by all of its payment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from flask_babel import lazy_gettext as _l

from gateway.access import Scope
from gateway.queries import Query, in_branches
from gateway.reports.account import AGEING
from gateway.reports.filter import Filter, Range, read_filter
from gateway.reports.kinds import INVOICES, KINDS
from gateway.reports.reading import EVERYTHING, period_values
from gateway.reports.report import PAGE, Column, Report

NEEDS = "see_balance"
_DOCUMENTS = ("invoice", "credit_memo", "payment")
_TRANSFER = "transfer"
SIGNS = {"invoice": 1, "credit_memo": 1, "payment": -1, _TRANSFER: 1}
"""How each kind's total moves what is owed: a credit memo's is negative already. What was cancelled moved nothing."""
_PAID = "paid_"
KIND_OF = {prefix + kind: KINDS[kind] for kind in _DOCUMENTS for prefix in ("", _PAID)}
"""The kind of document that a movement is by, or of: what another branch paid, and what was paid for another branch."""
LABELS = {
    **{kind: KINDS[kind].singular for kind in _DOCUMENTS},
    f"{_PAID}invoice": _l("Paid by another branch"),
    f"{_PAID}credit_memo": _l("Paid by another branch"),
    f"{_PAID}payment": _l("Paid for another branch"),
}
"""What people read of a movement."""
_KEYS = ("date", "number", "kind")


def _sign(alias: str) -> str:
    return f"CASE WHEN {alias}.kind = 'payment' THEN -{alias}.total_minor ELSE {alias}.total_minor END"


def _moved() -> Query:
    """What moved, by kind and currency, from the sums by month and day."""
    parts = (("_months", "month", "month0", "month1"), ("_totals", "date", "a0", "a1"), ("_totals", "date", "b0", "b1"))
    kinds = ", ".join(f"'{kind}'" for kind in _DOCUMENTS)
    union = " UNION ALL ".join(
        f"SELECT p{index}.kind, p{index}.currency, p{index}.count, p{index}.total_minor"
        f" FROM {INVOICES.table(part)} p{index} WHERE p{index}.company = :company AND p{index}.kind IN ({kinds})"
        f" AND p{index}.{period} BETWEEN :{first} AND :{last} AND p{index}.status <> 'cancelled'"
        f" AND {in_branches(f'p{index}')}"
        for index, (part, period, first, last) in enumerate(parts)
    )
    return Query(
        "statement.moved",
        f"SELECT kind, currency, SUM(count) AS count, SUM(total_minor) AS total_minor FROM ({union}) sums"
        " GROUP BY kind, currency ORDER BY currency, kind",
        needs=NEEDS,
    )


def _mine(column: str) -> str:
    return f"t.{column} IN (SELECT value FROM json_each(:branches))"


def _transfers(condition: str) -> str:
    """What payments of other branches settled of these branches' documents, and those of these of others'; of who sees
    all branches nothing. Each branch knows its own document alone, not the other's."""
    rows = f"""SELECT t.date, t.currency, CASE WHEN {_mine("branch")} THEN t.number ELSE t.payment END AS number,
                      '{_PAID}' || CASE WHEN {_mine("branch")} THEN t.kind ELSE 'payment' END AS kind,
                      CASE WHEN {_mine("branch")} THEN t.minor ELSE -t.minor END AS minor
               FROM payments.transfers_v2 t WHERE t.company = :company AND :branches IS NOT NULL
               AND ({_mine("branch")}) <> ({_mine("payment_branch")})"""
    return f"""SELECT x.date, x.number, x.kind, '' AS due_date, '' AS reference, x.currency, '' AS status,
                      CAST(SUM(x.minor) AS bigint) AS moved_minor
               FROM ({rows}) x WHERE {condition} GROUP BY x.date, x.number, x.kind, x.currency"""


TRANSFERRED = Query(
    "statement.transferred",
    f"""SELECT y.currency, '{_TRANSFER}' AS kind, COUNT(*) AS count, SUM(y.moved_minor) AS total_minor
        FROM ({_transfers("x.date >= :since AND x.date <= :until")}) y GROUP BY y.currency""",
    needs=NEEDS,
)


def _part(kind: str, alias: str, up: bool) -> str:
    """The movements of one kind, in the order of its index: a page is merged from them."""
    return f"""SELECT {alias}.date, {alias}.number, {alias}.kind, {alias}.due_date, {alias}.reference, {alias}.currency,
                      {alias}.status, {_sign(alias)} AS moved_minor
               FROM {INVOICES.table("s")} {alias} WHERE {alias}.company = :company AND {alias}.kind = '{kind}'
               AND {alias}.date >= :since AND {alias}.date <= :until AND {alias}.status <> 'cancelled'
               AND {alias}.currency = :currency AND {_behind(alias, up)} AND {in_branches(alias)}"""


def _behind(alias: str, up: bool) -> str:
    return f"({alias}.date, {alias}.number, {alias}.kind) {'>' if up else '<'} (:k0, :k1, :k2)"


def _movements(up: bool) -> Query:
    across = f"x.date >= :since AND x.date <= :until AND x.currency = :currency AND {_behind('x', up)}"
    parts = [*(_part(kind, f"d{index}", up) for index, kind in enumerate(_DOCUMENTS)), _transfers(across)]
    union = " UNION ALL ".join(parts)
    order = ", ".join(f"{key} {'ASC' if up else 'DESC'}" for key in _KEYS)
    return Query(f"statement.movements.{'up' if up else 'down'}", f"{union} ORDER BY {order} LIMIT :limit", needs=NEEDS)


def _of_day() -> Query:
    """What moved on a day up to a place in the list."""
    kinds = ", ".join(f"'{kind}'" for kind in _DOCUMENTS)
    across = _transfers("x.date = :k0 AND x.currency = :currency AND (x.number, x.kind) <= (:k1, :k2)")
    return Query(
        "statement.day",
        f"""SELECT SUM(m.moved_minor) AS moved_minor FROM (
            SELECT {_sign("d")} AS moved_minor FROM {INVOICES.table("s")} d
            WHERE d.company = :company AND d.kind IN ({kinds}) AND d.date = :k0 AND d.status <> 'cancelled'
            AND d.currency = :currency AND (d.number, d.kind) <= (:k1, :k2) AND {in_branches("d")}
            UNION ALL SELECT y.moved_minor FROM ({across}) y) m""",
        needs=NEEDS,
    )


MOVED, UP, DOWN, OF_DAY = _moved(), _movements(True), _movements(False), _of_day()
_BEFORE, _BEHIND = ("", "", ""), ("~", "", "")
DATES = Report(
    kind="statement",
    path="/statement",
    title=_l("Statement of account"),
    icon="",
    needs=NEEDS,
    tab="money",
    order=6,
    columns=(Column("date", _l("Date"), "date", "date"),),
    source=INVOICES.table("s"),
    select="",
    sorts={"date": _KEYS},
    sort="date",
)
"""A statement's address is read as a report's is: its dates, and the place where a page begins."""


@dataclass(frozen=True, slots=True)
class Account:
    """A currency's part of a statement, in minor units; `count` movements there are.

    `transferred` is what payments of other branches paid here (negative), and payments of here elsewhere.
    """

    currency: str
    opening: int
    invoiced: int
    credited: int
    paid: int
    transferred: int
    count: int

    @property
    def closing(self) -> int:
        """What was owed at the end."""
        return self.opening + self.invoiced - self.credited - self.paid + self.transferred


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement as its address asks for it. `account` is the currency whose movements are listed, if any are."""

    chosen: Filter
    since: date
    until: date
    accounts: tuple[Account, ...]
    account: Account | None
    ageing: list[Any]

    def query(self, **changes: Any) -> str:
        """The address with something of the filter changed, in the same currency."""
        currency = changes.pop("currency", self.account.currency if self.account else "")
        found = self.chosen.query(**changes)
        return found + ("&" if len(found) > 1 else "") + urlencode({"currency": currency}) if currency else found


def read_statement(scope: Scope, args: Any) -> Statement:
    """What an address's arguments (a MultiDict) ask for; without dates the last three months and this one."""
    chosen = read_filter(DATES, args, {name: args.getlist(name) for name in ("after", "before")})
    first = (scope.today.replace(day=1) - timedelta(days=80)).replace(day=1)
    until = chosen.until or max(scope.today, chosen.since or scope.today)
    since = chosen.since or min(first, until)
    chosen = replace(chosen, ranges=(Range(DATES.columns[0], since, until),))
    ageing = scope.rows(AGEING)
    accounts = _accounts(scope, since, until, {row.currency: row.open_minor for row in ageing})
    named = args.get("currency", "") or scope.currency
    account = next((one for one in accounts if one.currency == named), accounts[0] if accounts else None)
    return Statement(chosen, since, until, accounts, account, ageing)


def _accounts(scope: Scope, since: date, until: date, now: Mapping[str, int]) -> tuple[Account, ...]:
    later = _by_currency(_moves(scope, until + timedelta(days=1), None))
    within = _by_currency(_moves(scope, since, until))
    found = []
    for currency in sorted({*now, *within, *later}):
        kinds, behind = within.get(currency, {}), later.get(currency, {})
        invoiced, credited, paid, transferred = (kinds.get(kind, (0, 0))[1] for kind in SIGNS)
        count = sum(count for count, _total in kinds.values())
        moved = sum(SIGNS[kind] * total for kind, (_count, total) in kinds.items())
        closing = now.get(currency, 0) - sum(SIGNS[kind] * total for kind, (_count, total) in behind.items())
        found.append(Account(currency, closing - moved, invoiced, -credited, paid, transferred, count))
    return tuple(found)


def _by_currency(rows: Iterable[Any]) -> dict[str, dict[str, tuple[int, int]]]:
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for row in rows:
        found.setdefault(row.currency, {})[row.kind] = (int(row.count), int(row.total_minor))
    return found


def _moves(scope: Scope, since: date, until: date | None) -> list[Any]:
    """Counts and sums by kind and currency, of days from one on, up to another if there is one."""
    found = scope.rows(MOVED, **period_values(since, until))
    if scope.branches is None:
        return found
    last = until.isoformat() if until else "~"
    return [*found, *scope.rows(TRANSFERRED, since=since.isoformat(), until=last)]


def page_of(scope: Scope, statement: Statement) -> tuple[list[tuple[Any, int]], bool]:
    """The page's movements, each with the balance after it; and whether there are more in the direction read."""
    account, chosen = statement.account, statement.chosen
    if account is None:
        return [], False
    place = chosen.place or (_BEHIND if chosen.back else _BEFORE)
    rows = scope.rows(DOWN if chosen.back else UP, **_values(statement, place), limit=PAGE + 1)
    more, rows = len(rows) > PAGE, rows[:PAGE]
    rows = rows[::-1] if chosen.back else rows
    if not rows:
        return [], False
    balance = account.opening + _before(scope, statement, account, rows[0]) - rows[0].moved_minor
    return list(_running(rows, balance)), more


def every_movement(scope: Scope, statement: Statement) -> Iterator[tuple[Any, int]]:
    """All movements of the listed currency with the balance after each, a few in memory at a time."""
    if statement.account is None:
        return iter(())
    rows = scope.each(UP, **_values(statement, _BEFORE), limit=EVERYTHING)
    return _running(rows, statement.account.opening)


def _values(statement: Statement, place: tuple[str, ...]) -> dict[str, Any]:
    assert statement.account is not None
    dates = {"since": statement.since.isoformat(), "until": statement.until.isoformat()}
    return {**dates, "currency": statement.account.currency, **{f"k{n}": key for n, key in enumerate(place)}}


def _running(rows: Iterable[Any], balance: int) -> Iterator[tuple[Any, int]]:
    for row in rows:
        balance += row.moved_minor
        yield row, balance


def _before(scope: Scope, statement: Statement, account: Account, row: Any) -> int:
    """What moved from the statement's first day up to this row, which is included."""
    day = date.fromisoformat(row.date)
    found = 0
    if day > statement.since:
        kinds = _by_currency(_moves(scope, statement.since, day - timedelta(days=1))).get(account.currency, {})
        found = sum(SIGNS[kind] * total for kind, (_count, total) in kinds.items())
    of_day = scope.rows(OF_DAY, currency=account.currency, k0=row.date, k1=row.number, k2=row.kind)
    return found + int(of_day[0].moved_minor or 0)


def place_of(row: Any) -> tuple[str, ...]:
    """Where a movement stands, for the address of the page behind or before it."""
    return tuple(str(getattr(row, key)) for key in _KEYS)
