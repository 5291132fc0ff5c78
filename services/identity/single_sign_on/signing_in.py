"""Whom a provider's word lets in: a contact linked before, one with the same proven address, or one a rule makes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from chassis import log
from chassis.dispatch import Tools
from chassis.errors import NotFound
from chassis.messages import ALL_COMPANIES, Context, derived_id
from chassis.repository import now
from services.identity import contacts, domain
from services.identity.commands import CreateContact, SetPermissions
from services.identity.domain import Rights
from services.identity.errors import EmailTaken
from services.identity.factors import handling
from services.identity.factors.steps import let_in, texts
from services.identity.factors.store import SINGLE_SIGN_ON, owe
from services.identity.single_sign_on.errors import SingleSignOnUnknown, SingleSignOnUnproven
from services.identity.single_sign_on.settings import EACH, Provider, Rule, providers
from services.identity.streams import ADDRESS, COMPANY, CONTACT, PORTAL, ROLES
from services.identity.vault import open_vault

_log = log.get("single_sign_on")
CHANNEL = "single-sign-on"
"""Of what a rule does: it is the machine's operator's, who wrote it, and nobody's of the portal."""
_FIRST = UUID("4b0b1b52-7f0c-5a39-9d0c-64c3b6f1a2d7")


async def single_sign_on(payload: Mapping[str, Any], tools: Tools) -> dict[str, Any]:
    """Who signs in by what `provider` says (`subject`, `email`, `verified`, `name`, `groups`), as let_in says it.

    That it says so, the gateway has checked. Raises SingleSignOnUnknown, SingleSignOnUnproven.
    """
    key, subject = texts(payload, "provider", "subject")
    provider = (await asyncio.to_thread(providers)).get(key)
    if provider is None:
        raise NotFound("There is no such way to log in.")
    who = open_vault(tools.settings, tools.state).subject(provider.issuer, subject)
    row = await asyncio.to_thread(tools.state.row, "SELECT contact FROM single_sign_ons WHERE subject = ?", who)
    contact = str(row["contact"]) if row else await _first(provider, who, payload, tools)
    await handling.settle(contact, tools)
    state = (await tools.repository.load(CONTACT, contact)).state
    if not state.may_sign_in or not provider.speaks_for(state.company, bool(state.staff_roles)):
        raise SingleSignOnUnknown(provider.name)
    if row is None or not state.linked:
        await _link(contact, who, provider, payload, tools)
    if provider.rules_at == EACH and not state.staff_roles:
        await _give_anew(contact, who, provider, payload, tools)
    loaded = await tools.repository.load(CONTACT, contact)
    return {**await let_in(loaded.state, SINGLE_SIGN_ON, tools), "position": loaded.position}


async def _first(provider: Provider, who: str, payload: Mapping[str, Any], tools: Tools) -> str:
    """The contact of somebody who comes for the first time, made by a rule where there is none."""
    email = str(payload.get("email") or "").strip()
    if not email or payload.get("verified") is not True:
        raise SingleSignOnUnproven(provider.name)
    login = open_vault(tools.settings, tools.state).login(email)
    owner = (await tools.repository.load(ADDRESS, login)).state.contact
    if owner and (await tools.repository.load(CONTACT, owner)).state.login == login:
        return owner
    rule = provider.rule_for(_groups(payload))
    if rule is None:
        raise SingleSignOnUnknown(provider.name)
    try:
        # Also where the address is reserved: by this very command, it may be, which ended before it made the contact.
        return await _make(provider, rule, who, payload, email, tools)
    except EmailTaken:
        raise SingleSignOnUnknown(provider.name) from None


async def _make(provider: Provider, rule: Rule, who: str, payload: Mapping[str, Any], email: str, tools: Tools) -> str:
    name = str(payload.get("name") or "").strip()[:200] or email
    # All in one command, and so in one append: who is made and not given their roles would never get them.
    create = CreateContact(rule.company, name, email, permissions=rule.permissions, branches=rule.branches or None)
    create = replace(create, roles=await _roles(rule, provider, tools))
    return (await contacts.create_contact(create, _context(provider, f"create/{who}", payload), tools)).id


def _groups(payload: Mapping[str, Any]) -> set[str]:
    return {str(one) for one in payload.get("groups") or ()}


async def _roles(rule: Rule, provider: Provider, tools: Tools) -> tuple[str, ...]:
    known = (await tools.repository.load(ROLES, PORTAL)).state.known
    roles = tuple(role for role, one in known.items() if one.name in rule.roles)
    if len(roles) < len(rule.roles):
        _log.warning("a rule names a role that there is not", provider=provider.key, roles=list(rule.roles))
    return roles


async def _give_anew(contact: str, who: str, provider: Provider, payload: Mapping[str, Any], tools: Tools) -> None:
    """Set what they may do in each of their companies that the rules name; in one of which no rule fits any more,
    nothing. Other companies' rights are an admin's alone.
    """
    state, groups = (await tools.repository.load(CONTACT, contact)).state, _groups(payload)
    for of in sorted(state.companies.intersection(rule.company for rule in provider.rules)):
        rule = provider.rule_for(groups, of)
        given = SetPermissions(contact, (), (state.rights_in(of) or Rights()).branches, in_company=of)
        if rule is not None:
            roles = await _roles(rule, provider, tools)
            given = replace(given, permissions=rule.permissions, branches=rule.branches or None, roles=roles)
            domain.refuse_unknown_branches((await tools.repository.load(COMPANY, of)).state, given.branches)
        decide = partial(contacts.decide_rights, company=of, command=given)
        context = _context(provider, f"rights/{who}/{of}/{now().isoformat()}", payload)
        await tools.repository.change(CONTACT, contact, context, decide)


async def _link(contact: str, who: str, provider: Provider, payload: Mapping[str, Any], tools: Tools) -> None:
    context = _context(provider, f"link/{who}/{now().isoformat()}", payload, contact)

    def write() -> None:
        with tools.state.transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO single_sign_ons (subject, contact, provider) VALUES (?, ?, ?)",
                (who, contact, provider.key),
            )
            owe(db, contact, context, "linked", provider.key)

    await asyncio.to_thread(write)
    await handling.settle(contact, tools)


def _context(provider: Provider, what: str, payload: Mapping[str, Any], actor: str = "") -> Context:
    identity = derived_id(_FIRST, what)
    correlation = str(payload.get("correlation_id") or identity)
    return Context(identity, ALL_COMPANIES, actor or f"sso:{provider.key}", CHANNEL, correlation)
