"""Every change that admins made of the portal, with its author: what was, and what is since. Rows are never changed.

`kind`, `key` name what was changed, `change` counts its stream's changes from 0: by these three it is undone.
Changes of contacts' rights have a history of their own (rights_history.py).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text

from chassis.codec import dumps
from chassis.messages import ALL_COMPANIES, Recorded
from chassis.readmodel import Projection, Rows, upsert

VERSION = 1
CHANGES = Table(
    f"admin_changes_v{VERSION}",
    MetaData(),
    Column("kind", Text, primary_key=True),  # setting, menu, mailtext, mailsender, role
    Column("key", Text, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("change", Integer, nullable=False),
    Column("at", Text, nullable=False),  # UTC
    Column("actor", Text, nullable=False),
    Column("was", Text, nullable=False),  # JSON object; "" where there was nothing
    Column("now", Text, nullable=False),
    Index(f"admin_changes_v{VERSION}_position", "position"),
)
_CHANGE = upsert(CHANGES)
_LAST = f"SELECT now FROM {CHANGES.name} WHERE kind = ? AND key = ? ORDER BY position DESC LIMIT 1"
_KINDS = {
    "SettingChanged": ("setting", ("value",)),
    "MenuEntrySet": ("menu", ("shown",)),
    "MenuEntryRemoved": ("menu", ()),
    "MailTextChanged": ("mailtext", ("subject", "text")),
    "MailTextRestored": ("mailtext", ()),
    "MailSenderChanged": ("mailsender", ("name", "address", "reply_to")),
    "RoleDefined": ("role", ("name", "permissions")),
    "RoleChanged": ("role", ("name", "permissions")),
    "RoleRemoved": ("role", ()),
}


def project(event: Recorded, rows: Rows) -> None:
    """One more row."""
    kind, fields = _KINDS[event.type]
    data = event.data
    key = _key(kind, data)
    last = rows.one(_LAST, kind, key)
    now = dumps({name: data[name] for name in fields}).decode() if fields else ""
    actor = data.get("changed_by") or event.meta.get("actor", "")
    rows.touch(ALL_COMPANIES, event.position)
    head = (kind, key, event.position, event.revision, event.recorded_at.isoformat(), actor)
    rows.execute(_CHANGE, (*head, last[0] if last else "", now))


def _key(kind: str, data: dict[str, Any]) -> str:
    match kind:
        case "setting":
            return str(data["setting"])
        case "menu":
            return str(data["entry"])
        case "mailtext":
            return f"{data['kind']}.{data['language']}"
        case "role":
            return str(data["role"])
        case _:
            return "portal"


_STREAMS = ("portal-", "menu-", "mailtext-", "mailsender-", "roles-")
PROJECTION = Projection("adminchanges", VERSION, _STREAMS, (CHANGES,), project)
