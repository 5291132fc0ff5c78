"""The commands on what admins may change of mails: each change an event of its own, nothing when it is so already."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chassis.dispatch import Handle, Tools
from chassis.messages import Context, Reply
from chassis.repository import now
from services.identity import commands
from services.identity.mails import texts
from services.identity.streams import MAIL_SENDER, MAIL_TEXT


def _on_text(decide: Any) -> Handle:
    async def handle(command: Any, context: Context, tools: Tools) -> Reply:
        at: datetime = now()
        key = texts.text_key(command.kind, command.language)
        return await tools.repository.change(
            MAIL_TEXT, key, context, lambda state: decide(state, command, at), create=True
        )

    return handle


change_text = _on_text(texts.decide_change_text)
restore_text = _on_text(texts.decide_restore_text)


async def change_sender(command: commands.ChangeMailSender, context: Context, tools: Tools) -> Reply:
    """The one sender of this installation."""
    return await tools.repository.change(
        MAIL_SENDER,
        texts.SENDER_KEY,
        context,
        lambda state: texts.decide_change_sender(state, command, now()),
        create=True,
    )
