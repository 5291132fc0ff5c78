"""The commands on details and staff's roles.

An address moves in steps, each of which a repeat finds done or does: the new one reserved, the correction appended,
the new one confirmed, the old one released (see README.md, "One contact an address").
"""

from __future__ import annotations

import asyncio
from typing import Any

from esdbclient.exceptions import WrongCurrentVersion

from chassis.dispatch import Handle, Tools
from chassis.errors import Conflict, NotAllowed, NotFound
from chassis.messages import ALL_COMPANIES, REACTION, Context, Reply
from chassis.readmodel import NotThere, database
from chassis.repository import ATTEMPTS, Loaded
from services.identity import addresses, contacts, credentials, links
from services.identity.authority import PORTAL_CHANNEL, definitions, operators_authority
from services.identity.contract import SERVICE
from services.identity.details import commands
from services.identity.details.domain import decide_correct, decide_set_roles
from services.identity.details.errors import AddressIsOurs, DetailsOfOthersToo, LastPortalAdmin, NoAddressLeft
from services.identity.details.person import person_of
from services.identity.domain import Contact
from services.identity.errors import BeyondYours, ContactGone, NotForStaff
from services.identity.limits import Limits, refuse_beyond
from services.identity.projections.people import CONTACTS
from services.identity.streams import CONTACT, PORTAL_ADMIN, find_contact
from services.identity.vault import Person, open_vault


async def correct_contact(command: commands.CorrectContact, context: Context, tools: Tools) -> Reply:
    """For portal admins, and admins of the company a contact belongs to alone. Staff correct themselves."""
    limits = await operators_authority(context, tools)
    for _attempt in range(ATTEMPTS):
        loaded = await find_contact(command.contact_id, context, tools)
        if tools.repository.earlier(loaded, CONTACT, command.contact_id, context) is None:
            await _refuse_whom_they_may_not(limits, loaded.state, context, tools)
        wanted = Person(command.name, command.email, command.phone)
        try:
            return await _correct(loaded, wanted, command.language, limits, context, tools)
        except WrongCurrentVersion:
            continue
    raise Conflict("Others were changing this contact at that moment. Nothing was changed; please try again.")


async def _refuse_whom_they_may_not(limits: Limits, state: Contact, context: Context, tools: Tools) -> None:
    """Raise what keeps the one who asks from correcting this contact, as things stand."""
    if state.staff_roles:
        raise NotForStaff
    await contacts.refuse_others(limits, state, context, tools)
    if not limits.all and state.companies != {context.company}:
        raise DetailsOfOthersToo


async def correct_own(command: commands.CorrectOwnDetails, context: Context, tools: Tools) -> Reply:
    """The actor's own name and phone."""
    vault = open_vault(tools.settings, tools.state)
    for _attempt in range(ATTEMPTS):
        loaded = await tools.repository.load(CONTACT, command.actor)
        if loaded.revision < 0:
            raise NotFound("There is no such contact.")
        known = await asyncio.to_thread(person_of, vault, loaded.state)
        wanted = Person(command.name, known.email, command.phone)
        try:
            return await _correct(loaded, wanted, loaded.state.language, None, context, tools)
        except WrongCurrentVersion:
            continue
    raise Conflict("Your details were being changed at that moment. Nothing was changed; please try again.")


async def _correct(
    loaded: Loaded[Contact], wanted: Person, language: str, limits: Limits | None, context: Context, tools: Tools
) -> Reply:
    """The correction of the contact as it was loaded; raises WrongCurrentVersion when it is another by now."""
    state = loaded.state
    reply = tools.repository.earlier(loaded, CONTACT, state.contact, context)
    if reply is not None:
        await contacts.use_login(state, context, tools)
        return reply
    if state.erased:
        raise ContactGone
    vault = open_vault(tools.settings, tools.state)
    known = await asyncio.to_thread(person_of, vault, state)
    if (wanted, language) == (known, state.language):
        return Reply(CONTACT.stream(state.contact), loaded.revision, loaded.position, state.contact)
    login, former = state.login, ""
    if wanted.email != known.email and limits is not None:
        await _refuse_address(limits, state, context, tools)
        login = await _moved(state, wanted.email, context, tools) if state.login else ""
        if login != state.login:
            former = await asyncio.to_thread(vault.seal, state.contact, known)
    sealed = await asyncio.to_thread(vault.seal, state.contact, wanted)
    events = decide_correct(state, sealed, language, login, former)
    stream = CONTACT.stream(state.contact)
    reply = await tools.repository.append(CONTACT.codec, stream, state.contact, loaded.revision, events, context)
    if former:
        await contacts.use_login((await tools.repository.load(CONTACT, state.contact)).state, context, tools)
    return reply


