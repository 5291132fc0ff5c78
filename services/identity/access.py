"""Signing in, accepting invitations, forgotten passwords: what people do before there is a session."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from chassis import log
from chassis.dispatch import Tools
from chassis.errors import DeadlineExceeded, Invalid, NotFound, PorticoError, to_wire
from chassis.killpoints import reach
from chassis.messages import Context, derived_id
from chassis.repository import now
from services.identity import addresses, credentials, domain, links, passwords
from services.identity.domain import Contact
from services.identity.errors import (
    ContactGone,
    ContactInactive,
    InvitationUnknown,
    InvitationUsed,
    ResetUnknown,
    ResetUsed,
    SignInExpired,
    SignInRefused,
)
from services.identity.factors import handling
from services.identity.streams import ADDRESS, COMPANY, CONTACT
from services.identity.vault import open_vault

Method = Callable[[Mapping[str, Any], Tools], Awaitable[dict[str, Any]]]
_NOBODY = "nobody"
_SECOND_STEPS = UUID("9c2d3c0e-0a5f-5f0e-9a55-7f1f5ad3c2b1")
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

    Of one who has a second factor nothing is said but `contact_id`, and a `ticket` for second_step.
    """
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
    return await _let_in(contact, known.command, tools)


async def second_step(payload: Mapping[str, Any], tools: Tools) -> dict[str, Any]:
    """Who signs in with the `ticket` that sign_in gave and a `code` of the app, or a recovery code: as sign_in says it,
    with `way` (app or recovery) and how many recovery codes are left.

    Raises WrongCode, after which the ticket can be tried again; SignInExpired.
    """
    ticket, code = _texts(payload, "ticket", "code")
    store = handling.factors(tools)
    half = await asyncio.to_thread(store.half, ticket)
    contact = (await tools.repository.load(CONTACT, half.contact)).state
    known = await credentials.known_password(half.contact, tools)
    if not contact.may_sign_in or known is None or known.command != half.password:
        raise SignInExpired
    await handling.settle(half.contact, tools)
    identity = derived_id(_SECOND_STEPS, links.token_hash(ticket))
    correlation = str(payload.get("correlation_id") or identity)
    context = Context(identity, contact.company, contact.contact, "portal", correlation)
    spent = await asyncio.to_thread(store.finish, ticket, half.contact, code, context)
    reach("identity.after_factor")
    await handling.settle(half.contact, tools)
    return {**await _session(contact, tools), "way": spent.way, "codes_left": spent.left}


async def second_factor_draft(payload: Mapping[str, Any], tools: Tools) -> dict[str, Any]:
    """The `secret` that `contact_id`, who is signed in, is to put into an app; raises SecondFactorOn."""
    (contact,) = _texts(payload, "contact_id")
    loaded = await tools.repository.load(CONTACT, contact)
    if loaded.revision < 0:
        raise NotFound("There is no such contact.")
    domain.refuse_unusable(loaded.state)
    await handling.settle(contact, tools)
    return {"secret": await asyncio.to_thread(handling.factors(tools).draft, contact)}


async def invitation(payload: Mapping[str, Any], tools: Tools) -> dict[str, Any]:
    """Whom the invitation with this `token` is for, for the page that asks for a password."""
    (token,) = _texts(payload, "token")
    found = await links.known(token, links.INVITATION, tools)
    found.refuse_closed()
    contact = await _whose(found, tools)
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
    found = await links.known(token, links.INVITATION, tools)
    contact = await _whose(found, tools)
    context = _context(found, payload, contact)
    await _take_password(found, contact, password, "accept_invitation", context, tools)
    await addresses.confirm(contact.login, found.contact, context, tools)
    loaded = await tools.repository.load(CONTACT, found.contact)
    known = await credentials.known_password(found.contact, tools)
    return {**await _let_in(loaded.state, known.command if known else "", tools), "position": loaded.position}


