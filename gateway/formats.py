"""Dates, times and amounts in the reader's language, as Jinja filters."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import uuid4

from babel.dates import format_date, format_datetime, format_skeleton, format_time, format_timedelta
from flask import Flask
from flask_babel import get_timezone
from flask_babel import gettext as _
from markupsafe import Markup, escape

from gateway import money
from gateway.refusals import said
from gateway.texts import LOCALE, isolated

_SLASH = re.compile("(?<![:/])/")


@lru_cache(maxsize=8192)
def _date(value: date, locale: str) -> str:
    return format_date(value, "medium", locale=locale)


def as_date(value: date | str | None) -> str:
    """A business date (a date, or its ISO text as read models hold it): `12 Mar 2026`; a dash for none."""
    if not value:
        return "–"
    return _date(date.fromisoformat(value[:10]) if isinstance(value, str) else value, LOCALE.get())


def as_month(value: str) -> str:
    """A month as sums have it (`2026-03`): `March 2026`."""
    return _month(value, LOCALE.get())


@lru_cache(maxsize=1024)
def _month(value: str, locale: str) -> str:
    return format_skeleton("yMMMM", date.fromisoformat(f"{value}-01"), locale=locale)


def as_moment(value: datetime | str) -> datetime:
    """The UTC datetime of a read model's text."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def midnight_after(day: date, zone: Any) -> datetime:
    """The moment at which a business day is over."""
    return datetime.combine(day + timedelta(days=1), time.min, zone)


def as_time(value: datetime | str | None) -> str:
    """Date and time in the portal's zone."""
    if not value:
        return "–"
    return str(format_datetime(as_moment(value), "medium", tzinfo=get_timezone(), locale=LOCALE.get()))


def as_clock(value: datetime) -> str:
    """The time of day in the portal's zone: `10:30`."""
    return str(format_time(value, "short", tzinfo=get_timezone(), locale=LOCALE.get()))


def as_minutes(count: int) -> str:
    """`1 minute`, `15 minutes`."""
    return str(format_timedelta(count * 60, granularity="minute", threshold=10_000, locale=LOCALE.get()))


def ago(value: datetime | str | None) -> str | Markup:
    """How long ago, in words, with the exact time behind it."""
    if not value:
        return "–"
    moment = as_moment(value)
    seconds = (datetime.now(UTC) - moment).total_seconds()
    words = (
        _("just now")
        if abs(seconds) < 45
        else format_timedelta(-round(seconds), add_direction=True, locale=LOCALE.get())
    )
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        moment.astimezone(UTC).isoformat(timespec="seconds"), as_time(moment), escape(words)
    )


def as_money(minor: int | None, currency: str) -> str:
    """`1,240.50 EUR`."""
    return "–" if minor is None else isolated(money.money(minor, currency, LOCALE.get()))


def as_amount(minor: int | None, currency: str) -> str:
    """`1,240.50`, where the currency stands in the column's head."""
    return "–" if minor is None else isolated(money.amount(minor, currency, LOCALE.get()))


def as_number(value: Any, places: int | None = None) -> str:
    """A quantity, count or percentage: an int, a Decimal or its text."""
    if value is None:
        return "–"
    return isolated(money.decimal(Decimal(value), places, LOCALE.get()))


def quantity(millionths: int) -> Decimal:
    """A quantity that a read model holds in millionths, without zeros at its end."""
    found = Decimal(int(millionths)).scaleb(-6).normalize()
    return found if found % 1 else found.quantize(Decimal(1))


def as_price(value: Any) -> str:
    """An exact price or amount with two decimals at least, and all it has up to six; the currency stands elsewhere."""
    if value in (None, ""):
        return "–"
    exact = Decimal(value).normalize()
    exponent = exact.as_tuple().exponent
    places = -exponent if isinstance(exponent, int) else 2
    return isolated(money.decimal(exact, min(max(2, places), 6), LOCALE.get()))


def as_plain(value: Any) -> str:
    """A decimal as programs write it, for hidden fields."""
    return format(value, "f")


def soft(value: Any) -> Any:
    """A text with addresses in it, that break before an @, or a / of the web's, where they do not fit into a line."""
    if type(value) is not str or ("@" not in value and "://" not in value):
        return value
    text = str(escape(value)).replace("@", "<wbr>@")
    return Markup(_SLASH.sub("<wbr>/", text) if "://" in value else text)


def install(app: Flask) -> None:
    """Make them filters, as in `{{ row.due|date }}`; `{{ new_id() }}` numbers the command of a plain form."""

    @lru_cache(maxsize=1024)
    def _status(status: str, overdue: bool, kind: str, locale: str) -> Markup:
        words: Any = app.jinja_env.get_template("_macros/words.html").module
        return Markup(words.document_status(status, overdue, kind).strip())

    def as_status(status: str, kind: str, overdue: Any = False) -> Markup:
        """A document's status as word and colour."""
        return _status(status, bool(overdue), kind, LOCALE.get())

    app.jinja_env.globals["new_id"] = lambda: str(uuid4())
    app.jinja_env.filters.update(
        status=as_status,
        date=as_date,
        datetime=as_time,
        month=as_month,
        ago=ago,
        money=as_money,
        amount=as_amount,
        number=as_number,
        quantity=lambda millionths: as_number(quantity(millionths)),
        price=as_price,
        plain=as_plain,
        soft=soft,
        said=said,
    )
