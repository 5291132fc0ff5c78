"""What orders can do, on one screen."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from chassis.dispatch import CommandHandler, Tools, by_reactions, changes, create
from chassis.errors import NotAllowed, Unavailable
from chassis.messages import ALL_COMPANIES, Context, Reply
from chassis.readmodel import Database, NotThere, Unreadable, database, is_building
from chassis.repository import Aggregate, now
from services.orders import domain, schemas
from services.orders.commands import PlaceOrder
from services.orders.contract import CATALOGUE_MODEL, CODEC, SERVICE, read_catalogue

ORDER = Aggregate("order", domain.Order(), domain.evolve, lambda state: state.company, CODEC, version=2)


async def place_order(command: PlaceOrder, context: Context, tools: Tools) -> Reply:
    """Price the lines from the service's own catalogue and place the order; its reference derives from the command."""
    if context.company == ALL_COMPANIES:
        raise NotAllowed("Staff choose a company first: this is made for one company.")
    items = [line.item for line in command.lines]
    # On a real thread: the hub must not wait for a disk.
    catalogue = await asyncio.to_thread(_catalogue, database(tools.settings, SERVICE), command.company, items)
    return await create(
        ORDER, "W", context, tools, lambda order: domain.decide_place_order(order, command, catalogue, now())
    )


def _catalogue(own: Database, company: str, items: Iterable[str]) -> domain.Catalogue:
    try:
        with own.reading() as execute:
            if is_building(own, execute, CATALOGUE_MODEL):
                raise NotThere(f"{CATALOGUE_MODEL} is being built")
            return read_catalogue(execute, company, items)
    except Unreadable as error:
        raise Unavailable("Prices cannot be read at the moment. Nothing was ordered; please try again.") from error


COMMAND_HANDLERS = {
    "PlaceOrder": CommandHandler(schemas.PlaceOrderShape, place_order),
    "CancelOrder": CommandHandler(schemas.CancelOrderShape, changes(ORDER, "order", domain.decide_cancel_order)),
    "MarkOrderQueued": CommandHandler(
        schemas.MarkOrderQueuedShape, by_reactions(changes(ORDER, "order", domain.decide_mark_queued))
    ),
    "MarkOrderPosted": CommandHandler(
        schemas.MarkOrderPostedShape, by_reactions(changes(ORDER, "order", domain.decide_mark_posted))
    ),
    "MarkOrderWithdrawn": CommandHandler(
        schemas.MarkOrderWithdrawnShape, by_reactions(changes(ORDER, "order", domain.decide_mark_withdrawn))
    ),
    "MarkOrderNotWithdrawn": CommandHandler(
        schemas.MarkOrderNotWithdrawnShape, by_reactions(changes(ORDER, "order", domain.decide_mark_not_withdrawn))
    ),
    "MarkOrderRejected": CommandHandler(
        schemas.MarkOrderRejectedShape, by_reactions(changes(ORDER, "order", domain.decide_mark_rejected))
    ),
}
