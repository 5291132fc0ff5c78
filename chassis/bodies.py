"""The normalised bodies of ERP documents that have lines: what comes in is validated here, by their owners' contracts.

The loaded body has every field that docs/connecting-an-erp.md names, as JSON values: amounts stay decimal text, dates
ISO text, what was absent is "" (text), null (dates, amounts) or empty (lists). Lines are checked in one plain loop:
they are the bulk.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validates_schema
from marshmallow.validate import Length, OneOf, Regexp

from chassis.money import rounded

_DECIMAL = re.compile(r"-?\d{1,18}(\.\d{1,12})?\Z")
_LINE_TEXTS = ("item", "description", "unit", "status")
_EMPTY_LINE = dict.fromkeys(("line", "quantity", "price", "amount", "date")) | dict.fromkeys(_LINE_TEXTS, "")
_LINE_FIELDS = frozenset(_EMPTY_LINE)
_NOT_DECIMAL = "This is not a decimal number as text, like “12.50”."
_NOT_A_DAY = "This is not a date like 2026-05-31."


class _Checked(fields.Field[str]):
    """Text that is kept as it is when it is right. Nearly all is: it does not go marshmallow's long way."""

    fault = ""
    right: Callable[[Any], bool]

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> Any:
        """The text itself."""
        return value if self.right(value) else super().deserialize(value, attr, data, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        raise ValidationError(self.fault)


def _is_decimal(value: Any) -> bool:
    return type(value) is str and _DECIMAL.match(value) is not None


def _is_day(value: Any) -> bool:
    try:
        return type(value) is str and len(value) == 10 and bool(date.fromisoformat(value))
    except ValueError:
        return False


class Amount(_Checked):
    """A decimal number as text, kept as text."""

    fault, right = _NOT_DECIMAL, staticmethod(_is_decimal)


class Day(_Checked):
    """A business date as `YYYY-MM-DD`, kept as text."""

    fault, right = _NOT_A_DAY, staticmethod(_is_day)


class Lines(fields.Field[list[dict[str, Any]]]):
    """The lines of a document."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[dict[str, Any]]:
        if not isinstance(value, list):
            raise ValidationError("This is not a list of lines.")
        errors: dict[int, Any] = {}
        lines = [_line(index, line, errors) for index, line in enumerate(value)]
        if errors:
            raise ValidationError(errors)
        return lines


def _is_line(line: dict[str, Any]) -> bool:
    """Whether a line with all its fields is right; told as fast as can be, for documents are mostly lines."""
    return (
        len(line) == len(_LINE_FIELDS)
        and type(line["item"]) is type(line["description"]) is type(line["unit"]) is type(line["status"]) is str
        and type(line["line"]) is int
        and _is_decimal(line["quantity"])
        and _is_decimal(line["price"])
        and _is_decimal(line["amount"])
        and (line["date"] is None or _is_day(line["date"]))
    )


def _line(index: int, line: Any, errors: dict[int, Any]) -> dict[str, Any]:
    if not isinstance(line, dict):
        errors[index] = ["This is not a line."]
        return {}
    whole = {**_EMPTY_LINE, **line}
    if _is_line(whole):
        return whole
    found: dict[str, list[str]] = {str(name): ["Unknown field."] for name in line.keys() - _LINE_FIELDS}
    loaded: dict[str, Any] = {}
    for name in _LINE_TEXTS:
        value = line.get(name)
        if value is None:
            value = ""
        elif type(value) is not str:
            found[name] = ["This is not text."]
        loaded[name] = value
    for name in ("quantity", "price", "amount"):
        value = loaded[name] = line.get(name)
        if not _is_decimal(value):
            found[name] = [_NOT_DECIMAL]
    loaded["line"] = line.get("line")
    if type(loaded["line"]) is not int:
        found["line"] = ["This is not a whole number."]
    day = loaded["date"] = line.get("date")
    if day is not None and not _is_day(day):
        found["date"] = [_NOT_A_DAY]
    if found:
        errors[index] = found
    return loaded


class Text(fields.String):
    """Text that may be absent or null: then it is ""."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(load_default="", allow_none=True, **kwargs)

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> Any:
        """The text, "" for null."""
        if type(value) is str and not self.validators:
            return value
        return super().deserialize("" if value is None else value, attr, data, **kwargs)


class DocumentName(Schema):
    """Another document: kind and number."""

    class Meta:
        """Unknown fields are refused."""

        unknown = RAISE

    kind = fields.String(required=True, validate=Length(min=1))
    number = fields.String(required=True, validate=Length(min=1))


def currency() -> fields.String:
    """A currency code's field."""
    return fields.String(required=True, validate=Regexp(r"^[A-Z]{3}$", error="This is not a currency code like EUR."))


def in_minor_units(amount: str, currency: str) -> str:
    """The amount rounded half up to the currency's minor unit where it has more decimals; else as it is."""
    exact = Decimal(amount)
    found = rounded(exact, currency)
    return amount if found == exact else format(found, "f")


class DocumentBody(Schema):
    """An order, delivery, invoice or credit memo, as docs/connecting-an-erp.md describes it."""

    class Meta:
        """Unknown fields are refused."""

        unknown = RAISE

    number = fields.String(required=True, validate=Length(min=1, max=100))
    branch = Text()
    date = Day(required=True)
    due_date = Day(load_default=None, allow_none=True)
    currency = currency()
    reference = Text()
    status = fields.String(load_default="open", validate=OneOf(("open", "closed", "cancelled")))
    exact_total = Amount(required=True)
    total = Amount(required=True)
    open_amount = Amount(load_default=None, allow_none=True)
    portal_reference = Text()
    base = fields.List(fields.Nested(DocumentName), load_default=list)
    note = Text()
    lines = Lines(load_default=list)

    @post_load
    def _rounded(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if data["open_amount"] is not None:
            data["open_amount"] = in_minor_units(data["open_amount"], data["currency"])
        return data

    @validates_schema
    def _adds_up(self, data: dict[str, Any], **_: Any) -> None:
        exact = Decimal(data["exact_total"])
        if data["lines"]:
            added = sum((Decimal(line["amount"]) for line in data["lines"]), Decimal())
            if added != exact:
                raise ValidationError(f"The lines add up to {added}, not to {exact}.", "exact_total")
        if Decimal(data["total"]) != rounded(exact, data["currency"]):
            raise ValidationError(f"This is not {exact} rounded half up to the currency's minor unit.", "total")
