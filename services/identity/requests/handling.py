"""The commands on requests for access, and what follows from an approval: the contact and its invitation."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import NAMESPACE_OID, uuid5

from chassis.dispatch import Tools
from chassis.errors import NotAllowed, NotFound
from chassis.killpoints import reach
from chassis.messages import ALL_COMPANIES, Context, Recorded, Reply
from chassis.repository import Loaded
from services.identity import addresses, commands, contacts
from services.identity.authority import authority, business_day, definitions, rights_of
from services.identity.domain import COMPANY_ADMIN, Contact, decide_create_contact
from services.identity.limits import last_days
from services.identity.requests import domain
from services.identity.requests.domain import Request, Requests
from services.identity.requests.errors import IsColleague, MoreThanYours
from services.identity.streams import ADDRESS, COMPANY, CONTACT, REQUESTS
from services.identity.vault import Forgotten, Person, contact_id, open_vault

_MISSING = "There is no such request."


async def ask(command: commands.RequestAccess, context: Context, tools: Tools) -> Reply:
    """A request waits for an answer; its id is that of the contact an approval makes."""
    requester = await _requester(command, context, tools)
    request = contact_id(context.command_id)
    loaded = await tools.repository.load(REQUESTS, command.company)
    reply = tools.repository.earlier(loaded, REQUESTS, command.company, context)
    if reply is None:
        vault = open_vault(tools.settings, tools.state)
        login = vault.login(command.email)
        await _refuse_colleagues(login, command.company, tools)
        person = Person(command.name, command.email, command.phone)
        personal = await asyncio.to_thread(vault.seal, request, person)
        why = await asyncio.to_thread(vault.seal_text, request, command.why)
        asked = Request(request, requester.contact, personal, login, why)
        asked = replace(asked, permissions=command.permissions, branches=command.branches)
        reply = await tools.repository.change(
            REQUESTS,
            command.company,
            context,
            lambda state: domain.decide_ask(state, command.company, asked),
            create=True,
        )
    return replace(reply, id=request)


async def _requester(command: commands.RequestAccess, context: Context, tools: Tools) -> Contact:
    """Who asks, as a contact of the company who has what they ask for. Raises NotAllowed, MoreThanYours."""
    actor = (await tools.repository.load(CONTACT, context.actor)).state
    rights = actor.rights_in(context.company)
    known = (await tools.repository.load(COMPANY, context.company)).state.branches
    if (
        rights is None
        or not actor.contact
        or actor.staff_roles
        or not actor.may_sign_in
        or context.company == ALL_COMPANIES
    ):
        raise NotAllowed("You can ask for access to your own company only.")
    own = last_days(rights, await definitions(tools), business_day()).keys() - {COMPANY_ADMIN}
    of = known.keys() if rights.branches is None else set(rights.branches)
    wider = rights.branches is not None if command.branches is None else not set(command.branches) <= of
    if not own >= set(command.permissions) or wider:
        raise MoreThanYours
    return actor


async def _refuse_colleagues(login: str, company: str, tools: Tools) -> None:
    """Raise IsColleague where a contact of the company uses the address. Of other companies' nothing is said."""
    owner = (await tools.repository.load(ADDRESS, login)).state
    if not owner.contact or not owner.confirmed:
        return
    contact = (await tools.repository.load(CONTACT, owner.contact)).state
    if not contact.erased and contact.rights_in(company) is not None:
        raise IsColleague


async def approve(command: commands.ApproveAccess, context: Context, tools: Tools) -> Reply:
    """The colleague is let in: the answer first, which of two holds, then the contact and its invitation."""
    limits = await authority(context, tools)
    loaded = await _find(command.for_company, context, tools)
    reply = tools.repository.earlier(loaded, REQUESTS, command.for_company, context)
    if reply is None:
        request = loaded.state.open_one(command.request)
        company = (await tools.repository.load(COMPANY, command.for_company)).state
        await contacts.refuse_rights(limits, None, rights_of(command), company, tools)
        await addresses.reserve(request.login, command.request, context, tools)
        given = command.permissions, command.branches, command.roles, command.ends
        reply = await tools.repository.change(
            REQUESTS,
            command.for_company,
            context,
            lambda state: domain.decide_approve(state, command.request, context.actor, *given),
        )
        reach("identity.after_approval")
    await _let_in(command.for_company, command.request, context.correlation_id, tools)
    return replace(reply, id=command.request)


async def refuse(command: commands.RefuseAccess, context: Context, tools: Tools) -> Reply:
    """The colleague is not let in; why is sealed as what was said of them."""
    await authority(context, tools)
    loaded = await _find(command.for_company, context, tools)
    loaded.state.one(command.request)
    vault = open_vault(tools.settings, tools.state)
    try:
        reason = await asyncio.to_thread(vault.seal_text, command.request, command.reason)
    except Forgotten:
        raise NotFound(_MISSING) from None
    reply = await tools.repository.change(
        REQUESTS,
        command.for_company,
        context,
        lambda state: domain.decide_refuse(state, command.request, context.actor, reason),
    )
    return replace(reply, id=command.request)


async def approved(event: Recorded, tools: Tools) -> None:
    """The reaction to an approval: what a process that ended too early left undone."""
    correlation = str(event.meta.get("$correlationId", ""))
    await _let_in(event.data["company"], event.data["request"], correlation, tools)


async def _find(company: str, context: Context, tools: Tools) -> Loaded[Requests]:
    loaded = await tools.repository.load(REQUESTS, company)
    if loaded.revision < 0 or not context.sees(company):
        raise NotFound(_MISSING)
    return loaded


async def _let_in(company: str, key: str, correlation: str, tools: Tools) -> None:
    """Make the contact of an approved request and invite it; again does nothing."""
    request = (await tools.repository.load(REQUESTS, company)).state.one(key)
    vault = open_vault(tools.settings, tools.state)
    person = await asyncio.to_thread(vault.open, key, request.personal)
    if not person.email:
        return  # erased meanwhile
    wanted = replace(
        commands.CreateContact(company, person.name, person.email, person.phone),
        permissions=request.permissions,
        branches=request.branches,
        roles=request.roles,
        ends=request.ends,
    )

    def own(what: str) -> Context:
        """The same command whoever comes first, the handler or the reaction."""
        identity = uuid5(NAMESPACE_OID, f"portico:identity:request/{key}/{what}")
        return Context(identity, company, request.decided_by, "portal", correlation, payload_hash=what)

    made = contacts.Maker(key, person)
    await contacts.create(made, own("create"), tools, lambda *who: decide_create_contact(wanted, *who))
    await contacts.make_invitation(key, own("invite"), tools)
