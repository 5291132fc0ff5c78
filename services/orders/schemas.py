"""Wire ⇄ command, and what older events become."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marshmallow import fields, pre_load
from marshmallow.validate import Length, Range

from chassis.dispatch import Shape
from services.orders import commands

MAX_LINES = 1000
_QUANTITY = Range(
    min=Decimal(0),
    min_inclusive=False,
    max=Decimal(1_000_000_000),
    error="The quantity must be more than 0 and at most 1,000,000,000.",
)


class Number(fields.Decimal):
    """A decimal number, as text, with at most so many decimals."""

    def __init__(self, decimals: int, **kwargs: Any) -> None:
        super().__init__(allow_nan=False, required=True, **kwargs)
        self._decimals = decimals

    def _validated(self, value: Any) -> Decimal:
        number: Decimal = super()._validated(value)
        exponent = number.as_tuple().exponent
        if isinstance(exponent, int) and (-exponent > self._decimals or exponent > 9):
            raise self.make_error("invalid")
        return number


class OrderLineShape(Shape):
    """A line as the Order Pad sends it."""

    makes = commands.OrderLine
    item = fields.String(required=True, validate=Length(min=1, max=100))
    quantity = Number(4, validate=_QUANTITY)
    shown_price = Number(12)
    shown_currency = fields.String(required=True, validate=Length(equal=3))

    @pre_load
    def _strip(self, data: Any, **_: Any) -> Any:
        return _stripped(data)


class PlaceOrderShape(Shape):
    """PlaceOrder as the Order Pad sends it."""

    makes = commands.PlaceOrder
    lines = fields.List(
        fields.Nested(OrderLineShape),
        required=True,
        validate=Length(min=1, max=MAX_LINES, error="An order has at least one line and at most 1,000."),
    )
    reference = fields.String(validate=Length(max=100))
    ship_date = fields.Date(allow_none=True)
    note = fields.String(validate=Length(max=2000))
    branch = fields.String(validate=Length(max=100))

    @pre_load
    def _strip(self, data: Any, **_: Any) -> Any:
        return _stripped(data)


class CancelOrderShape(Shape):
    """CancelOrder as the order's page sends it."""

    makes = commands.CancelOrder
    order = fields.String(required=True)
    reason = fields.String(validate=Length(max=500))


class MarkOrderQueuedShape(Shape):
    """MarkOrderQueued."""

    makes = commands.MarkOrderQueued
    order = fields.String(required=True)


class MarkOrderPostedShape(Shape):
    """MarkOrderPosted."""

    makes = commands.MarkOrderPosted
    order = fields.String(required=True)
    erp_number = fields.String(required=True, validate=Length(min=1))


class MarkOrderWithdrawnShape(Shape):
    """MarkOrderWithdrawn."""

    makes = commands.MarkOrderWithdrawn
    order = fields.String(required=True)


class MarkOrderNotWithdrawnShape(Shape):
    """MarkOrderNotWithdrawn."""

    makes = commands.MarkOrderNotWithdrawn
    order = fields.String(required=True)


class MarkOrderRejectedShape(Shape):
    """MarkOrderRejected."""

    makes = commands.MarkOrderRejected
    order = fields.String(required=True)
    reason = fields.String(required=True)


def _stripped(data: Any) -> Any:
    if not isinstance(data, dict):
        return data
    return {name: value.strip() if isinstance(value, str) else value for name, value in data.items()}
