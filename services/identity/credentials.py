"""Password hashes and invitations in the state database, each followed by its event.

The state database comes first and remembers the event that is still to be appended; `settle` appends it, however
often it is asked. See README.md for what a crash in between leaves.
"""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from chassis.codec import decode_as, dumps, loads
from chassis.dispatch import Tools
from chassis.errors import CommandReused, Conflict
from chassis.killpoints import reach
from chassis.messages import Context, Event, Reply
from chassis.repository import now
from services.identity import domain, passwords
from services.identity.errors import InvitationExpired, InvitationUnknown, InvitationUsed
from services.identity.streams import CONTACT


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation by the hash of its token; `ended` is used, replaced or "", `command` the one that used it."""

    token_hash: str
    contact: str
    expires_at: datetime
    ended: str
    command: str

    def refuse_closed(self) -> None:
        """Raise InvitationUsed or InvitationExpired where it cannot be accepted any more."""
        if self.ended:
            raise InvitationUsed
        if self.expires_at <= now():
            raise InvitationExpired


@dataclass(frozen=True, slots=True)
class Password:
    """A contact's password: its hash, and the command that set it."""

    hash: str
    command: str


# What is appended once a password is stored.
_PENDING: dict[str, Callable[[domain.Contact, str], list[Event]]] = {
    "accept_invitation": lambda state, login: domain.decide_accept_invitation(state),
    "change_password": lambda state, login: domain.decide_change_password(state),
    "set_password": domain.decide_set_password,
}


async def known_password(contact: str, tools: Tools) -> Password | None:
    """The contact's password, if it has one."""
    sql = "SELECT hash, command FROM passwords WHERE contact = ?"
    row = await asyncio.to_thread(tools.state.row, sql, contact)
    return Password(row["hash"], row["command"]) if row else None


async def store_password(
    contact: str,
    password: str,
    pending: str,
    context: Context,
    tools: Tools,
    *,
    login: str = "",
    was: Password | None = None,
    invitation: Invitation | None = None,
) -> None:
    """Keep the password's hash and remember `pending`, the event to append; with it the invitation is used.

    Raises Conflict when the password is not `was` any more, InvitationUsed when the invitation went meanwhile.
    Where the same command stored one already, that one stays.
    """
    new_hash = await passwords.hashed(password)
    remembered = dumps({"decide": pending, "login": login, "context": asdict(context)}).decode()

    def write() -> Password | None:
        with tools.state.transaction() as connection:
            sql = "SELECT hash, command FROM passwords WHERE contact = ?"
            found = connection.execute(sql, (contact,)).fetchone()
            if found and found["command"] == str(context.command_id):
                return Password(found["hash"], found["command"])
            if invitation is not None:
                _use(connection, invitation, context)
            if (found["hash"] if found else None) != (was.hash if was else None):
                raise Conflict("The password was changed by someone else at that moment. Please try again.")
            connection.execute(
                "INSERT OR REPLACE INTO passwords (contact, hash, changed_at, command, pending) VALUES (?, ?, ?, ?, ?)",
                (contact, new_hash, now().isoformat(), str(context.command_id), remembered),
            )
        return None

    earlier = await asyncio.to_thread(write)
    reach("identity.after_password")
    if earlier is not None:
        await refuse_other(earlier, password)


async def refuse_other(known: Password, password: str) -> None:
    """Raise CommandReused unless the command that stored `known` came with this password."""
    if not await passwords.verified(known.hash, password):
        raise CommandReused("This form was already sent with another password, which holds now.")


async def settle(contact: str, tools: Tools) -> Reply | None:
    """Append the event that a stored password still waits for; None when there is none."""
    sql = "SELECT command, pending FROM passwords WHERE contact = ?"
    row = await asyncio.to_thread(tools.state.row, sql, contact)
    if row is None or row["pending"] is None:
        return None
    pending = loads(row["pending"])
    decide = _PENDING[pending["decide"]]
    # The deadline was its caller's; what the stored password is owed has none.
    context = replace(decode_as(Context, pending["context"]), deadline=None)
    reply = await tools.repository.change(CONTACT, contact, context, lambda state: decide(state, pending["login"]))
    await _write(
        tools, "UPDATE passwords SET pending = NULL WHERE contact = ? AND command = ?", contact, row["command"]
    )
    return reply


async def renew_hash(contact: str, password: Password, plain: str, tools: Tools) -> None:
    """Hash the same password anew with today's parameters."""
    new_hash = await passwords.hashed(plain)
    sql = "UPDATE passwords SET hash = ? WHERE contact = ? AND hash = ?"
    await _write(tools, sql, new_hash, contact, password.hash)


async def store_invitation(token: str, contact: str, expires_at: datetime, tools: Tools) -> Invitation:
    """Keep an invitation, which replaces the contact's earlier ones; one that is kept already stays as it is."""

    hashed = token_hash(token)

    def write() -> None:
        with tools.state.transaction() as connection:
            made = connection.execute(
                "INSERT OR IGNORE INTO invitations (token_hash, contact, expires_at) VALUES (?, ?, ?)",
                (hashed, contact, expires_at.isoformat()),
            )
            if made.rowcount:
                connection.execute(
                    "UPDATE invitations SET ended = 'replaced' WHERE contact = ? AND token_hash <> ? AND ended IS NULL",
                    (contact, hashed),
                )

    await asyncio.to_thread(write)
    return await known_invitation(token, tools)


async def known_invitation(token: str, tools: Tools) -> Invitation:
    """The invitation, open or not; raises InvitationUnknown."""
    sql = "SELECT * FROM invitations WHERE token_hash = ?"
    row = await asyncio.to_thread(tools.state.row, sql, token_hash(token))
    if row is None:
        raise InvitationUnknown
    until = datetime.fromisoformat(row["expires_at"])
    return Invitation(row["token_hash"], row["contact"], until, row["ended"] or "", row["command"] or "")


def token_hash(token: str) -> str:
    """What the state database keeps of an invitation's token."""
    return hashlib.sha256(token.strip().encode()).hexdigest()


def _use(connection: sqlite3.Connection, invitation: Invitation, context: Context) -> None:
    used = connection.execute(
        "UPDATE invitations SET ended = 'used', command = ? WHERE token_hash = ? AND ended IS NULL",
        (str(context.command_id), invitation.token_hash),
    )
    if used.rowcount != 1:
        raise InvitationUsed


async def _write(tools: Tools, sql: str, *values: str) -> None:
    def write() -> None:
        with tools.state.transaction() as connection:
            connection.execute(sql, values)

    await asyncio.to_thread(write)
