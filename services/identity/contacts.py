"""The commands on contacts that touch more than one stream or the state database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from esdbclient.exceptions import WrongCurrentVersion

from chassis import log
from chassis.dispatch import Handle, Tools
from chassis.errors import NotFound
from chassis.messages import Context, Event, Reply
from chassis.repository import now
from services.identity import addresses, commands, credentials, domain, links, passwords
from services.identity.authority import (
    authority,
    business_day,
    definitions,
    operators_authority,
    refuse_all_but_the_supplier,
    refuse_for_staff,
    rights_of,
)
from services.identity.details.domain import decide_erase
from services.identity.details.person import person_of
from services.identity.domain import Contact, Rights
from services.identity.erased import NotAList, erased_list
from services.identity.errors import HasPassword, NoEmail, OfOthersToo, WrongPassword
from services.identity.factors.domain import decide_lift_lock
from services.identity.limits import Limits, refuse_beyond, refuse_peers
from services.identity.memberships import domain as memberships
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

_log = log.get("identity.contacts")


async def create_contact(command: commands.CreateContact, context: Context, tools: Tools) -> Reply:
    """A new contact of a company that exists, with an address of their own and what the admin may give."""
    limits = await operators_authority(context, tools)
    company = await find(COMPANY, command.for_company, context, tools, "There is no such company.")
    made = Maker(contact_id(context.command_id), Person(command.name, command.email, command.phone))
    loaded = await tools.repository.load(CONTACT, made.contact)
    if tools.repository.earlier(loaded, CONTACT, made.contact, context) is None:
        await refuse_rights(limits, None, rights_of(command), company.state, tools)
    return await create(made, context, tools, lambda *who: domain.decide_create_contact(command, *who))


async def create_staff(command: commands.CreateStaff, context: Context, tools: Tools) -> Reply:
    """A new person of the supplier's staff."""
    made = Maker(contact_id(context.command_id), Person(command.name, command.email, command.phone))
    return await create(made, context, tools, lambda *who: domain.decide_create_staff(command, *who))


async def refuse_rights(
    limits: Limits, before: Rights | None, after: Rights, company: domain.Company, tools: Tools
) -> None:
    """Raise what is wrong with rights that are to be given: no such branch or role, a last day that is past, or more
    than the one who gives them may."""
    domain.refuse_unknown_branches(company, after.branches)
    refuse_unknown_roles((await tools.repository.load(ROLES, PORTAL)).state, after.roles)
    domain.refuse_past(after.ends, now(), before.ends if before else None)
    refuse_beyond(limits, before, after, await definitions(tools))


@dataclass(frozen=True, slots=True)
class Maker:
    """The contact that is to be made: its id, and who that is."""

    contact: str
    person: Person


async def create(made: Maker, context: Context, tools: Tools, decide: Callable[[str, str, str], list[Event]]) -> Reply:
    """Reserve the address, make the contact, confirm the address; a repeat goes on where the first one ended."""
    vault = open_vault(tools.settings, tools.state)
    contact, login = made.contact, vault.login(made.person.email)
    loaded = await tools.repository.load(CONTACT, contact)
    reply = tools.repository.earlier(loaded, CONTACT, contact, context)
    if reply is None:
        await addresses.reserve(login, contact, context, tools)
        events = decide(contact, await asyncio.to_thread(vault.seal, contact, made.person), login)
        try:
            reply = await tools.repository.append(CONTACT.codec, CONTACT.stream(contact), contact, -1, events, context)
        except WrongCurrentVersion:
            return await create(made, context, tools, decide)  # the same command at the same moment
    await addresses.confirm(login, contact, context, tools)
    return reply


