"""The commands on contacts that touch more than one stream or the state database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from esdbclient.exceptions import WrongCurrentVersion

from chassis.dispatch import Tools
from chassis.messages import Context, Event, Reply
from chassis.repository import now
from services.identity import addresses, commands, credentials, domain, links, passwords
from services.identity.domain import Contact
from services.identity.errors import NoEmail, WrongPassword
from services.identity.roles import refuse_unknown_roles
from services.identity.streams import (
    COMPANY,
    CONTACT,
    PORTAL,
    ROLES,
    find,
    find_contact,
    refuse_all_but_portal_admins,
)
from services.identity.vault import Person, contact_id, open_vault


async def create_contact(command: commands.CreateContact, context: Context, tools: Tools) -> Reply:
    """A new contact of a company that exists, with an address of their own."""
    company = await find(COMPANY, command.for_company, context, tools, "There is no such company.")
    domain.refuse_unknown_branches(company.state, command.branches)
    return await _create(command, context, tools, lambda *made: domain.decide_create_contact(command, *made))


async def create_staff(command: commands.CreateStaff, context: Context, tools: Tools) -> Reply:
    """A new person of the supplier's staff."""
    return await _create(command, context, tools, lambda *made: domain.decide_create_staff(command, *made))


async def _create(
    command: commands.CreateContact | commands.CreateStaff,
    context: Context,
    tools: Tools,
    decide: Callable[[str, str, str], list[Event]],
) -> Reply:
    """Reserve the address, make the contact, confirm the address; a repeat goes on where the first one ended."""
    vault = open_vault(tools.settings, tools.state)
    contact, login = contact_id(context.command_id), vault.login(command.email)
    loaded = await tools.repository.load(CONTACT, contact)
    reply = tools.repository.earlier(loaded, CONTACT, contact, context)
    if reply is None:
        await addresses.reserve(login, contact, context, tools)
        person = Person(command.name, command.email, command.phone)
        events = decide(contact, await asyncio.to_thread(vault.seal, contact, person), login)
        try:
            reply = await tools.repository.append(CONTACT.codec, CONTACT.stream(contact), contact, -1, events, context)
        except WrongCurrentVersion:
            return await _create(command, context, tools, decide)  # the same command at the same moment
    await addresses.confirm(login, contact, context, tools)
    return reply


async def invite(command: commands.InviteContact, context: Context, tools: Tools) -> Reply:
    """A new link; `result` has its token and when it expires. Only the token's hash is kept."""
    contact = command.contact_id
    loaded = await find_contact(contact, context, tools)
    reply = tools.repository.earlier(loaded, CONTACT, contact, context)
    if reply is None:
        login = await _own_login(loaded.state, context, tools)
        reply = await tools.repository.change(
            CONTACT, contact, context, lambda state: domain.decide_invite(state, login, now())
        )
    loaded = await find_contact(contact, context, tools)
    await _use_login(loaded.state, context, tools)
    token = open_vault(tools.settings, tools.state).token(links.INVITATION, context.command_id, contact)
    invitation = await links.store(token, contact, loaded.state.invited_until or now(), tools)
    return replace(reply, result={"token": token, "expires_at": invitation.expires_at.isoformat()})


async def set_password(command: commands.SetPassword, context: Context, tools: Tools) -> Reply:
    """The password that an admin gives a contact, who has to change it when they log in with it."""
    await refuse_all_but_portal_admins(context, tools)
    contact, password = command.contact_id, command.password
    loaded = await find_contact(contact, context, tools)
    reply = tools.repository.earlier(loaded, CONTACT, contact, context)
    known = await credentials.known_password(contact, tools)
    if known is not None and known.command == str(context.command_id):
        await credentials.refuse_other(known, password)
    elif reply is None:
        domain.decide_set_password(loaded.state, "")
        await credentials.refuse_weak(loaded.state, password, tools)
        login = await _own_login(loaded.state, context, tools)
        await credentials.settle(contact, tools)
        await credentials.store_password(
            contact, password, credentials.SET_BY_ADMIN, context, tools, login=login, was=known
        )
    reply = reply or await _settled(contact, context, tools)
    await _use_login((await find_contact(contact, context, tools)).state, context, tools)
    return reply


