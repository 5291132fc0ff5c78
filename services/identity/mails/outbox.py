"""Reading the outbox folder, for the page that shows it. It is this installation's own: there mails go without SMTP."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from chassis.dispatch import Tools
from chassis.errors import NotFound
from services.identity.adapters.mail import Outbox
from services.identity.mails.settings import outbox_folder


async def outbox(payload: Mapping[str, Any], tools: Tools) -> dict[str, Any]:
    """`{"mails": [{"key", "subject", "recipient", …}]}`, the newest first; with `key` that one. Raises NotFound."""
    folder = Outbox(outbox_folder(tools.settings))
    key = str(payload.get("key") or "")
    if not key:
        return {"mails": [asdict(one) for one in await asyncio.to_thread(folder.newest)]}
    found = await asyncio.to_thread(folder.find, key)
    if found is None:
        raise NotFound("There is no such mail in the outbox.")
    return {"mails": [asdict(found)]}
