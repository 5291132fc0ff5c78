"""Lines as people type or paste them: item, quantity, and the price they were shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from babel.numbers import NumberFormatError, parse_decimal
from flask_babel import gettext as _

from gateway.formats import as_number

EMPTY_ROWS = 8
MOST = 500
MOST_DECIMALS = 4
MOST_UNITS = 10**9
_GREATEST, _SMALLEST = 18, -12
"""Powers of ten of what is still a number here: whoever types more would keep a process busy with its digits."""
_DIGITS = re.compile(r"[\d.,' ]+\Z")
_SPLIT = re.compile(r"[\t;]|,(?!\d)|\s{2,}")


@dataclass(frozen=True, slots=True)
class Typed:
    """A line as it was typed; `shown` is the unit price the page showed for it, decimal text, "" before that."""

    item: str = ""
    quantity: str = ""
    shown: str = ""
    currency: str = ""

    @property
    def empty(self) -> bool:
        """Whether nothing was typed."""
        return not (self.item or self.quantity)


def read_rows(form: Mapping[str, Sequence[str]]) -> list[Typed]:
    """The rows of the form's columns, in order; rows left empty are dropped."""
    columns = [list(form.get(name, ())) for name in ("item", "quantity", "shown", "currency")]
    count = max(map(len, columns))
    for column in columns:
        column.extend([""] * (count - len(column)))
    rows = [
        Typed(_item(item), quantity.strip(), shown, currency)
        for item, quantity, shown, currency in zip(*columns, strict=True)
    ]
    return [row for row in rows if not row.empty]


def read_pasted(text: str) -> list[Typed]:
    """Lines out of a spreadsheet or a mail: item, then quantity (1 when it is missing), by tab, ; or spaces.

    A first line whose second column has no digit is a heading, where more lines follow.
    """
    rows = []
    lines = [line for line in text.splitlines() if line.strip()]
    for number, line in enumerate(lines):
        parts = [part.strip() for part in _SPLIT.split(line.strip()) if part.strip()]
        if len(parts) == 1:
            item, _space, quantity = parts[0].rpartition(" ")
            parts = [item, quantity] if item and quantity[:1].isdigit() else parts
        heading = number == 0 and len(lines) > 1 and len(parts) > 1 and not any(map(str.isdigit, parts[1]))
        if parts and not heading:
            rows.append(Typed(_item(parts[0]), parts[1] if len(parts) > 1 else "1"))
    return rows


def _item(text: str) -> str:
    """An item number as it is looked up: capitals, and nothing that cannot be seen."""
    return "".join(filter(str.isprintable, text)).strip().upper()


def quantity_of(text: str, locale: str) -> Decimal | None:
    """The quantity in the reader's way of writing numbers; None when it is none."""
    if "e" in text.casefold():
        # Nobody's way of writing numbers, but a spreadsheet's; Babel would write all its digits out.
        return decimal_of(text)
    try:
        return _bounded(parse_decimal(text, locale=locale, strict=True))
    except (NumberFormatError, InvalidOperation):
        return decimal_of(text)


def decimal_of(text: str) -> Decimal | None:
    """Decimal text as a hidden field holds it; None when it is none."""
    try:
        return _bounded(Decimal(text))
    except InvalidOperation:
        return None


def _bounded(found: Decimal) -> Decimal | None:
    exponent = found.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < _SMALLEST or abs(found.adjusted()) > _GREATEST:
        return None
    return found


def quantity_problem(row: Typed, quantity: Decimal | None) -> str:
    """What is wrong with what was typed, before any catalogue is asked; empty when nothing is."""
    if not row.item:
        return _("Which item?")
    if not row.quantity:
        return _("How many?")
    if quantity is None and _DIGITS.match(row.quantity):
        return _("A quantity is less than %(most)s.", most=as_number(MOST_UNITS))
    if quantity is None:
        return _("“%(text)s” is not a quantity.", text=row.quantity)
    if quantity <= 0:
        return _("The quantity must be more than 0.")
    if quantity >= MOST_UNITS:
        return _("A quantity is less than %(most)s.", most=as_number(MOST_UNITS))
    if -int(quantity.as_tuple().exponent) > MOST_DECIMALS:
        return _("A quantity has at most %(most)s decimals.", most=MOST_DECIMALS)
    return ""
