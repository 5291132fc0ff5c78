"""Money in read models is an integer of minor units (cents) and an ISO currency; here it becomes text."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.numbers import get_decimal_symbol, get_group_symbol, get_minus_sign_symbol

from chassis.money import digits

NBSP = "\u00a0"


@lru_cache(maxsize=256)
def _symbols(locale: str) -> tuple[str, str, str, tuple[int, int]]:
    parsed = Locale.parse(locale)
    grouping = parsed.decimal_formats[None].grouping
    return get_group_symbol(parsed), get_decimal_symbol(parsed), get_minus_sign_symbol(parsed), grouping


@lru_cache(maxsize=16384)
def amount(minor: int, currency: str, locale: str = "en_GB") -> str:
    """The number alone, grouped as the locale does: `1,240.50`."""
    return decimal(Decimal(minor).scaleb(-digits(currency)), digits(currency), locale)


def money(minor: int | None, currency: str, locale: str = "en_GB") -> str:
    """Number and currency, held together: `1,240.50 EUR`; a dash when there is no amount."""
    return "–" if minor is None else f"{amount(minor, currency, locale)}{NBSP}{currency}"


def decimal(value: Decimal | int, places: int | None = None, locale: str = "en_GB") -> str:
    """A number in the locale's form; `places` None keeps the digits it has."""
    group, point, minus, (last, other) = _symbols(locale)
    text = f"{abs(Decimal(value)):f}" if places is None else f"{abs(value):.{places}f}"
    whole, _, fraction = text.partition(".")
    groups = [whole[-last:]]
    whole = whole[:-last]
    while whole:
        groups.insert(0, whole[-other:])
        whole = whole[:-other]
    text = group.join(groups) + (point + fraction if fraction else "")
    return minus + text if value < 0 and any(one not in "0" + point + group for one in text) else text
