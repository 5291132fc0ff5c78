"""One-time links in the state database: invitations, and resets of a password. Of a token only its hash is kept.

Those that block are for threads; `known` and `store` are for the nameko process.
"""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from dataclasses import dataclass
from datetime import datetime

from chassis.dispatch import Tools
from chassis.messages import Context
from chassis.repository import now
from chassis.statedb import StateDb
from services.identity.errors import (
    InvitationExpired,
    InvitationUnknown,
    InvitationUsed,
    ResetExpired,
    ResetUnknown,
    ResetUsed,
)

INVITATION, RESET = "invitation", "reset"
_UNKNOWN = {INVITATION: InvitationUnknown, RESET: ResetUnknown}
_USED = {INVITATION: InvitationUsed, RESET: ResetUsed}
_EXPIRED = {INVITATION: InvitationExpired, RESET: ResetExpired}


@dataclass(frozen=True, slots=True)
class Link:
    """A link by the hash of its token; `ended` is used, replaced or "", `command` the one that used it."""

    token_hash: str
    contact: str
    expires_at: datetime
    kind: str
    ended: str = ""
    command: str = ""

    def refuse_closed(self) -> None:
        """Raise the kind's own error where it was used or replaced, or has expired."""
        if self.ended:
            raise _USED[self.kind]()
        if self.expires_at <= now():
            raise _EXPIRED[self.kind]()


def token_hash(token: str) -> str:
    """What the state database keeps of a token."""
    return hashlib.sha256(token.strip().encode()).hexdigest()


def keep_link(state: StateDb, link: Link) -> None:
    """Keep a link, which replaces the contact's earlier ones of its kind; one that is kept already stays as it is."""
    with state.transaction() as connection:
        made = connection.execute(
            "INSERT OR IGNORE INTO invitations (token_hash, contact, expires_at, kind) VALUES (?, ?, ?, ?)",
            (link.token_hash, link.contact, link.expires_at.isoformat(), link.kind),
        )
        if made.rowcount:
            connection.execute(
                "UPDATE invitations SET ended = 'replaced'"
                " WHERE contact = ? AND kind = ? AND token_hash <> ? AND ended IS NULL",
                (link.contact, link.kind, link.token_hash),
            )


def end_links(state: StateDb, contact: str) -> None:
    """End the contact's open links of both kinds; again does nothing."""
    with state.transaction() as connection:
        connection.execute("UPDATE invitations SET ended = 'replaced' WHERE contact = ? AND ended IS NULL", (contact,))


def known_link(state: StateDb, hashed: str, kind: str) -> Link | None:
    """The link, open or not; None where there is none of this kind."""
    row = state.row("SELECT * FROM invitations WHERE token_hash = ? AND kind = ?", hashed, kind)
    if row is None:
        return None
    until = datetime.fromisoformat(row["expires_at"])
    return Link(row["token_hash"], row["contact"], until, kind, row["ended"] or "", row["command"] or "")


def use_link(connection: sqlite3.Connection, link: Link, context: Context) -> None:
    """Use it, in the transaction that keeps what it was used for; raises the kind's error when it went meanwhile."""
    used = connection.execute(
        "UPDATE invitations SET ended = 'used', command = ? WHERE token_hash = ? AND ended IS NULL",
        (str(context.command_id), link.token_hash),
    )
    if used.rowcount != 1:
        raise _USED[link.kind]()


async def store(token: str, contact: str, expires_at: datetime, tools: Tools) -> Link:
    """Keep an invitation; see `keep_link`. Gives it as it is kept."""
    await asyncio.to_thread(keep_link, tools.state, Link(token_hash(token), contact, expires_at, INVITATION))
    return await known(token, INVITATION, tools)


async def known(token: str, kind: str, tools: Tools) -> Link:
    """The link, open or not; raises InvitationUnknown or ResetUnknown."""
    found = await asyncio.to_thread(known_link, tools.state, token_hash(token), kind)
    if found is None:
        raise _UNKNOWN[kind]()
    return found
