"""The commands on roles, for portal admins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chassis.dispatch import Tools
from chassis.messages import Context, Event, Reply, reference
from services.identity import commands, roles
from services.identity.streams import PORTAL, ROLES, refuse_all_but_portal_admins


async def define_role(command: commands.DefineRole, context: Context, tools: Tools) -> Reply:
    """A new role; its id derives from the command's."""
    role = reference("R", context.command_id)
    return await _change(role, context, tools, lambda state: roles.decide_define(state, role, command))


async def change_role(command: commands.ChangeRole, context: Context, tools: Tools) -> Reply:
    """The role's name and permissions, for all who have it."""
    return await _change(command.role, context, tools, lambda state: roles.decide_change(state, command))


async def remove_role(command: commands.RemoveRole, context: Context, tools: Tools) -> Reply:
    """The role is taken from all who have it."""
    return await _change(command.role, context, tools, lambda state: roles.decide_remove(state, command))


async def _change(role: str, context: Context, tools: Tools, decide: Callable[[roles.Roles], list[Event]]) -> Reply:
    await refuse_all_but_portal_admins(context, tools)
    reply = await tools.repository.change(ROLES, PORTAL, context, decide, create=True)
    return replace(reply, id=role)
