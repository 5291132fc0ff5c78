"""Signing in by passkey, alone or after the password, and what a browser is asked for it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from chassis.dispatch import Tools
from chassis.errors import NotFound
from services.identity.details.person import person_of
from services.identity.domain import refuse_unusable
from services.identity.errors import PasskeyRefused
from services.identity.factors import handling
from services.identity.factors.passkeys import Site
from services.identity.factors.steps import awaiting_code, let_in, texts
from services.identity.factors.store import KEY, PASSKEY, use_ticket
from services.identity.streams import CONTACT, portal_name
from services.identity.vault import open_vault


async def passkey_options(payload: Mapping[str, Any], tools: Tools) -> dict[str, Any]:
    """The `options` (JSON) for the browser at `origin` that shows a passkey, and their `challenge`: with the `ticket`
    of a second step, one of that contact's; without, any.
    """
    (origin,) = texts(payload, "origin")
    contact = ""
    if payload.get("ticket"):
        half, _contact = await awaiting_code(str(payload["ticket"]), tools)
        contact = half.contact
    site = Site(origin)
    ask = handling.passkeys(tools).ask
    options, challenge = await asyncio.to_thread(lambda: ask(site, alone=not contact, contact=contact))
    return {"options": options, "challenge": challenge}


async def passkeys(payload: Mapping[str, Any], tools: Tools) -> dict[str, Any]:
    """The `passkeys` of `contact_id`, who is signed in; with `origin`, also `options` and `challenge` for a new one."""
    (contact,) = texts(payload, "contact_id")
    loaded = await tools.repository.load(CONTACT, contact)
    if loaded.revision < 0:
        raise NotFound("There is no such contact.")
    refuse_unusable(loaded.state)
    await handling.settle(contact, tools)
    store = handling.passkeys(tools)
    found = await asyncio.to_thread(store.of, contact)
    told = {
        "passkeys": [
            {"id": one.id, "name": one.name, "made_at": one.made_at, "used_at": one.used_at or ""} for one in found
        ]
    }
    if not payload.get("origin"):
        return told
    vault = open_vault(tools.settings, tools.state)
    person = await asyncio.to_thread(person_of, vault, loaded.state)
    site = Site(str(payload["origin"]))
    name = await portal_name(tools)
    options, challenge = await asyncio.to_thread(store.offer, contact, person, site, name)
    return {**told, "options": options, "challenge": challenge}


async def passkey_sign_in(payload: Mapping[str, Any], tools: Tools) -> dict[str, Any]:
    """Who signs in by the browser's `answer` to the `challenge`, as let_in says it; else PasskeyRefused."""
    answer, challenge, origin = texts(payload, "answer", "challenge", "origin")
    use = handling.passkeys(tools).use
    passkey = await asyncio.to_thread(lambda: use(answer, challenge, Site(origin)))
    contact = (await tools.repository.load(CONTACT, passkey.contact)).state
    if not contact.may_sign_in:
        raise PasskeyRefused
    return await let_in(contact, PASSKEY, tools)


async def passkey_step(payload: Mapping[str, Any], tools: Tools) -> dict[str, Any]:
    """Who signs in by a `ticket` of the second step and a passkey, as let_in says it.

    Raises PasskeyRefused, after which the ticket can be tried again; SignInExpired.
    """
    ticket, answer, challenge, origin = texts(payload, "ticket", "answer", "challenge", "origin")
    half, contact = await awaiting_code(ticket, tools)
    use, site = handling.passkeys(tools).use, Site(origin)
    await asyncio.to_thread(
        lambda: use(answer, challenge, site, contact=half.contact, then=lambda db: use_ticket(db, ticket))
    )
    return await let_in(contact, KEY, tools)
