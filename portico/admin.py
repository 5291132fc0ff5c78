"""`portico admin create EMAIL`: the first portal admin, who lets in everybody else from the portal's own pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID, uuid4

import typer

from chassis.errors import CommandReused, PorticoError, Refused
from chassis.messages import ALL_COMPANIES, Context, derived_id
from chassis.rpc import Commands, RpcClient
from deploy.local.problem import Problem
from portico.running import settings

_ADMINS = UUID("0d8a4a54-7c55-5c0f-9d2e-4f7d3b1b6a10")
_WAIT = timedelta(seconds=20)


class Action(StrEnum):
    """What can be done."""

    create = "create"


def admin(
    action: Annotated[Action, typer.Argument(help="create")],
    email: Annotated[str, typer.Argument(help="The address the admin signs in with.")],
    name: Annotated[str, typer.Option(help="The admin's name; without it the address stands for it.")] = "",
) -> None:
    """Create a portal admin and print the link with which they choose a password; again: a new link."""
    found = settings()
    rpc = RpcClient(found.amqp_uri, "portico-admin")
    try:
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


def _context(command_id: UUID) -> Context:
    return Context(command_id, ALL_COMPANIES, "console", "console", str(command_id), deadline=datetime.now(UTC) + _WAIT)
