"""What a row of the state database remembers: the events that it is still owed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace

from chassis.codec import decode_as, dumps, loads
from chassis.dispatch import Tools
from chassis.messages import Context, Event, Reply
from services.identity.domain import Contact
from services.identity.streams import CONTACT

Decisions = Mapping[str, Callable[[Contact, str], list[Event]]]
"""By name: what is appended for a contact, given the value that was remembered."""


def remembered(decide: str, value: str, context: Context) -> str:
    """The text to keep beside the row."""
    return dumps({"decide": decide, "value": value, "context": asdict(context)}).decode()


async def append(text: str, decisions: Decisions, contact: str, tools: Tools) -> Reply:
    """Append what was remembered; again does nothing."""
    pending = loads(text)
    # The deadline was its caller's; what a stored row is owed has none.
    context = replace(decode_as(Context, pending["context"]), deadline=None)
    decide, value = decisions[pending["decide"]], str(pending["value"])
    return await tools.repository.change(CONTACT, contact, context, lambda state: decide(state, value))
