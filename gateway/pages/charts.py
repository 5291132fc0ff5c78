"""Charts (R9): each a picture, a table of the same figures, and the way to the rows behind every one of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from babel.dates import format_date
from flask import redirect, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from gateway import charts
from gateway.access import Scope, current_scope
from gateway.charts import Bar, columns, compact
from gateway.formats import as_date, as_money, as_number
from gateway.fragments import fragment, render_part
from gateway.frame import render
from gateway.reports import figures
from gateway.reports.account import AGES, MOST
from gateway.reports.figures import BALANCE, DOCUMENTS, MOVED, ORDER_LIST, Month, Open
from gateway.reports.items import ITEMS, invoices_with
from gateway.reports.items import MODEL as ITEMS_MODEL
from gateway.reports.kinds import CREDIT_MEMOS, INVOICES, KINDS, ORDERS
from gateway.routes import Feature, Pages
from gateway.texts import LOCALE

pages = Pages("charts", __name__)
_DONE = ("closed", "posted")
_STATES = {"open": _l("In progress"), "done": _l("Completed"), "gone": _l("Cancelled or rejected")}


@pages.page(
    "/charts",
    needs=("see_balance", "report_invoices"),
    tab="money",
    feature=Feature(_l("Charts"), "bar-chart-line", group=_l("Invoices & payments"), order=40),
)
def money() -> Any:
    """Balance, ageing and spend of the last twelve months."""
    scope = current_scope()
    shown = [("balance", _balance(scope))] if scope.can("see_balance") else []
    if scope.can("report_invoices"):
        shown += [("spend", _spend(scope)), ("items", _items(scope))]
    return render("charts/charts.html", title=_("Charts"), shown=shown)


@pages.page(
    "/charts/orders",
    needs="report_orders",
    tab="orders",
    feature=Feature(_l("Order status"), "bar-chart-steps", group=_l("Orders"), order=40),
)
def order_status() -> Any:
    """How the orders of the last twelve months stand."""
    return render("charts/charts.html", title=_("Order status"), shown=[("orders", _orders(current_scope()))])


@pages.page("/balance/past", needs="see_balance", tab="money")
def past() -> Any:
    """What was open at the end of a day before today."""
    scope = current_scope()
    asked = request.args.get("on", "")
    problem = ""
    on = scope.today.replace(day=1) - timedelta(days=1)
    try:
        # Without a day asked for, the end of the last month.
        on = date.fromisoformat(asked) if asked else on
        if on == scope.today:
            return redirect("/balance")
        if on > scope.today:
            problem = _("%(day)s is still to come; choose a day before today.", day=as_date(on))
    except ValueError:
        problem = _("“%(text)s” is not a date like 2026-05-31; choose a day before today.", text=asked)
    ready = "" if problem else on.isoformat()
    return render(
        "charts/past.html",
        title=_("Account balance on %(day)s", day=as_date(on)) if ready else _("Account balance on a day"),
        crumb=bool(ready),
        on=on,
        problem=problem,
        ageing=scope.rows(figures.PAST_AGEING, on=ready) if ready else [],
        ages=AGES,
        items=scope.rows(figures.PAST_ITEMS, on=ready, limit=MOST) if ready else [],
        kinds=KINDS,
    )


@fragment("charts.balance", models=(BALANCE, MOVED))
def _balance(scope: Scope) -> str:
    drawn = []
    for currency, points in figures.balance_over_time(scope).items():
        balance = [_point(point, currency, _whole(point), scope) for point in points]
        ages = [_point(point, currency, _by_age(point), scope) for point in points]
        drawn.append(
            {
                "currency": currency,
                "points": points,
                "words": _in_words(points, currency),
                "balance": _plot(balance, currency, _("Balance")),
                "ages": _plot(ages, currency, _("How old it was")),
                "late": any(point.late for point in points),
            }
        )
    return render_part("charts/balance.html", drawn=drawn, ages=tuple(AGES.values()), scope=scope, past=_past_of(scope))


def _past_of(scope: Scope) -> Any:
    def path(point: Open) -> str:
        return "/balance" if point.day == scope.today else f"/balance/past?on={point.day.isoformat()}"

    return path


def _whole(point: Open) -> tuple[tuple[str, int], ...]:
    return (("main", point.minor),)


def _by_age(point: Open) -> tuple[tuple[str, int], ...]:
    return tuple((f"age{late}", minor) for late, minor in enumerate(point.ages))


def _point(point: Open, currency: str, parts: tuple[tuple[str, int], ...], scope: Scope) -> Bar:
    now = point.day == scope.today
    title = f"{_('Today') if now else as_date(point.day)}: {as_money(point.minor, currency)}"
    if point.late:
        title += f" ({_('%(amount)s overdue', amount=as_money(point.late, currency))})"
    label, year = (_("Today"), "") if now else _month_label(point.day)
    return Bar(label, title, _past_of(scope)(point), parts, _over(point.minor, currency), year)


def _over(minor: int, currency: str) -> str:
    return compact(minor, currency) if minor > 0 else ""


def _month_label(day: date) -> tuple[str, str]:
    """A month's name, short, and under January its year."""
    locale = LOCALE.get()
    return format_date(day, "LLL", locale), format_date(day, "y", locale) if day.month == 1 else ""


