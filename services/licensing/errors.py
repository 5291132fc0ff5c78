"""The rules that licensing keeps."""

from __future__ import annotations

from chassis.errors import Refused


class NeedsOrderPad(Refused):
    """The marketplace works on top of the Order Pad."""

    http = 409

    def __init__(self) -> None:
        super().__init__("The Marketplace licence needs the Order Pad licence. Grant the Order Pad first.")


class OrderPadInUse(Refused):
    """The Order Pad carries the marketplace."""

    http = 409

    def __init__(self) -> None:
        super().__init__("The Marketplace licence needs the Order Pad. Withdraw the Marketplace first.")
