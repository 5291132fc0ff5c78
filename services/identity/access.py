"""Signing in, accepting invitations, forgotten passwords: what people do before there is a session."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from chassis import log
from chassis.dispatch import Tools
from chassis.errors import DeadlineExceeded, NotFound, PorticoError, to_wire
from chassis.messages import Context, derived_id
from chassis.repository import now
from services.identity import addresses, credentials, domain, links, passwords
from services.identity.details.person import person_of
from services.identity.domain import Contact
from services.identity.errors import (
    ContactGone,
    ContactInactive,
    InvitationUnknown,
    InvitationUsed,
    ResetUnknown,
    ResetUsed,
    SignInRefused,
)
from services.identity.factors import handling
from services.identity.factors.steps import command_id, let_in, texts
from services.identity.factors.store import PASSWORD
from services.identity.streams import ADDRESS, COMPANY, CONTACT
from services.identity.vault import open_vault

Method = Callable[[Mapping[str, Any], Tools], Awaitable[dict[str, Any]]]
_NOBODY = "nobody"
_ACCEPTANCES = UUID("5b0e7f0a-6c0b-5d1c-8a39-0b9df1a4c7d2")


async def answer(method: Method, payload: Mapping[str, Any], tools: Tools) -> dict[str, Any]:
    """`{"status": "done", …}` with what the method gives, or the refusal as errors.to_wire has it."""
    log.bind(correlation=str(payload.get("correlation_id", "")), method=method.__name__)
    try:
        deadline = payload.get("deadline")
        if deadline and datetime.fromisoformat(deadline) < now():
            raise DeadlineExceeded("The request waited too long and was dropped; nothing was done. Please try again.")
        return {"status": "done", **await method(payload, tools)}
    except PorticoError as error:
        return to_wire(error)


async def sign_in(payload: Mapping[str, Any], tools: Tools) -> dict[str, Any]:
    """Who signs in with `email` and `password`; SignInRefused says the same, as late, whatever is wrong.

    Of one from whom more is wanted nothing is said but what steps.let_in says.
    """
    email, password = texts(payload, "email", "password")
    vault = open_vault(tools.settings, tools.state)
    login = vault.login(email)
    owner = (await tools.repository.load(ADDRESS, login)).state.contact or _NOBODY
    contact = (await tools.repository.load(CONTACT, owner)).state
    known = await credentials.known_password(owner, tools)
    right = await passwords.verified(known.hash if known else None, password[: passwords.LONGEST_TRIED + 1])
    if known is None or not right or not contact.may_sign_in or contact.login != login:
        raise SignInRefused
    if passwords.is_outdated(known.hash):
        await credentials.renew_hash(owner, known, password, tools)
    await credentials.pay(owner, known, tools)
    return await let_in(contact, PASSWORD, tools, known)


async def second_factor_draft(payload: Mapping[str, Any], tools: Tools) -> dict[str, Any]:
    """The `secret` that `contact_id`, who is signed in, is to put into an app; raises SecondFactorOn."""
    (contact,) = texts(payload, "contact_id")
    loaded = await tools.repository.load(CONTACT, contact)
    if loaded.revision < 0:
        raise NotFound("There is no such contact.")
    domain.refuse_unusable(loaded.state)
    await handling.settle(contact, tools)
    return {"secret": await asyncio.to_thread(handling.factors(tools).draft, contact)}


async def invitation(payload: Mapping[str, Any], tools: Tools) -> dict[str, Any]:
    """Whom the invitation with this `token` is for, for the page that asks for a password."""
    (token,) = texts(payload, "token")
    found = await links.known(token, links.INVITATION, tools)
    found.refuse_closed()
    contact = await _whose(found, tools)
    person = await asyncio.to_thread(person_of, open_vault(tools.settings, tools.state), contact)
    company = (await tools.repository.load(COMPANY, contact.company)).state if contact.company else domain.Company()
    return {
        "contact_id": contact.contact,
        "name": person.name,
        "email": person.email,
        "company": contact.company,
        "company_name": company.name,
        "expires_at": found.expires_at.isoformat(),
    }


async def accept_invitation(payload: Mapping[str, Any], tools: Tools) -> dict[str, Any]:
    """Take `password` as the contact's own, once a `token`; answers as sign_in does, with `position`.

    The same `command_id` (by default one that derives from the token) again gets the same answer for the same password.
    """
    token, password = texts(payload, "token", "password")
    found = await links.known(token, links.INVITATION, tools)
    contact = await _whose(found, tools)
    context = _context(found, payload, contact)
    await _take_password(found, contact, password, "accept_invitation", context, tools)
    await addresses.confirm(contact.login, found.contact, context, tools)
    loaded = await tools.repository.load(CONTACT, found.contact)
    return {**await let_in(loaded.state, PASSWORD, tools), "position": loaded.position}


async def ask_reset(payload: Mapping[str, Any], tools: Tools) -> dict[str, Any]:
    """Note that somebody who uses `email` forgot the password. Whose address it is, is looked up by the worker later:
    the answer, and how long it takes, are the same for addresses that nobody has.
    """
    (email,) = texts(payload, "email")
    login = open_vault(tools.settings, tools.state).login(email)
    values = (str(command_id(payload.get("command_id"), uuid4())), login, now().isoformat())

    def write() -> None:
        with tools.state.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO reset_requests (command, login, asked_at) VALUES (?, ?, ?)", values
            )

    await asyncio.to_thread(write)
    return {}


async def reset(payload: Mapping[str, Any], tools: Tools) -> dict[str, Any]:
    """Whom the link with this `token` is for, for the page that asks for a new password."""
    (token,) = texts(payload, "token")
    found = await links.known(token, links.RESET, tools)
    found.refuse_closed()
    contact = await _whose(found, tools)
    person = await asyncio.to_thread(person_of, open_vault(tools.settings, tools.state), contact)
    return {"contact_id": contact.contact, "email": person.email}


async def accept_reset(payload: Mapping[str, Any], tools: Tools) -> dict[str, Any]:
    """Take `password` as the contact's own, once a `token`; the same again is answered the same.

    Nobody is signed in by it. Answers whose it is (`email`), and from which `position` on no older session is to
    be trusted.
    """
    token, password = texts(payload, "token", "password")
    found = await links.known(token, links.RESET, tools)
    contact = await _whose(found, tools)
    await _take_password(found, contact, password, "reset_password", _context(found, payload, contact), tools)
    loaded = await tools.repository.load(CONTACT, found.contact)
    person = await asyncio.to_thread(person_of, open_vault(tools.settings, tools.state), contact)
    return {"contact_id": found.contact, "email": person.email, "position": loaded.position}


async def _take_password(
    link: links.Link, contact: Contact, password: str, pending: str, context: Context, tools: Tools
) -> None:
    """Keep the password that was chosen with a link, and append its event."""
    known = await credentials.known_password(link.contact, tools)
    if link.command == str(context.command_id) and known is not None and known.command == link.command:
        if not await passwords.verified(known.hash, password):
            raise InvitationUsed if link.kind == links.INVITATION else ResetUsed
    else:
        link.refuse_closed()
        await credentials.refuse_weak(contact, password, tools)
        await credentials.settle(link.contact, tools)
        await credentials.store_password(link.contact, password, pending, context, tools, was=known, link=link)
    await credentials.settle(link.contact, tools)


async def _whose(link: links.Link, tools: Tools) -> Contact:
    """The link's contact. To a stranger with the link, one that is no more is a link that is not known."""
    contact = (await tools.repository.load(CONTACT, link.contact)).state
    try:
        domain.refuse_unusable(contact)
    except (ContactGone, ContactInactive):
        raise (InvitationUnknown if link.kind == links.INVITATION else ResetUnknown) from None
    return contact


def _context(found: links.Link, payload: Mapping[str, Any], contact: Contact) -> Context:
    identity = command_id(payload.get("command_id"), derived_id(_ACCEPTANCES, found.token_hash))
    correlation = str(payload.get("correlation_id") or identity)
    channel = str(payload.get("channel") or "portal")
    return Context(identity, contact.company, contact.contact, channel, correlation)
