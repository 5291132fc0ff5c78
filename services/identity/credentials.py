"""Password hashes in the state database, each followed by its event.

The state database comes first and remembers the event that is still to be appended; `settle` appends it, however
often it is asked. See README.md for what a crash in between leaves.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from chassis.dispatch import Tools
from chassis.errors import CommandReused, Conflict
from chassis.killpoints import reach
from chassis.messages import Context, Reply
from chassis.repository import now
from services.identity import domain, passwords
from services.identity.details.person import person_of
from services.identity.domain import Contact
from services.identity.links import Link, use_link
from services.identity.pending import Decisions, append, remembered
from services.identity.streams import COMPANY, portal_name
from services.identity.vault import open_vault


@dataclass(frozen=True, slots=True)
class Password:
    """A contact's password: its hash, and the command that set it. `to_change`: an admin's, good for one log-in.

    `owed` is the event that is still to be appended, as pending.remembered has it; empty for none.
    """

    hash: str
    command: str
    to_change: bool = False
    owed: str = ""


SET_BY_ADMIN = "set_password"
# What is appended once a password is stored.
_PENDING: Decisions = {
    "accept_invitation": lambda state, login: domain.decide_accept_invitation(state),
    "reset_password": lambda state, login: domain.decide_reset_password(state),
    "change_password": lambda state, login: domain.decide_change_password(state),
    SET_BY_ADMIN: domain.decide_set_password,
}


async def known_password(contact: str, tools: Tools) -> Password | None:
    """The contact's password, if it has one."""
    sql = "SELECT hash, command, to_change, pending FROM passwords WHERE contact = ?"
    row = await asyncio.to_thread(tools.state.row, sql, contact)
    return Password(row["hash"], row["command"], bool(row["to_change"]), row["pending"] or "") if row else None


async def refuse_weak(contact: Contact, password: str, tools: Tools) -> None:
    """Raise WeakPassword for what is short, known to attackers, or little more than what all know of the contact."""
    person = await asyncio.to_thread(person_of, open_vault(tools.settings, tools.state), contact)
    company = (await tools.repository.load(COMPANY, contact.company)).state.name if contact.company else ""
    await passwords.weighed(password, (person.name, person.email, company, await portal_name(tools)))


async def store_password(
    contact: str,
    password: str,
    pending: str,
    context: Context,
    tools: Tools,
    *,
    login: str = "",
    was: Password | None = None,
    link: Link | None = None,
) -> None:
    """Keep the password's hash and remember `pending`, the event to append; with it the link is used.

    Raises Conflict when the password is not `was` any more, InvitationUsed or ResetUsed when the link went meanwhile.
    Where the same command stored one already, that one stays.
    """
    new_hash = await passwords.hashed(password)
    owed = remembered(pending, login, context)

    def write() -> Password | None:
        with tools.state.transaction() as connection:
            sql = "SELECT hash, command FROM passwords WHERE contact = ?"
            found = connection.execute(sql, (contact,)).fetchone()
            if found and found["command"] == str(context.command_id):
                return Password(found["hash"], found["command"])
            if link is not None:
                use_link(connection, link, context)
            if (found["hash"] if found else None) != (was.hash if was else None):
                raise Conflict("The password was changed by someone else at that moment. Please try again.")
            connection.execute(
                "INSERT OR REPLACE INTO passwords (contact, hash, changed_at, command, pending, to_change)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (contact, new_hash, now().isoformat(), str(context.command_id), owed, pending == SET_BY_ADMIN),
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
    return await pay(contact, await known_password(contact, tools), tools)


async def pay(contact: str, known: Password | None, tools: Tools) -> Reply | None:
    """`settle` for one whose password was read before."""
    if known is None or not known.owed:
        return None
    reply = await append(known.owed, _PENDING, contact, tools)
    await _write(tools, "UPDATE passwords SET pending = NULL WHERE contact = ? AND command = ?", contact, known.command)
    return reply


async def renew_hash(contact: str, password: Password, plain: str, tools: Tools) -> None:
    """Hash the same password anew with today's parameters."""
    new_hash = await passwords.hashed(plain)
    sql = "UPDATE passwords SET hash = ? WHERE contact = ? AND hash = ?"
    await _write(tools, sql, new_hash, contact, password.hash)


async def _write(tools: Tools, sql: str, *values: str) -> None:
    def write() -> None:
        with tools.state.transaction() as connection:
            connection.execute(sql, values)

    await asyncio.to_thread(write)
