"""From the text of a cell to the value of a field. Readers give None for an empty cell, and raise BadValue.

Decimals come out as plain decimal text, so that "6.90", "+6.9" and "6,9" of two exports are one and the same value.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

Read = Callable[[str], Any]

_NUMBER = re.compile(r"[+-]?([0-9]{1,12}(\.[0-9]{0,6}0*)?|\.[0-9]{1,6}0*)\Z")
_CURRENCY = re.compile(r"[A-Z]{3}\Z")
_BLANKS = str.maketrans("", "", " \u00a0\u202f")
_YES = frozenset({"y", "yes", "true", "1", "x"})
_NO = frozenset({"n", "no", "false", "0"})
_STATUSES = frozenset({"open", "closed", "cancelled"})


class BadValue(ValueError):
    """The text cannot be read as what the field holds; the message says what is expected."""


def plain(value: Decimal) -> str:
    """Decimal text without exponent or needless zeros: 6.90 → 6.9, 1E+2 → 100, -0 → 0."""
    if not value:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


class Numbers:
    """Reads numbers in one notation, as exact decimals; remembers those it has read, for figures repeat."""

    def __init__(self, decimal: str = ".", thousands: str = "") -> None:
        self._decimal = decimal
        self._thousands = thousands
        self.read = functools.lru_cache(maxsize=100_000)(self._read)

    def _read(self, text: str) -> tuple[Decimal, str] | None:
        """The number and its plain text; None for an empty cell."""
        bare = text.strip().translate(_BLANKS)
        if not bare:
            return None
        if self._thousands:
            bare = bare.replace(self._thousands, "")
        if self._decimal != ".":
            if "." in bare:
                raise BadValue(self._expected())
            bare = bare.replace(self._decimal, ".")
        if bare.endswith("-"):  # SAP writes the sign behind
            bare = "-" + bare[:-1]
        if not _NUMBER.match(bare):
            raise BadValue(self._expected())
        value = Decimal(bare)
        return Decimal(plain(value)), plain(value)

    def text(self, cell: str) -> str | None:
        """The number as plain decimal text."""
        found = self.read(cell)
        return found[1] if found else None

    def _expected(self) -> str:
        return f"is not a number like 1234{self._decimal}56 (at most 12 digits and 6 decimals)"


def text(cell: str) -> str | None:
    """The text without blanks around it."""
    return cell.strip() or None


def integer(numbers: Numbers) -> Read:
    """Whole numbers."""

    def read(cell: str) -> int | None:
        found = numbers.read(cell)
        if found is None:
            return None
        if found[0] != found[0].to_integral_value():
            raise BadValue("is not a whole number")
        return int(found[0])

    return read


def boolean(cell: str) -> bool | None:
    """Y, yes, true, 1, x and their opposites."""
    bare = cell.strip().casefold()
    if not bare:
        return None
    if bare in _YES:
        return True
    if bare in _NO:
        return False
    raise BadValue("is neither yes nor no (Y/N, yes/no, true/false, 1/0; other words need a `map` in the profile)")


def currency(cell: str) -> str | None:
    """Three capital letters."""
    bare = cell.strip()
    if bare and not _CURRENCY.match(bare):
        raise BadValue("is not a currency code like EUR")
    return bare or None


def name(cell: str) -> str | None:
    """Kinds and other words of Portico's own: “Credit Memo” → credit_memo."""
    return "_".join(cell.casefold().split()).replace("-", "_") or None


def status(cell: str) -> str | None:
    """open, closed or cancelled."""
    bare = name(cell)
    if bare is not None and bare not in _STATUSES:
        raise BadValue("is not open, closed or cancelled (other words need a `map` in the profile)")
    return bare


_TYPED = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%d")
"""How cells of workbooks that are dates come out."""

_ISO = {"%Y-%m-%d": 10, "%Y-%m-%d %H:%M:%S": 19}
"""Formats that need no strptime, which is slow, and their length."""


def _times(cell: str, formats: Sequence[str]) -> datetime | None:
    bare = cell.strip()
    if not bare:
        return None
    if formats[0] in _ISO and len(bare) == _ISO[formats[0]]:
        try:
            return datetime.fromisoformat(bare)
        except ValueError:
            pass
    for one in (*formats, *_TYPED):
        try:
            return datetime.strptime(bare, one)
        except ValueError:
            continue
    raise BadValue(f"is not a date like {' or '.join(datetime(2026, 5, 31, 14, 5).strftime(one) for one in formats)}")


def day(formats: Sequence[str]) -> Read:
    """Business dates as ISO text; the time of day, where the export has one, is dropped."""

    @functools.lru_cache(maxsize=50_000)
    def read(cell: str) -> str | None:
        moment = _times(cell, formats)
        return moment.date().isoformat() if moment else None

    return read


def stamp(formats: Sequence[str], zone: ZoneInfo) -> Read:
    """Moments as sortable ISO text in UTC; those without a zone of their own are in the export's."""
    # What says its zone in its text is read so, whatever zone the export is in.
    zoned = (*formats, "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z")

    def read(cell: str) -> str | None:
        moment = _times(cell, zoned)
        if moment is None:
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

    return read
