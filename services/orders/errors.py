"""The rules that orders can break, each as a class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chassis.errors import Refused
from chassis.sentences import Sentence, joined, sentence

_LISTED = 5


def _listed(parts: Sequence[str]) -> Sentence:
    """The first few, and how many more there are."""
    few = joined("; ", parts[:_LISTED])
    more = len(parts) - _LISTED
    return sentence("%(listed)s; and %(more)s more", listed=few, more=more) if more > 0 else few


class LinesRefused(Refused):
    """Lines that cannot be ordered; `details["lines"]`: [{line, item, message}], line numbers from 1."""

    def __init__(self, lines: Sequence[dict[str, Any]]) -> None:
        named = [sentence("line %(line)s: %(said)s", line=line["line"], said=line["message"]) for line in lines]
        said = sentence("Nothing was ordered. Please correct %(lines)s", lines=_listed(named))
        super().__init__(said, lines=list(lines))


class PriceChanged(Refused):
    """Prices changed since they were shown.

    `details["lines"]`: [{line, item, shown, shown_currency, now, currency}], prices as decimal text.
    """

    http = 409

    def __init__(self, lines: Sequence[dict[str, Any]]) -> None:
        named = [
            sentence("%(item)s was %(shown)s %(shown_currency)s, is now %(now)s %(currency)s", **_of_price(line))
            for line in lines
        ]
        said = sentence(
            "Nothing was ordered: prices changed since you saw them. %(items)s. Order again at the new prices?",
            items=_listed(named),
        )
        super().__init__(said, lines=list(lines))


def _of_price(line: dict[str, Any]) -> dict[str, Any]:
    return {name: line[name] for name in ("item", "shown", "shown_currency", "now", "currency")}


class NoPriceList(Refused):
    """The company has no price list, so nothing has a price for it."""

    http = 409

    def __init__(self) -> None:
        super().__init__("No price list is set for your company yet, so nothing can be ordered. Please contact us.")


class OrderWithErp(Refused):
    """Too late to cancel: the ERP has the order, or may have it."""

    http = 409

    def __init__(self, order: str, erp_number: str = "") -> None:
        if erp_number:
            said = sentence(
                "Order %(order)s was already handed over as %(number)s and can no longer be cancelled here."
                " Please contact us.",
                order=order,
                number=erp_number,
            )
        else:
            said = sentence(
                "Order %(order)s was already handed over and can no longer be cancelled here. Please contact us.",
                order=order,
            )
        super().__init__(
            said,
            order=order,
            erp_number=erp_number,
        )


class OrderNotOpen(Refused):
    """There is nothing to cancel: the order was rejected."""

    http = 409

    def __init__(self, order: str) -> None:
        super().__init__(
            sentence("Order %(order)s was rejected; there is nothing to cancel.", order=order), order=order
        )


class PostedTwice(Refused):
    """The ERP names a second number for one order: somebody has to look at both there."""

    http = 409

    def __init__(self, order: str, first: str, second: str) -> None:
        super().__init__(
            sentence(
                "Order %(order)s is %(first)s in the ERP already, and was now reported as %(second)s too.",
                order=order,
                first=first,
                second=second,
            )
        )
