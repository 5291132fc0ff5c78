"""The nameko process of orders: commands over RPC."""

from __future__ import annotations

from chassis.service import CommandService
from services.orders.handlers import COMMAND_HANDLERS


class OrdersService(CommandService):
    """Answers `rpc-orders`."""

    name = "orders"
    handlers = COMMAND_HANDLERS


SERVICE = OrdersService
