"""The commands on second factors: state database first, then the event it remembers, then the reply."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from chassis.codec import loads
from chassis.dispatch import Tools
from chassis.killpoints import reach
from chassis.messages import Context, Event, Reply
from services.identity import commands, credentials, passwords, pending
from services.identity.authority import refuse_for_staff
from services.identity.domain import Contact, refuse_unusable
from services.identity.errors import SecondFactorOff, WrongPassword
from services.identity.factors import domain
from services.identity.factors.passkeys import Passkeys, Site
from services.identity.factors.store import Factors
from services.identity.streams import CONTACT, find_contact
from services.identity.vault import open_vault

_PENDING: pending.Decisions = {
    "enable": lambda state, value: domain.decide_enable(state),
    "codes": lambda state, value: domain.decide_codes(state),
    "code_used": lambda state, value: domain.decide_code_used(state, int(value)),
    "disable": domain.decide_disable,
    "passkey": domain.decide_passkey_added,
    "first_passkey": domain.decide_first_passkey,
    "passkey_removed": domain.decide_passkey_removed,
    "linked": domain.decide_linked,
    "remove_all": lambda state, value: _removed(state, loads(value)),
}


def _removed(state: Contact, what: dict[str, Any]) -> list[Event]:
    return domain.decide_remove_all(state, what["app"], what["passkeys"], what["by"])


def factors(tools: Tools) -> Factors:
    """The second factors of this installation."""
    return Factors(tools.state, open_vault(tools.settings, tools.state))


def passkeys(tools: Tools) -> Passkeys:
    """The passkeys of this installation."""
    return Passkeys(tools.state, open_vault(tools.settings, tools.state))


async def settle(contact: str, tools: Tools) -> None:
    """Append the events that second factors still wait for, if there are any."""
    await pay(contact, await asyncio.to_thread(factors(tools).owed, contact), tools)


async def pay(contact: str, owed: Iterable[str], tools: Tools) -> None:
    """`settle` for one of whom it was read before what is `owed`."""
    for one in owed:
        await pending.append(one, _PENDING, contact, tools)
        await asyncio.to_thread(factors(tools).paid, contact, one)


async def enable(command: commands.EnableSecondFactor, context: Context, tools: Tools) -> Reply:
    """A code is asked from now on; `result` has the recovery codes, which nobody is told a second time."""
    store = factors(tools)
    reply = await _done(command.actor, lambda: store.turn_on(command.actor, command.code, context), context, tools)
    return replace(reply, result={"codes": await asyncio.to_thread(store.fresh_codes, command.actor, context)})


async def renew_codes(command: commands.RenewRecoveryCodes, context: Context, tools: Tools) -> Reply:
    """Other recovery codes, in `result`, for one who knows the password and has a code."""
    store = factors(tools)
    reply = await _done(
        command.actor,
        lambda: store.renew(command.actor, command.code, context),
        context,
        tools,
        password=command.password,
    )
    return replace(reply, result={"codes": await asyncio.to_thread(store.fresh_codes, command.actor, context)})


async def disable(command: commands.DisableSecondFactor, context: Context, tools: Tools) -> Reply:
    """No second factor any more, for one who knows the password and has a code."""
    store = factors(tools)
    return await _done(
        command.actor,
        lambda: store.turn_off(command.actor, command.code, context),
        context,
        tools,
        password=command.password,
    )


async def remove(command: commands.RemoveSecondFactor, context: Context, tools: Tools) -> Reply:
    """What was lost goes, app, passkeys and codes, on an admin's word; nothing where there is nothing."""
    contact, store = command.contact_id, factors(tools)
    refuse_for_staff((await find_contact(contact, context, tools)).state, context)
    try:
        return await _done(contact, lambda: store.remove_all(contact, context), context, tools)
    except SecondFactorOff:
        loaded = await find_contact(contact, context, tools)
        return Reply("", loaded.revision, loaded.position, contact)


async def add_passkey(command: commands.AddPasskey, context: Context, tools: Tools) -> Reply:
    """The passkey lets in from now on; `result` has recovery codes where it is the first second factor."""
    contact, site = command.actor, Site(command.origin)
    reply = await _done(
        contact,
        lambda: passkeys(tools).add(contact, command.name, command.answer, command.challenge, site, context),
        context,
        tools,
        password=command.password,
    )
    return replace(reply, result={"codes": await asyncio.to_thread(factors(tools).fresh_codes, contact, context)})


async def remove_passkey(command: commands.RemovePasskey, context: Context, tools: Tools) -> Reply:
    """The passkey is gone, for one who knows the password."""
    contact = command.actor
    return await _done(
        contact,
        lambda: passkeys(tools).remove(contact, command.passkey, context),
        context,
        tools,
        password=command.password,
    )


async def _done(
    contact: str, change: Callable[[], None], context: Context, tools: Tools, *, password: str | None = None
) -> Reply:
    """Make the change once, append its event; a repeat goes on where the first one ended."""
    loaded = await find_contact(contact, context, tools)
    reply = tools.repository.earlier(loaded, CONTACT, contact, context)
    if reply is not None:
        return reply
    if not await asyncio.to_thread(factors(tools).is_by, contact, context):
        refuse_unusable(loaded.state)
        if password is not None:
            known = await credentials.known_password(contact, tools)
            if not await passwords.verified(known.hash if known else None, password):
                raise WrongPassword
        await settle(contact, tools)
        await asyncio.to_thread(change)
        reach("identity.after_factor")
    await settle(contact, tools)
    loaded = await find_contact(contact, context, tools)
    reply = tools.repository.earlier(loaded, CONTACT, contact, context)
    return replace(reply, repeated=False) if reply else Reply("", loaded.revision, loaded.position, contact)
