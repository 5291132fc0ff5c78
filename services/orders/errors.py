"""The rules that orders can break, each as a class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chassis.errors import Refused


class LinesRefused(Refused):
    """Lines that cannot be ordered; `details["lines"]`: [{line, item, message}], line numbers from 1."""

    def __init__(self, lines: Sequence[dict[str, Any]]) -> None:
        named = "; ".join(f"line {line['line']}: {line['message']}" for line in lines[:5])
        more = f"; and {len(lines) - 5} more" if len(lines) > 5 else ""
        super().__init__(f"Nothing was ordered. Please correct {named}{more}", lines=list(lines))


class PriceChanged(Refused):
    """Prices changed since they were shown.

    `details["lines"]`: [{line, item, shown, shown_currency, now, currency}], prices as decimal text.
    """

    http = 409

    def __init__(self, lines: Sequence[dict[str, Any]]) -> None:
        named = "; ".join(
            f"{line['item']} was {line['shown']} {line['shown_currency']}, is now {line['now']} {line['currency']}"
            for line in lines[:5]
        )
        more = f"; and {len(lines) - 5} more" if len(lines) > 5 else ""
        message = (
            f"Nothing was ordered: prices changed since you saw them. {named}{more}. Order again at the new prices?"
        )
        super().__init__(message, lines=list(lines))


class NoPriceList(Refused):
    """The company has no price list, so nothing has a price for it."""

    http = 409

    def __init__(self) -> None:
        super().__init__("No price list is set for your company yet, so nothing can be ordered. Please contact us.")


class OrderWithErp(Refused):
    """Too late to cancel: the ERP has the order, or may have it."""

    http = 409

    def __init__(self, order: str, erp_number: str = "") -> None:
        known = f" as {erp_number}" if erp_number else ""
        super().__init__(
            f"Order {order} was already handed over{known} and can no longer be cancelled here. Please contact us.",
            order=order,
            erp_number=erp_number,
        )


class OrderNotOpen(Refused):
    """There is nothing to cancel: the order was rejected."""

    http = 409

    def __init__(self, order: str) -> None:
        super().__init__(f"Order {order} was rejected; there is nothing to cancel.", order=order)


class PostedTwice(Refused):
    """The ERP names a second number for one order: somebody has to look at both there."""

    http = 409

    def __init__(self, order: str, first: str, second: str) -> None:
        super().__init__(f"Order {order} is {first} in the ERP already, and was now reported as {second} too.")