async def invite(command: commands.InviteContact, context: Context, tools: Tools) -> Reply:
    """A new link; `result` has its token, for the supplier's admins, and when it expires. Only its hash is kept.

    A company's own admin is not told it: who has the link of somebody can log in as them.
    """
    limits = await operators_authority(context, tools)
    loaded = await find_contact(command.contact_id, context, tools)
    refuse_for_staff(loaded.state, context)  # of a repeat, too: what it is answered with is a key to the account
    if tools.repository.earlier(loaded, CONTACT, command.contact_id, context) is None:
        await refuse_others(limits, loaded.state, context, tools)
        if not limits.all and loaded.state.stage == "active":
            raise HasPassword
    reply = await make_invitation(command.contact_id, context, tools)
    shown = reply.result if limits.all else {"expires_at": reply.result["expires_at"]}
    return replace(reply, result=shown)


async def no_others(limits: Limits, context: Context, tools: Tools) -> Callable[[Contact], None]:
    """What raises, of a contact, what keeps a company's admin from it: it is themselves, or another admin.

    To be asked of the state that is decided on, lest somebody is made an admin in between.
    """
    gives, today = await definitions(tools), business_day()

    def refuse(contact: Contact) -> None:
        rights = contact.rights_in(context.company)
        if rights is not None:
            refuse_peers(limits, contact, rights, gives, today)

    return refuse


async def refuse_others(limits: Limits, contact: Contact, context: Context, tools: Tools) -> None:
    """Raise what `no_others` raises, of a contact as it was loaded."""
    (await no_others(limits, context, tools))(contact)


async def make_invitation(contact: str, context: Context, tools: Tools) -> Reply:
    """A new link, whoever asks; `result` has its token and when it expires."""
    loaded = await find_contact(contact, context, tools)
    reply = tools.repository.earlier(loaded, CONTACT, contact, context)
    if reply is None:
        login = await _own_login(loaded.state, context, tools)
        reply = await tools.repository.change(
            CONTACT, contact, context, lambda state: domain.decide_invite(state, login, now())
        )
    loaded = await find_contact(contact, context, tools)
    await use_login(loaded.state, context, tools)
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
    await use_login((await find_contact(contact, context, tools)).state, context, tools)
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
    limits = await authority(context, tools)
    contact = (await find_contact(command.contact_id, context, tools)).state
    of = command.in_company or contact.company
    if not context.sees(of):
        raise NotFound("There is no such contact.")
    company = (await tools.repository.load(COMPANY, of)).state
    known, today = (await tools.repository.load(ROLES, PORTAL)).state, business_day()
    gives = await definitions(tools)

    def decide(state: Contact) -> list[Event]:
        before = state.rights_in(of) or Rights()
        domain.refuse_unknown_branches(company, command.branches)
        refuse_unknown_roles(known, command.roles)
        refuse_peers(limits, state, before, gives, today)
        refuse_beyond(limits, before, rights_of(command), gives)
        return decide_rights(state, of, command)

    return await tools.repository.change(CONTACT, command.contact_id, context, decide)


def decide_rights(state: Contact, company: str, command: commands.SetPermissions) -> list[Event]:
    """What the contact may do in one of their companies; nothing when it is so already."""
    if company != state.company:
        return memberships.decide_change(state, company, rights_of(command), now())
    return domain.decide_set_permissions(state, command, now())


async def lift_lock(command: commands.LiftSignInLock, context: Context, tools: Tools) -> Reply:
    """That an admin lets the contact try again; the gateway, which counts, does it when this is kept."""
    await refuse_all_but_portal_admins(context, tools)
    await find_contact(command.contact_id, context, tools)
    return await tools.repository.change(
        CONTACT, command.contact_id, context, lambda state: decide_lift_lock(state, command, now())
    )


async def add_to_company(command: commands.AddToCompany, context: Context, tools: Tools) -> Reply:
    """The contact is of another company, too, with rights of that company's own."""
    await refuse_all_but_portal_admins(context, tools)
    await find_contact(command.contact_id, context, tools)
    company = await find(COMPANY, command.to_company, context, tools, "There is no such company.")
    known, rights = (await tools.repository.load(ROLES, PORTAL)).state, rights_of(command)

    def decide(state: Contact) -> list[Event]:
        domain.refuse_unknown_branches(company.state, rights.branches)
        refuse_unknown_roles(known, rights.roles)
        return memberships.decide_add(state, command.to_company, rights, now())

    return await tools.repository.change(CONTACT, command.contact_id, context, decide)


