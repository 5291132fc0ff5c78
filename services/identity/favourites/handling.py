"""The commands on favourites: each person's own, found by who asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from chassis.dispatch import Handle, Tools
from chassis.errors import NotFound
from chassis.messages import Context, Event, Reply
from chassis.repository import now
from services.identity.domain import refuse_unusable
from services.identity.favourites.commands import PinPage, UnpinPage
from services.identity.favourites.domain import Favourites
from services.identity.streams import CONTACT, FAVOURITES

C = TypeVar("C", PinPage, UnpinPage)


def changes(decide: Callable[[Favourites, C, datetime], list[Event]]) -> Handle:
    """A handler for the favourites of the person who asks; there are none of who is nobody."""

    async def handle(command: C, context: Context, tools: Tools) -> Reply:
        contact = await tools.repository.load(CONTACT, context.actor)
        if contact.revision < 0:
            raise NotFound("There is no such contact.")
        refuse_unusable(contact.state)
        return await tools.repository.change(
            FAVOURITES, context.actor, context, lambda state: decide(state, command, now()), create=True
        )

    return handle
