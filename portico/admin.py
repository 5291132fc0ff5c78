"""`portico admin create EMAIL`: the first portal admin, who lets in everybody else from the portal's own pages.

`portico admin remove-factor EMAIL`: the way back for one, staff too, whose phone and recovery codes are lost.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID, uuid4

import typer

from chassis.config import Settings
from chassis.errors import CommandReused, PorticoError, Refused
from chassis.messages import ALL_COMPANIES, Context, derived_id
from chassis.readmodel import NotThere, database
from chassis.rpc import Commands, RpcClient
from deploy.local.problem import Problem
from portico.running import settings
from services.identity import contract as identity

_ADMINS = UUID("0d8a4a54-7c55-5c0f-9d2e-4f7d3b1b6a10")
_WAIT = timedelta(seconds=20)


class Action(StrEnum):
    """What can be done."""

    create = "create"
    remove_factor = "remove-factor"


def admin(
    action: Annotated[Action, typer.Argument(help="create or remove-factor")],
    email: Annotated[str, typer.Argument(help="The address that person signs in with.")],
    name: Annotated[str, typer.Option(help="The admin's name; without it the address stands for it.")] = "",
) -> None:
    """Create a portal admin and print the link to a password (again: a new one); or remove a lost authenticator app."""
    found = settings()
    rpc = RpcClient(found.amqp_uri, "portico-admin")
    try:
        if action is Action.remove_factor:
            remove_factor(Commands(rpc), found, email.strip())
            print(f"{email} logs in by password alone from now on, and gets a mail about it.")
            return
        invited = create(Commands(rpc), email.strip(), name.strip() or email.strip())
    except Refused as refused:
        fields: dict[str, list[str]] = refused.details.get("fields", {})
        reasons = "; ".join(f"{field}: {' '.join(said)}" for field, said in fields.items())
        raise Problem(reasons or refused.message, f"Nothing was done for {email}.") from None
    except PorticoError as error:
        raise Problem(error.message, "Is everything running?  portico status") from None
    finally:
        rpc.stop()
    if invited["kept"]:
        typer.echo(f"{email} is there already and keeps the name it was created with; this is a new link.", err=True)
    print(f"The portal admin {email} chooses a password at this address until {invited['expires_at'][:10]}:")
    print(f"  http://localhost:{found.port}/invitation/{invited['token']}")


def create(commands: Commands, email: str, name: str) -> dict[str, Any]:
    """`{"token", "expires_at", "kept"}` of a new invitation for the admin, who is created where they are not there yet.

    `kept`: this command created them before, under another name, which stays theirs.
    """
    # The id derives from the address: whoever was created by this command before is found again.
    command_id = derived_id(_ADMINS, email.casefold())
    staff = {"name": name, "email": email, "staff_roles": ["portal_admin"]}
    kept = False
    try:
        contact = commands.send("identity", "CreateStaff", staff, _context(command_id))["id"]
    except CommandReused as reused:
        contact, kept = reused.details["id"], True
    invited = commands.send("identity", "InviteContact", {"contact_id": contact}, _context(uuid4()))
    return {**invited["result"], "kept": kept}


def remove_factor(commands: Commands, found: Settings, email: str) -> None:
    """Remove the second factor of whoever signs in with the address; Problem where nobody does."""
    sql = f"SELECT contact_id FROM {identity.CONTACTS_TABLE} WHERE LOWER(email) = ? AND status <> 'recorded'"
    try:
        with database(found, identity.SERVICE).reading() as execute:
            people = [str(row["contact_id"]) for row in execute(sql, (email.lower(),)).fetchall()]
    except NotThere:
        people = []
    if not people:
        raise Problem(f"Nobody logs in with {email}.", "Check the address: the portal's pages show it.")
    for contact in people:
        commands.send("identity", "RemoveSecondFactor", {"contact_id": contact}, _context(uuid4()))


def _context(command_id: UUID) -> Context:
    return Context(command_id, ALL_COMPANIES, "console", "console", str(command_id), deadline=datetime.now(UTC) + _WAIT)
