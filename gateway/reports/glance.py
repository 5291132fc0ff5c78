"""What home shows of reports: the balance, and the newest of each kind with the link to its full report (R1)."""

from __future__ import annotations

from collections.abc import Callable

from gateway.access import Scope
from gateway.fragments import render_part
from gateway.home import section
from gateway.queries import Query
from gateway.reports.kinds import CREDIT_MEMOS, DELIVERIES, INVOICES, LIST, ORDERS, PAYMENTS, Kind
from services.payments import contract as payments

NEWEST = 5
_GLANCE = (ORDERS, DELIVERIES, INVOICES, CREDIT_MEMOS, PAYMENTS)
BALANCE = f"{payments.SERVICE}.{payments.BALANCE_MODEL}"
_BRANCH = "(:branches IS NULL OR b.branch IN (SELECT value FROM json_each(:branches)))"
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


def register() -> None:
    """Hang the sections into home."""
    section("balance", models=(BALANCE,), needs="see_balance", place="top", order=10)(balance)
    for place, kind in enumerate(_GLANCE):
        section(f"glance.{kind.kind}", models=(kind.model,), needs=kind.needs, order=place)(_newest_of(kind))


def balance(scope: Scope) -> str:
    """The account's balance per currency with what is overdue of it; for who may see it."""
    overdue = {row.currency: row for row in scope.rows(_OVERDUE)}
    return render_part("home/balance.html", scope=scope, balances=scope.rows(_BALANCE), overdue=overdue)


def _newest_of(kind: Kind) -> Callable[[Scope], str]:
    def newest(scope: Scope) -> str:
        rows = scope.rows(LIST[kind.kind].variant(order="date_down"), kind=kind.kind, limit=NEWEST)
        may_be_late, today = kind.kind == "invoice", scope.today.isoformat()
        return render_part(
            "home/glance.html", title=str(kind.title), kind=kind, rows=rows, may_be_late=may_be_late, today=today
        )

    return newest
