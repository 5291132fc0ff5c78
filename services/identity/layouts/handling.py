"""The commands on layouts: for whom identity itself knows to have them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chassis.dispatch import Tools
from chassis.errors import NotAllowed
from chassis.messages import Context, Event, Reply, reference
from services.identity.authority import business_day, definitions
from services.identity.domain import COMPANY_ADMIN
from services.identity.layouts import domain
from services.identity.layouts.commands import ChooseLayout, RemoveLayout, SaveLayout
from services.identity.roles import effective
from services.identity.streams import CONTACT, LAYOUTS

PERMISSION = "layouts_export"


async def save(command: SaveLayout, context: Context, tools: Tools) -> Reply:
    """A layout, new or changed; its id is the reply's."""
    held = await _held(context, tools)
    key = command.layout or reference("L", context.command_id)
    reply = await _change(context, tools, lambda state: domain.decide_save(state, key, command, COMPANY_ADMIN in held))
    return replace(reply, id=key)


async def remove(command: RemoveLayout, context: Context, tools: Tools) -> Reply:
    """No layout any more; who looked by it looks at the report as it is."""
    held = await _held(context, tools)
    return await _change(context, tools, lambda state: domain.decide_remove(state, command, COMPANY_ADMIN in held))


async def choose(command: ChooseLayout, context: Context, tools: Tools) -> Reply:
    """The actor's default for a report."""
    await _held(context, tools)
    return await _change(context, tools, lambda state: domain.decide_choose(state, command))


async def _change(context: Context, tools: Tools, decide: Callable[[domain.Layouts], list[Event]]) -> Reply:
    return await tools.repository.change(LAYOUTS, context.company, context, decide, create=True)


async def _held(context: Context, tools: Tools) -> frozenset[str]:
    """What the one who asks may do in their company now; raises NotAllowed without layouts."""
    actor = (await tools.repository.load(CONTACT, context.actor)).state
    rights = actor.rights_in(context.company)
    if actor.may_sign_in and actor.stage == "active" and rights is not None and not actor.staff_roles:
        known = await definitions(tools)
        held = effective(frozenset(rights.permissions), frozenset(rights.roles), rights.ends, known, business_day())
        if PERMISSION in held:
            return held
    raise NotAllowed("Your account does not include layouts. Your administrator can add them.")
