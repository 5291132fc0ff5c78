"""Who asks, looked up in the streams: whether they may decide about a company's contacts now, and how far."""

from __future__ import annotations

import os
from datetime import date, datetime
from typing import Any

from chassis.config import timezone
from chassis.dispatch import Handle, Tools
from chassis.errors import NotAllowed
from chassis.messages import ALL_COMPANIES, REACTION, Context, Reply
from services.identity.domain import Contact, Rights
from services.identity.errors import NotForStaff
from services.identity.limits import Definitions, Limits, limits_of
from services.identity.streams import CONTACT, PORTAL, PORTAL_ADMIN, ROLES

PORTAL_CHANNEL = "portal"
"""The channel of what the gateway sends. The machine's own operator has others (`portico admin`, the demo)."""


def business_day() -> date:
    """The business day it is now, in the portal's time zone."""
    return datetime.now(timezone(os.environ)).date()


async def definitions(tools: Tools) -> Definitions:
    """The permissions of each role there is."""
    known = (await tools.repository.load(ROLES, PORTAL)).state.known
    return {role: one.permissions for role, one in known.items()}


async def authority(context: Context, tools: Tools) -> Limits:
    """What the one who asks may hand out: all (portal admins), or what a company's own admin may in their company.

    Raises NotAllowed for all others.
    """
    actor = (await tools.repository.load(CONTACT, context.actor)).state
    rights = actor.rights_in(context.company)
    if actor.may_sign_in and context.company == ALL_COMPANIES and PORTAL_ADMIN in actor.staff_roles:
        return Limits(context.actor, all=True)
    if actor.may_sign_in and actor.stage == "active" and rights is not None and not actor.staff_roles:
        delegation = actor.delegation_in(context.company)
        limits = limits_of(actor.contact, rights, delegation, await definitions(tools), business_day())
        if limits is not None:
            return limits
    raise NotAllowed("Only a portal admin may do this, or who administers the company's contacts.")


async def operators_authority(context: Context, tools: Tools) -> Limits:
    """As `authority`; and all for the machine's operator, who has nobody in identity to be looked up."""
    if context.company == ALL_COMPANIES and context.channel not in (PORTAL_CHANNEL, REACTION):
        return Limits(context.actor, all=True)
    return await authority(context, tools)


async def refuse_all_but_the_supplier(context: Context, tools: Tools) -> None:
    """Raise NotAllowed unless a portal admin or the machine's operator asks."""
    if not (await operators_authority(context, tools)).all:
        raise NotAllowed("Only a portal admin may do this.")


def by_the_supplier(handle: Handle) -> Handle:
    """The handler, for whom refuse_all_but_the_supplier lets: an agent's word is not a portal admin's."""

    async def guarded(command: Any, context: Context, tools: Tools) -> Reply:
        await refuse_all_but_the_supplier(context, tools)
        return await handle(command, context, tools)

    return guarded


def refuse_for_staff(contact: Contact, context: Context) -> None:
    """Raise NotForStaff where the portal is to open an account of the supplier's own: that is the operator's."""
    if contact.staff_roles and context.channel == PORTAL_CHANNEL:
        raise NotForStaff


def rights_of(command: object) -> Rights:
    """The rights that a command gives."""
    return Rights(*(getattr(command, name) for name in ("permissions", "branches", "roles", "ends")))
