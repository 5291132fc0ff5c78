"""The commands on views: who looks is looked up, as is whom they look as."""

from __future__ import annotations

from dataclasses import replace

from chassis.dispatch import Tools
from chassis.errors import NotFound
from chassis.messages import Context, Reply, derived_id
from chassis.repository import now
from services.identity import commands
from services.identity.streams import VIEW, find_contact, refuse_all_staff_but
from services.identity.vault import short_id
from services.identity.viewing import domain


async def begin(command: commands.BeginViewAs, context: Context, tools: Tools) -> Reply:
    """A view begins; `result` says until when it lasts at the latest (UTC, ISO)."""
    await refuse_all_staff_but(domain.VIEWERS, context, tools)
    contact = (await find_contact(command.contact_id, context, tools)).state
    company = command.in_company or contact.company
    view = short_id(derived_id(context.command_id, "view"))
    reply = await tools.repository.change(
        VIEW,
        view,
        context,
        lambda state: domain.decide_begin(view, contact, company, context.actor, now()),
        create=True,
    )
    until = (await tools.repository.load(VIEW, view)).state.until or now()
    return replace(reply, result={"until": until.isoformat(), "company": company})


async def end(command: commands.EndViewAs, context: Context, tools: Tools) -> Reply:
    """The viewer leaves their own view; another's is not there."""
    loaded = await tools.repository.load(VIEW, command.view)
    if loaded.revision < 0 or loaded.state.viewer != context.actor or not context.sees(loaded.state.company):
        raise NotFound("There is no such view.")
    return await tools.repository.change(VIEW, command.view, context, lambda state: domain.decide_end(state, now()))
