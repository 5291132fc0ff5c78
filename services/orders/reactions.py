"""What the ERP's answers mean for an order: on its way, posted, refused, taken back. All come from erp_sync."""

from __future__ import annotations

from chassis.dispatch import Tools
from chassis.messages import ALL_COMPANIES, Command, Recorded
from chassis.reactions import Reaction, Since, context_of
from services.orders.commands import (
    MarkOrderNotWithdrawn,
    MarkOrderPosted,
    MarkOrderQueued,
    MarkOrderRejected,
    MarkOrderWithdrawn,
)
from services.orders.handlers import COMMAND_HANDLERS

SOURCE = "erp_sync"


async def mark_queued(event: Recorded, tools: Tools) -> None:
    """OrderQueuedForErp: the order is on its way."""
    await _give(MarkOrderQueued(event.data["reference"]), "mark_queued", event, tools)


async def mark_posted(event: Recorded, tools: Tools) -> None:
    """PostedToErp of an order: the ERP has it."""
    if event.data["kind"] == "order":
        command = MarkOrderPosted(event.data["reference"], event.data["erp_number"])
        await _give(command, "mark_posted", event, tools)


async def mark_rejected(event: Recorded, tools: Tools) -> None:
    """RefusedByErp of an order: the ERP will not have it."""
    if event.data["kind"] == "order":
        command = MarkOrderRejected(event.data["reference"], event.data["reason"])
        await _give(command, "mark_rejected", event, tools)


async def mark_withdrawn(event: Recorded, tools: Tools) -> None:
    """PostingWithdrawn: the ERP will not see it; nothing when it was cancelled before it was on its way."""
    await _give(MarkOrderWithdrawn(event.data["reference"]), "mark_withdrawn", event, tools)


async def mark_not_withdrawn(event: Recorded, tools: Tools) -> None:
    """WithdrawalTooLate: the ERP took it."""
    await _give(MarkOrderNotWithdrawn(event.data["reference"]), "mark_not_withdrawn", event, tools)


async def _give(command: Command, reaction: str, event: Recorded, tools: Tools) -> None:
    # What erp_sync says of taking back names the order alone.
    context = context_of(event, reaction, event.data.get("company", ALL_COMPANIES))
    await COMMAND_HANDLERS[type(command).__name__].handle(command, context, tools)


REACTIONS = (
    Reaction("mark_queued", SOURCE, "OrderQueuedForErp", mark_queued, Since.FIRST),
    Reaction("mark_posted", SOURCE, "PostedToErp", mark_posted, Since.FIRST),
    Reaction("mark_rejected", SOURCE, "RefusedByErp", mark_rejected, Since.FIRST),
    Reaction("mark_withdrawn", SOURCE, "PostingWithdrawn", mark_withdrawn, Since.FIRST),
    Reaction("mark_not_withdrawn", SOURCE, "WithdrawalTooLate", mark_not_withdrawn, Since.FIRST),
)