def _in_words(points: Sequence[Open], currency: str) -> str:
    highest = max(points[:-1], key=lambda point: point.minor)
    if highest.minor <= points[-1].minor:
        return _("At the end of each month. Today it is the highest it has been.")
    return _(
        "At the end of each month; highest on %(day)s with %(amount)s.",
        day=as_date(highest.day),
        amount=as_money(highest.minor, currency),
    )


def _plot(bars: Sequence[Bar], currency: str, label: str) -> Any:
    return columns(bars, lambda value: compact(value, currency), f"{label}, {currency}")


@fragment("charts.spend", models=(DOCUMENTS,))
def _spend(scope: Scope) -> str:
    drawn = []
    for currency, months in figures.spend_by_month(scope).items():
        bars = [
            _month(
                month,
                INVOICES.path,
                (("main", month.minor),),
                as_money(month.minor, currency),
                _over(month.minor, currency),
            )
            for month in months
        ]
        total = sum(month.minor for month in months)
        drawn.append(
            {
                "currency": currency,
                "months": months,
                "total": total,
                "words": _("%(amount)s in these thirteen months.", amount=as_money(total, currency)),
                "plot": _plot(bars, currency, _("Spend by month")),
            }
        )
    return render_part(
        "charts/spend.html", drawn=drawn, credited=scope.can(CREDIT_MEMOS.needs), name=_month_name, span=_span_of
    )


@fragment("charts.items", models=(ITEMS_MODEL,))
def _items(scope: Scope) -> str:
    since = figures.month_starts(scope.today)[0].isoformat()
    found = figures.spend_by_item(scope)
    most = {code: max(one.others, *(minor for *_named, minor in one.top)) for code, one in found.items()}
    return render_part(
        "charts/items.html",
        found=found,
        most=most,
        share=charts.share,
        credited=scope.can(CREDIT_MEMOS.needs),
        link=lambda item: invoices_with(item, scope),
        whole=f"{ITEMS.path}?since={since}",
    )


def _month(month: Month, path: str, parts: tuple[tuple[str, int], ...], words: str, value: str) -> Bar:
    label, year = _month_label(month.first)
    return Bar(label, f"{_month_name(month)}: {words}", path + _span_of(month), parts, value, year)


def _month_name(month: Month) -> str:
    return str(format_date(month.first, "LLLL y", LOCALE.get()))


def _span_of(month: Month) -> str:
    return f"?since={month.first.isoformat()}&until={month.last.isoformat()}"


@fragment("charts.orders", models=(ORDER_LIST,))
def _orders(scope: Scope) -> str:
    months, statuses = figures.orders_by_month(scope)
    bars = []
    for month in months:
        parts = _stand(month)
        words = ", ".join(f"{_STATES[state]} {as_number(count)}" for state, count in parts.items() if count)
        drawn = tuple((f"is-{state}", count) for state, count in parts.items())
        count = sum(parts.values())
        title = f"{as_number(count)} ({words})" if words else as_number(0)
        bars.append(_month(month, ORDERS.path, drawn, title, as_number(count) if count else ""))
    return render_part(
        "charts/orders.html",
        months=months,
        statuses=statuses,
        since=months[0].first.isoformat(),
        most=max((count for count, _totals in statuses.values()), default=0),
        plot=columns(bars, as_number, _("Orders by month")) if statuses else "",
        states_of=_STATES,
        stand=_stand,
        share=charts.share,
        name=_month_name,
        span=_span_of,
    )


def _stand(month: Month) -> dict[str, int]:
    """The month's orders by what has become of them."""
    found = dict.fromkeys(_STATES, 0)
    for status, count in month.sums.items():
        state = "done" if status in _DONE else "gone" if status in ("cancelled", "rejected") else "open"
        found[state] += count
    return found