async def change_password(command: commands.ChangePassword, context: Context, tools: Tools) -> Reply:
    """The contact's own new password, for one who knows the current one."""
    contact = command.actor
    loaded = await find_contact(contact, context, tools)
    reply = tools.repository.earlier(loaded, CONTACT, contact, context)
    known = await credentials.known_password(contact, tools)
    if known is not None and known.command == str(context.command_id):
        await credentials.refuse_other(known, command.new)
    elif reply is None:
        domain.decide_change_password(loaded.state)
        if not await passwords.verified(known.hash if known else None, command.current):
            raise WrongPassword
        await credentials.refuse_weak(loaded.state, command.new, tools)
        await credentials.settle(contact, tools)
        await credentials.store_password(contact, command.new, "change_password", context, tools, was=known)
    return reply or await _settled(contact, context, tools)


async def set_permissions(command: commands.SetPermissions, context: Context, tools: Tools) -> Reply:
    """What the contact may do, in branches that the company has and by roles that there are."""
    await refuse_all_but_portal_admins(context, tools)
    contact = (await find_contact(command.contact_id, context, tools)).state
    if command.branches is not None:
        company = (await tools.repository.load(COMPANY, contact.company)).state
        domain.refuse_unknown_branches(company, command.branches)
    known = (await tools.repository.load(ROLES, PORTAL)).state

    def decide(state: Contact) -> list[Event]:
        refuse_unknown_roles(known, command.roles)
        return domain.decide_set_permissions(state, command, now())

    return await tools.repository.change(CONTACT, command.contact_id, context, decide)


async def lift_lock(command: commands.LiftSignInLock, context: Context, tools: Tools) -> Reply:
    """That an admin lets the contact try again; the gateway, which counts, does it when this is kept."""
    await refuse_all_but_portal_admins(context, tools)
    await find_contact(command.contact_id, context, tools)
    return await tools.repository.change(
        CONTACT, command.contact_id, context, lambda state: domain.decide_lift_lock(state, command, now())
    )


async def erase(command: commands.EraseContact, context: Context, tools: Tools) -> Reply:
    """The event first, then address and key; the worker deletes the key again wherever it finds the event."""
    contact = command.contact_id
    login = (await find_contact(contact, context, tools)).state.login
    reply = await tools.repository.change(
        CONTACT, contact, context, lambda state: domain.decide_erase(state, command, now())
    )
    if login:
        await addresses.release(login, contact, context, tools)
    await asyncio.to_thread(open_vault(tools.settings, tools.state).forget, contact)
    return reply


async def _own_login(state: Contact, context: Context, tools: Tools) -> str:
    """Reserve the contact's present address for it; gives what stands for the address."""
    domain.refuse_unusable(state)
    email = await _email(state, tools)
    if not email:
        raise NoEmail
    login = open_vault(tools.settings, tools.state).login(email)
    await addresses.reserve(login, state.contact, context, tools)
    return login


async def _use_login(state: Contact, context: Context, tools: Tools) -> None:
    """Confirm the address the contact signs in with, and free the one it signed in with before."""
    await addresses.confirm(state.login, state.contact, context, tools)
    if state.former_login not in ("", state.login):
        await addresses.release(state.former_login, state.contact, context, tools)


async def _email(state: Contact, tools: Tools) -> str:
    vault = open_vault(tools.settings, tools.state)
    return (await asyncio.to_thread(vault.open, state.contact, state.personal)).email


async def _settled(contact: str, context: Context, tools: Tools) -> Reply:
    """The reply to the password just stored, whose event stands in the stream after this."""
    await credentials.settle(contact, tools)
    loaded = await find_contact(contact, context, tools)
    reply = tools.repository.earlier(loaded, CONTACT, contact, context)
    return replace(reply, repeated=False) if reply else Reply("", loaded.revision, loaded.position, contact)
