"""What home shows of reports: the balance, and the newest of each kind with the link to its full report (R1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.access import Scope
from gateway.charts import spark
from gateway.fragments import render_part
from gateway.home import section
from gateway.queries import Query, in_branches
from gateway.reads import NotReady
from gateway.reports.figures import BALANCE, MOVED, month_ends
from gateway.reports.kinds import CREDIT_MEMOS, DELIVERIES, INVOICES, LIST, ORDERS, PAYMENTS, Kind

NEWEST = 5
PLACES = (ORDERS, INVOICES, PAYMENTS, DELIVERIES, CREDIT_MEMOS)
_BRANCH = in_branches("b")
_BALANCE = Query(
    "home.balance",
    f"""SELECT b.currency, SUM(b.open_minor) AS open_minor, SUM(b.items) AS items FROM payments.balances_v2 b
        WHERE b.company = :company AND {_BRANCH} GROUP BY b.currency ORDER BY b.currency""",
    needs="see_balance",
)
_OVERDUE = Query(
    "home.overdue",
    f"""SELECT b.currency, SUM(b.open_minor) AS open_minor, COUNT(*) AS items, MIN(b.due_date) AS since
        FROM payments.open_items_v2 b
        WHERE b.company = :company AND b.due_date < :today AND b.open_minor > 0 AND {_BRANCH} GROUP BY b.currency""",
    needs="see_balance",
)
_CREDIT = Query(
    "home.credit",
    f"""SELECT b.currency, SUM(b.open_minor) AS open_minor FROM payments.open_items_v2 b
        WHERE b.company = :company AND b.open_minor < 0 AND {_BRANCH} GROUP BY b.currency""",
    needs="see_balance",
)


def register() -> None:
    """Hang the sections into home."""
    section("balance", models=(BALANCE, MOVED), needs="see_balance", place="top", order=10)(balance)
    for place, kind in enumerate(PLACES):
        section(f"glance.{kind.kind}", models=(kind.model,), needs=kind.needs, order=place)(_newest_of(kind))


def balance(scope: Scope) -> str:
    """The account's balance per currency with what is overdue of it, and how it was; for who may see it."""
    balances = scope.rows(_BALANCE)
    overdue = {row.currency: row for row in scope.rows(_OVERDUE)}
    credit: dict[str, Any] = {}
    # What is overdue can be more than the balance: then there is credit, which has to be said.
    if any(row.currency in overdue and overdue[row.currency].open_minor > row.open_minor for row in balances):
        credit = {row.currency: -row.open_minor for row in scope.rows(_CREDIT)}
    return render_part(
        "home/balance.html", scope=scope, balances=balances, overdue=overdue, credit=credit, past=_past(scope, balances)
    )


def _past(scope: Scope, balances: list[Any]) -> dict[str, Any]:
    """Currency → the first month's end of the last year that there was a balance at, and the picture from then on."""
    try:
        ends = month_ends(scope)
    except NotReady:  # the balance itself is there
        scope.visit.gaps += 1
        return {}
    found = {}
    for row in balances:
        known = [end for end in ends.get(row.currency, ()) if end.minor]
        if known:
            drawn = spark([end.minor for end in ends[row.currency]] + [int(row.open_minor)])
            found[row.currency] = {"first": known[0], "drawn": drawn}
    return found


def _newest_of(kind: Kind) -> Callable[[Scope], str]:
    def newest(scope: Scope) -> str:
        rows = scope.rows(LIST[kind.kind].variant(order="date_down"), kind=kind.kind, limit=NEWEST)
        may_be_late, today = kind.kind == "invoice", scope.today.isoformat()
        return render_part(
            "home/glance.html", title=str(kind.title), kind=kind, rows=rows, may_be_late=may_be_late, today=today
        )

    return newest