async def ask_reset(payload: Mapping[str, Any], tools: Tools) -> dict[str, Any]:
    """Note that somebody who uses `email` forgot the password. Whose address it is, is looked up by the worker later:
    the answer, and how long it takes, are the same for addresses that nobody has.
    """
    (email,) = _texts(payload, "email")
    login = open_vault(tools.settings, tools.state).login(email)
    values = (str(_command_id(payload.get("command_id"), uuid4())), login, now().isoformat())

    def write() -> None:
        with tools.state.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO reset_requests (command, login, asked_at) VALUES (?, ?, ?)", values
            )

    await asyncio.to_thread(write)
    return {}


async def reset(payload: Mapping[str, Any], tools: Tools) -> dict[str, Any]:
    """Whom the link with this `token` is for, for the page that asks for a new password."""
    (token,) = _texts(payload, "token")
    found = await links.known(token, links.RESET, tools)
    found.refuse_closed()
    contact = await _whose(found, tools)
    person = await asyncio.to_thread(open_vault(tools.settings, tools.state).open, contact.contact, contact.personal)
    return {"contact_id": contact.contact, "email": person.email}


async def accept_reset(payload: Mapping[str, Any], tools: Tools) -> dict[str, Any]:
    """Take `password` as the contact's own, once a `token`; the same again is answered the same.

    Nobody is signed in by it. Answers whose it is, and from which `position` on no older session is to be trusted.
    """
    token, password = _texts(payload, "token", "password")
    found = await links.known(token, links.RESET, tools)
    contact = await _whose(found, tools)
    await _take_password(found, contact, password, "reset_password", _context(found, payload, contact), tools)
    loaded = await tools.repository.load(CONTACT, found.contact)
    return {"contact_id": found.contact, "position": loaded.position}


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
        vault = open_vault(tools.settings, tools.state)
        passwords.refuse_weak(password, (await asyncio.to_thread(vault.open, link.contact, contact.personal)).email)
        await credentials.settle(link.contact, tools)
        await credentials.store_password(link.contact, password, pending, context, tools, was=known, link=link)
    await credentials.settle(link.contact, tools)


async def _let_in(contact: Contact, password: str, tools: Tools) -> dict[str, Any]:
    """The session's facts; of one with a second factor only `contact_id`, and a `ticket` for second_step."""
    await handling.settle(contact.contact, tools)
    store = handling.factors(tools)
    if not await asyncio.to_thread(store.is_on, contact.contact):
        return await _session(contact, tools)
    ticket = await asyncio.to_thread(store.issue, contact.contact, password)
    return {"contact_id": contact.contact, "ticket": ticket}


async def _session(contact: Contact, tools: Tools) -> dict[str, Any]:
    person = await asyncio.to_thread(open_vault(tools.settings, tools.state).open, contact.contact, contact.personal)
    return {
        "contact_id": contact.contact,
        "company": contact.company,
        "companies": sorted(contact.companies - {""}),
        "staff_roles": list(contact.staff_roles),
        "name": person.name,
        "language": contact.language,
    }


async def _whose(link: links.Link, tools: Tools) -> Contact:
    """The link's contact. To a stranger with the link, one that is no more is a link that is not known."""
    contact = (await tools.repository.load(CONTACT, link.contact)).state
    try:
        domain.refuse_unusable(contact)
    except (ContactGone, ContactInactive):
        raise (InvitationUnknown if link.kind == links.INVITATION else ResetUnknown) from None
    return contact


def _command_id(given: Any, otherwise: UUID) -> UUID:
    try:
        return UUID(given) if given else otherwise
    except (ValueError, AttributeError) as error:
        raise Invalid("The form's id is not one.", fields={"command_id": [str(error)]}) from error


def _context(found: links.Link, payload: Mapping[str, Any], contact: Contact) -> Context:
    identity = _command_id(payload.get("command_id"), derived_id(_ACCEPTANCES, found.token_hash))
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
