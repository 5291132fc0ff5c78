"""Signing in and accepting invitations: what people do before there is a session."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import log
from chassis.dispatch import Tools
from chassis.errors import DeadlineExceeded, Invalid, PorticoError, to_wire
from chassis.messages import Context, derived_id
from chassis.repository import now
from services.identity import addresses, credentials, domain, passwords
from services.identity.domain import Contact
from services.identity.errors import ContactGone, ContactInactive, InvitationUnknown, InvitationUsed, SignInRefused
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
    """Who signs in with `email` and `password`; SignInRefused says the same, as late, whatever is wrong."""
    email, password = _texts(payload, "email", "password")
    vault = open_vault(tools.settings, tools.state)
    login = vault.login(email)
    owner = (await tools.repository.load(ADDRESS, login)).state.contact or _NOBODY
    contact = (await tools.repository.load(CONTACT, owner)).state
    known = await credentials.known_password(owner, tools)
    right = await passwords.verified(known.hash if known else None, password[: passwords.LONGEST + 1])
    if known is None or not right or not contact.may_sign_in or contact.login != login:
        raise SignInRefused
    if passwords.is_outdated(known.hash):
        await credentials.renew_hash(owner, known, password, tools)
    await credentials.settle(owner, tools)
    return await _session(contact, tools)


async def invitation(payload: Mapping[str, Any], tools: Tools) -> dict[str, Any]:
    """Whom the invitation with this `token` is for, for the page that asks for a password."""
    (token,) = _texts(payload, "token")
    found = await credentials.known_invitation(token, tools)
    found.refuse_closed()
    contact = (await tools.repository.load(CONTACT, found.contact)).state
    _refuse_unusable(contact)
    person = await asyncio.to_thread(open_vault(tools.settings, tools.state).open, contact.contact, contact.personal)
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
    token, password = _texts(payload, "token", "password")
    found = await credentials.known_invitation(token, tools)
    contact = (await tools.repository.load(CONTACT, found.contact)).state
    _refuse_unusable(contact)
    known = await credentials.known_password(found.contact, tools)
    context = _context(found, payload, contact)
    if found.command == str(context.command_id) and known is not None and known.command == found.command:
        if not await passwords.verified(known.hash, password):
            raise InvitationUsed
    else:
        found.refuse_closed()
        vault = open_vault(tools.settings, tools.state)
        passwords.refuse_weak(password, (await asyncio.to_thread(vault.open, found.contact, contact.personal)).email)
        await credentials.settle(found.contact, tools)
        await credentials.store_password(
            found.contact, password, "accept_invitation", context, tools, was=known, invitation=found
        )
    await credentials.settle(found.contact, tools)
    await addresses.confirm(contact.login, found.contact, context, tools)
    loaded = await tools.repository.load(CONTACT, found.contact)
    return {**await _session(loaded.state, tools), "position": loaded.position}


async def _session(contact: Contact, tools: Tools) -> dict[str, Any]:
    person = await asyncio.to_thread(open_vault(tools.settings, tools.state).open, contact.contact, contact.personal)
    return {
        "contact_id": contact.contact,
        "company": contact.company,
        "companies": [contact.company] if contact.company else [],
        "staff_roles": list(contact.staff_roles),
        "name": person.name,
        "language": contact.language,
    }


def _refuse_unusable(contact: Contact) -> None:
    """To a stranger with the link, a contact that is no more is a link that is not known."""
    try:
        domain.refuse_unusable(contact)
    except (ContactGone, ContactInactive):
        raise InvitationUnknown from None


def _context(found: credentials.Invitation, payload: Mapping[str, Any], contact: Contact) -> Context:
    given = payload.get("command_id")
    try:
        identity = UUID(given) if given else derived_id(_ACCEPTANCES, found.token_hash)
    except ValueError as error:
        raise Invalid("The form's id is not one.", fields={"command_id": [str(error)]}) from error
    correlation = str(payload.get("correlation_id") or identity)
    channel = str(payload.get("channel") or "portal")
    return Context(identity, contact.company, contact.contact, channel, correlation)


def _texts(payload: Mapping[str, Any], *names: str) -> list[str]:
    values = [payload.get(name) for name in names]
    absent = {
        name: ["Missing."] for name, value in zip(names, values, strict=True) if not isinstance(value, str) or not value
    }
    if absent:
        raise Invalid("Some of it is missing or wrong.", fields=absent)
    return [str(value) for value in values]
