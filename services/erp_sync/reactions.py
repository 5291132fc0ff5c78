"""What other services' events mean for the ERP: an order placed goes out, one cancelled is taken back."""

from __future__ import annotations

from chassis.dispatch import Tools
from chassis.errors import Unavailable
from chassis.messages import Command, Recorded
from chassis.reactions import Reaction, Since, context_of
from services.erp_sync.adapters import connections
from services.erp_sync.commands import RequestPosting, WithdrawPosting
from services.erp_sync.handlers import COMMAND_HANDLERS


async def post_order(event: Recorded, tools: Tools) -> None:
    """OrderPlaced: it goes to the ERP, by the connection for what goes out."""
    data = event.data
    try:
        connection = connections.load(tools.settings).outgoing.name
    except connections.BadConnections as error:
        # The order waits until somebody has mended the file; put aside it would be forgotten.
        raise Unavailable(str(error)) from error
    version = int(event.meta.get("schema", 1))
    command = RequestPosting("order", data["order"], data["company"], connection, data, version)
    await _give(command, "post_order", event, tools)


async def withdraw_order(event: Recorded, tools: Tools) -> None:
    """OrderCancelled, CancellationAsked: it is taken back, if the ERP has not taken it. May come before OrderPlaced."""
    await _give(WithdrawPosting(event.data["order"]), "withdraw_order", event, tools)


async def _give(command: Command, reaction: str, event: Recorded, tools: Tools) -> None:
    context = context_of(event, reaction, event.data["company"])
    await COMMAND_HANDLERS[type(command).__name__].handle(command, context, tools)


REACTIONS = (
    Reaction("post_order", "orders", "OrderPlaced", post_order, Since.FIRST),
    Reaction("withdraw_order", "orders", "OrderCancelled", withdraw_order, Since.FIRST),
    Reaction("withdraw_asked", "orders", "CancellationAsked", withdraw_order, Since.FIRST),
)