async def remove_from_company(command: commands.RemoveFromCompany, context: Context, tools: Tools) -> Reply:
    """The contact is not of that company any more; for portal admins, and the company's own."""
    refuse = await no_others(await authority(context, tools), context, tools)
    if not context.sees(command.from_company):
        raise NotFound("There is no such contact.")

    def decide(state: Contact) -> list[Event]:
        refuse(state)
        return memberships.decide_remove(state, command.from_company)

    return await tools.repository.change(CONTACT, command.contact_id, context, decide)


async def set_delegation(command: commands.SetDelegation, context: Context, tools: Tools) -> Reply:
    """What the contact may hand out as an admin of one of their companies."""
    await refuse_all_but_portal_admins(context, tools)
    return await tools.repository.change(
        CONTACT, command.contact_id, context, lambda state: memberships.decide_set_delegation(state, command, now())
    )


def switches(decide: Callable[[Contact, Any, str], list[Event]]) -> Handle:
    """A handler that lets a contact in, or not any more: for portal admins, and admins of the contact's company."""

    async def handle(command: Any, context: Context, tools: Tools) -> Reply:
        limits = await operators_authority(context, tools)
        refuse = await no_others(limits, context, tools)

        def decided(state: Contact) -> list[Event]:
            refuse(state)
            if not limits.all and state.companies != {context.company}:
                raise OfOthersToo
            return decide(state, command, "" if limits.all else context.company)

        return await tools.repository.change(CONTACT, command.contact_id, context, decided)

    return handle


async def erase(command: commands.EraseContact, context: Context, tools: Tools) -> Reply:
    """The event first, then address, list and key; of each event it finds, the worker sees to list and key again."""
    await refuse_all_but_the_supplier(context, tools)
    contact = command.contact_id
    login = (await find_contact(contact, context, tools)).state.login
    reply = await tools.repository.change(CONTACT, contact, context, lambda state: decide_erase(state, command, now()))
    if login:
        await addresses.release(login, contact, context, tools)
    await asyncio.to_thread(_forget, contact, tools)
    return reply


def _forget(contact: str, tools: Tools) -> None:
    """Note who is erased, then delete the key: the worker may be behind when the data is lost, and a backup older.

    Without a list there is nothing to note: the worker, which makes it, reads all erasures there have been.
    """
    listed = erased_list(tools.settings)
    try:
        if listed.is_there:
            listed.add((contact,))
    except (OSError, NotAList) as error:  # the key is not to outlive it; the worker tries until the list is mended
        _log.error("not noted as erased", contact=contact, reason=str(error))
    open_vault(tools.settings, tools.state).forget(contact)


async def _own_login(state: Contact, context: Context, tools: Tools) -> str:
    """Reserve the contact's present address for it; gives what stands for the address."""
    domain.refuse_unusable(state)
    email = await _email(state, tools)
    if not email:
        raise NoEmail
    login = open_vault(tools.settings, tools.state).login(email)
    await addresses.reserve(login, state.contact, context, tools)
    return login


async def use_login(state: Contact, context: Context, tools: Tools) -> None:
    """Confirm the address the contact signs in with, and free the one it signed in with before."""
    await addresses.confirm(state.login, state.contact, context, tools)
    if state.former_login not in ("", state.login):
        await addresses.release(state.former_login, state.contact, context, tools)


async def _email(state: Contact, tools: Tools) -> str:
    return (await asyncio.to_thread(person_of, open_vault(tools.settings, tools.state), state)).email


async def _settled(contact: str, context: Context, tools: Tools) -> Reply:
    """The reply to the password just stored, whose event stands in the stream after this."""
    await credentials.settle(contact, tools)
    loaded = await find_contact(contact, context, tools)
    reply = tools.repository.earlier(loaded, CONTACT, contact, context)
    return replace(reply, repeated=False) if reply else Reply("", loaded.revision, loaded.position, contact)
