"""The commands on the portal as a whole, for portal admins."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from chassis.dispatch import Handle, Tools
from chassis.errors import Invalid, PorticoError
from chassis.messages import ALL_COMPANIES, Context, Event, Reply, reference
from chassis.repository import Aggregate
from services.identity import commands
from services.identity.errors import PictureRefused
from services.identity.mails import texts
from services.identity.portal import menu, pictures, policy, settings
from services.identity.portal.events import PictureAdded
from services.identity.streams import (
    COMPANY,
    MAIL_SENDER,
    MAIL_TEXT,
    MENU,
    PICTURE,
    PORTAL,
    SETTINGS,
    refuse_all_but_portal_admins,
)


def for_admins(handle: Handle) -> Handle:
    """The handler, for whom identity itself knows as a portal admin."""

    async def guarded(command: Any, context: Context, tools: Tools) -> Reply:
        await refuse_all_but_portal_admins(context, tools)
        return await handle(command, context, tools)

    return guarded


@for_admins
async def change_settings(command: commands.ChangeSettings, context: Context, tools: Tools) -> Reply:
    """Each setting that is another one is an event."""
    for name in command.settings:
        company = name.removeprefix(policy.SIGN_IN)
        if company in (name, ALL_COMPANIES):
            continue
        if (await tools.repository.load(COMPANY, company)).revision < 0:
            raise Invalid("Nothing was saved.", fields={name: ["There is no such company."]})
    return await _change(SETTINGS, PORTAL, context, tools, lambda state: settings.decide_change(state, command))


@for_admins
async def change_logo(command: commands.ChangeLogo, context: Context, tools: Tools) -> Reply:
    """The picture in a stream of its own, named by what it shows; then the setting."""
    try:
        content = base64.b64decode(command.content, validate=True)
        found = await asyncio.to_thread(pictures.picture_of, content)
    except (binascii.Error, PictureRefused) as error:
        said = error.message if isinstance(error, PorticoError) else "The file did not arrive whole."
        raise Invalid("The logo was not changed.", fields={"logo": [said]}) from error
    # Who uploads the same twice finds it there; its stream has no second event.
    await _change(PICTURE, found.picture, replace(context, payload_hash=found.picture), tools, partial(_added, found))
    return await _change(
        SETTINGS, PORTAL, context, tools, lambda state: settings.decide_logo(state, found.picture, command.actor)
    )


def _added(found: pictures.Picture, state: pictures.Picture) -> list[Event]:
    facts = (found.picture, found.media_type, found.width, found.height, found.content)
    return [] if state.picture else [PictureAdded(*facts)]


@for_admins
async def set_menu_entry(command: commands.SetMenuEntry, context: Context, tools: Tools) -> Reply:
    """A new entry, whose id derives from the command's, or another one in the place of one that is there."""
    key = command.entry or reference("E", context.command_id)
    company = command.for_company.strip()
    known = not company or (await tools.repository.load(COMPANY, company)).revision >= 0

    def decide(state: menu.Menu) -> list[Event]:
        if not known:
            raise Invalid("The entry was not saved.", fields={"for_company": ["There is no such company."]})
        return menu.decide_set(state, key, command)

    reply = await _change(MENU, PORTAL, context, tools, decide)
    return replace(reply, id=key)


@for_admins
async def remove_menu_entry(command: commands.RemoveMenuEntry, context: Context, tools: Tools) -> Reply:
    """The entry is in nobody's menu any more."""
    return await _change(MENU, PORTAL, context, tools, lambda state: menu.decide_remove(state, command))


@for_admins
async def undo_change(command: commands.UndoChange, context: Context, tools: Tools) -> Reply:
    """What was before a change of the administration's, when nothing changed it since."""
    key, change, actor = command.key, command.change, command.actor
    match command.kind:
        case "setting":
            return await _change(
                SETTINGS, PORTAL, context, tools, lambda state: settings.decide_undo(state, key, change, actor)
            )
        case "menu":
            return await _change(
                MENU, PORTAL, context, tools, lambda state: menu.decide_undo(state, key, change, actor)
            )
        case "mailtext":
            return await _change(
                MAIL_TEXT, key, context, tools, lambda state: texts.decide_undo_text(state, key, change, actor)
            )
        case _:
            return await _change(
                MAIL_SENDER, PORTAL, context, tools, lambda state: texts.decide_undo_sender(state, change, actor)
            )


async def _change(
    aggregate: Aggregate[Any], key: str, context: Context, tools: Tools, decide: Callable[[Any], list[Event]]
) -> Reply:
    return await tools.repository.change(aggregate, key, context, decide, create=True)