async def _refuse_address(limits: Limits, state: Contact, context: Context, tools: Tools) -> None:
    """Raise AddressIsOurs for a company's admin who would get at more than they can hand out.

    Whoever has the mailbox gets a new password by it.
    """
    rights = state.rights_in(context.company)
    if limits.all or rights is None:
        return
    try:
        refuse_beyond(limits, None, rights, await definitions(tools))
    except BeyondYours:
        raise AddressIsOurs from None


async def _moved(state: Contact, email: str, context: Context, tools: Tools) -> str:
    """Reserve the address that the contact is to sign in with, and give what stands for it.

    Links that went to the old mailbox end first: nobody is to come in by one who has no business there.
    """
    if not email:
        raise NoAddressLeft
    login = open_vault(tools.settings, tools.state).login(email)
    if login == state.login:
        return login
    # What an earlier change of address, or a password that was stored, still owes comes before this one.
    await contacts.use_login(state, context, tools)
    if await credentials.settle(state.contact, tools) is not None:
        raise WrongCurrentVersion
    await addresses.reserve(login, state.contact, context, tools)
    await asyncio.to_thread(links.end_links, tools.state, state.contact)
    return login


async def set_staff_roles(command: commands.SetStaffRoles, context: Context, tools: Tools) -> Reply:
    """For the machine's operator alone: no portal admin makes another, or takes the last one away."""
    if context.company != ALL_COMPANIES or context.channel in (PORTAL_CHANNEL, REACTION):
        raise NotAllowed("Roles of staff are set by whoever runs the portal:  portico admin roles EMAIL")
    loaded = await find_contact(command.contact_id, context, tools)
    if PORTAL_ADMIN not in command.staff_roles:
        await refuse_last_admin(loaded.state, tools)
    return await tools.repository.change(
        CONTACT, command.contact_id, context, lambda state: decide_set_roles(state, command.staff_roles)
    )


def but_the_last_admin(handle: Handle) -> Handle:
    """The handler, which shuts nobody out who is the last portal admin."""

    async def kept(command: Any, context: Context, tools: Tools) -> Reply:
        if context.company == ALL_COMPANIES:
            await refuse_last_admin((await tools.repository.load(CONTACT, command.contact_id)).state, tools)
        return await handle(command, context, tools)

    return kept


async def refuse_last_admin(state: Contact, tools: Tools) -> None:
    """Raise LastPortalAdmin where no other portal admin can log in.

    Who may be one is looked up in the read model, whether they are in their streams.
    """
    if PORTAL_ADMIN not in state.staff_roles or not state.may_sign_in or state.stage != "active":
        return
    for contact in await asyncio.to_thread(_perhaps_admins, tools):
        other = (await tools.repository.load(CONTACT, contact)).state
        there = other.may_sign_in and other.stage == "active" and PORTAL_ADMIN in other.staff_roles
        if there and contact != state.contact:
            return
    raise LastPortalAdmin


def _perhaps_admins(tools: Tools) -> list[str]:
    sql = f"SELECT contact_id FROM {CONTACTS.name} WHERE staff_roles LIKE '%\"{PORTAL_ADMIN}\"%' AND status = 'active'"
    try:
        with database(tools.settings, SERVICE).reading() as execute:
            return [str(row["contact_id"]) for row in execute(sql).fetchall()]
    except NotThere:
        return []
