"""The nameko process of orders: commands over RPC, reactions to what the ERP says of orders."""

from __future__ import annotations

from chassis.reacting import with_reactions
from chassis.service import CommandService
from services.orders.handlers import COMMAND_HANDLERS
from services.orders.reactions import REACTIONS


@with_reactions(REACTIONS)
class OrdersService(CommandService):
    """Answers `rpc-orders`, listens to erp_sync."""

    name = "orders"
    handlers = COMMAND_HANDLERS


SERVICE = OrdersService
