"""Amounts and their currency's minor unit: 12.34 EUR are 1234, 500 JPY are 500."""

from __future__ import annotations

import functools
from decimal import ROUND_HALF_UP, Decimal

from babel.numbers import get_currency_precision


@functools.cache
def digits(currency: str) -> int:
    """How many decimals the currency has; 2 for a code nobody knows."""
    return get_currency_precision(currency)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Rounded half up (away from zero) to the currency's minor unit."""
    return amount.quantize(Decimal(1).scaleb(-digits(currency)), ROUND_HALF_UP)


@functools.cache
def _factor(currency: str) -> Decimal:
    return Decimal(10) ** digits(currency)


def minor(amount: Decimal | str, currency: str) -> int:
    """Minor units of an amount, rounded half up where it has more decimals than the currency."""
    return int((Decimal(amount) * _factor(currency)).to_integral_value(ROUND_HALF_UP))
