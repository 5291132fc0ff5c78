"""Wire ⇄ command, and what older events become."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marshmallow import fields, pre_load
from marshmallow.validate import Length, Range

from chassis.codec import Upcaster
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


class _OfOrder(Shape):
    """What every command about an order that there is already has."""

    order = fields.String(required=True)


class CancelOrderShape(_OfOrder):
    """CancelOrder as the order's page sends it."""

    makes = commands.CancelOrder
    reason = fields.String(validate=Length(max=500))


class MarkOrderQueuedShape(_OfOrder):
    """MarkOrderQueued."""

    makes = commands.MarkOrderQueued


class MarkOrderPostedShape(_OfOrder):
    """MarkOrderPosted."""

    makes = commands.MarkOrderPosted
    erp_number = fields.String(required=True, validate=Length(min=1))


class MarkOrderWithdrawnShape(_OfOrder):
    """MarkOrderWithdrawn."""

    makes = commands.MarkOrderWithdrawn


class MarkOrderNotWithdrawnShape(_OfOrder):
    """MarkOrderNotWithdrawn."""

    makes = commands.MarkOrderNotWithdrawn


class MarkOrderRejectedShape(_OfOrder):
    """MarkOrderRejected."""

    makes = commands.MarkOrderRejected
    reason = fields.String(required=True)


def _stripped(data: Any) -> Any:
    if not isinstance(data, dict):
        return data
    return {name: value.strip() if isinstance(value, str) else value for name, value in data.items()}


def _by_nobody(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "placed_by": ""}


UPCASTERS: dict[tuple[str, int], Upcaster] = {
    ("OrderPosted", 1): _by_nobody,  # they did not say whose order it was
    ("OrderRejected", 1): _by_nobody,
}
