"""One contact an e-mail address: reserved before the contact uses it, confirmed after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from esdbclient.exceptions import WrongCurrentVersion

from chassis.dispatch import Tools
from chassis.errors import Conflict
from chassis.messages import Context, Event, derived_id
from chassis.repository import ATTEMPTS, now
from services.identity import domain
from services.identity.domain import Address, Contact
from services.identity.streams import ADDRESS, CONTACT


async def reserve(login: str, contact: str, context: Context, tools: Tools) -> None:
    """Make the address the contact's for ten minutes, or raise EmailTaken; again by the same contact passes."""
    await _change(login, contact, context, tools, domain.decide_reserve)


async def confirm(login: str, contact: str, context: Context, tools: Tools) -> None:
    """Make the reservation last; does nothing where it is another's by now."""
    await _change(
        login, contact, context, tools, lambda state, _login, who, _owner, _now: domain.decide_confirm(state, who)
    )


async def release(login: str, contact: str, context: Context, tools: Tools) -> None:
    """Give the address up; does nothing where it is not the contact's."""
    await _change(
        login, contact, context, tools, lambda state, _login, who, _owner, _now: domain.decide_release(state, who)
    )


async def _change(
    login: str,
    contact: str,
    context: Context,
    tools: Tools,
    decide: Callable[..., list[Event]],
) -> None:
    for _attempt in range(ATTEMPTS):
        loaded = await tools.repository.load(ADDRESS, login)
        owner = await _owner(loaded.state, contact, tools)
        events = decide(loaded.state, login, contact, owner, now())
        if not events:
            return
        # An id of its own for each revision: the same command may come back after its reservation lapsed.
        command_id = derived_id(context.command_id, f"email/{loaded.revision}")
        cause = context.causation_id or str(context.command_id)
        its_own = replace(context, command_id=command_id, causation_id=cause)
        try:
            await tools.repository.append(ADDRESS.codec, ADDRESS.stream(login), login, loaded.revision, events, its_own)
            return
        except WrongCurrentVersion:
            continue
    raise Conflict("Others were using the same e-mail address at that moment. Nothing was changed; please try again.")


async def _owner(state: Address, contact: str, tools: Tools) -> Contact:
    """The contact that has the address, where it is another one."""
    if state.contact in ("", contact):
        return Contact()
    return (await tools.repository.load(CONTACT, state.contact)).state
