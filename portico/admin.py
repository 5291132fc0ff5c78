"""`portico admin create EMAIL`: the supplier's own people: portal admins, who let customers' contacts in from the
portal's pages, and with `--role` agents, ERP administrators and operators. `list` shows them, `switch-off` and
`switch-on` say who may still log in.

`portico admin roles EMAIL --role agent`: what one of them is there for from now on, whole.

`portico admin remove-factor EMAIL`: the way back for one, staff too, whose phone and recovery codes are lost.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID, uuid4

import orjson
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
_STATUS = {"recorded": "not invited", "inactive": "switched off"}


class Action(StrEnum):
    """What can be done."""

    create = "create"
    list = "list"
    roles = "roles"
    switch_off = "switch-off"
    switch_on = "switch-on"
    remove_factor = "remove-factor"


class Role(StrEnum):
    """What somebody of the supplier's staff is there for."""

    portal_admin = "portal_admin"
    agent = "agent"
    erp_admin = "erp_admin"
    operator = "operator"


_ROLE_NAMES = {
    Role.portal_admin: "portal admin",
    Role.agent: "support agent",
    Role.erp_admin: "ERP administrator",
    Role.operator: "operator",
}


def admin(
    action: Annotated[Action, typer.Argument(help="create, list, roles, switch-off, switch-on or remove-factor")],
    email: Annotated[str, typer.Argument(help="The address that person logs in with; for all but list.")] = "",
    name: Annotated[str, typer.Option(help="The name of whom you create; without it the address stands for it.")] = "",
    role: Annotated[
        list[Role] | None,
        typer.Option(
            help="What they are, for create and roles; give it again for more than one. [default: portal_admin]"
        ),
    ] = None,
) -> None:
    """Create people of your own staff and print the link to a password (again: a new one); list them, say what
    they are there for, switch them off and on; or remove a lost authenticator app, of whomever it is."""
    if not email.strip() and action is not Action.list:
        raise Problem(f"Whom to {action.value}?", f"Add the e-mail address:  portico admin {action.value} EMAIL")
    if action is Action.roles and not role:
        raise Problem("Which roles are they to have?", f"Name all of them:  portico admin roles {email} --role agent")
    found = settings()
    rpc = RpcClient(found.amqp_uri, "portico-admin")
    try:
        _act(action, Commands(rpc), found, email.strip(), name.strip(), role or [Role.portal_admin])
    except Refused as refused:
        fields: dict[str, list[str]] = refused.details.get("fields", {})
        reasons = "; ".join(f"{field}: {' '.join(said)}" for field, said in fields.items())
        todo = f"Let them in first:  portico admin switch-on {email}" if refused.code == "ContactInactive" else ""
        raise Problem(reasons or refused.message, todo or f"Nothing was done for {email}.") from None
    except PorticoError as error:
        raise Problem(error.message, "Is everything running?  portico status") from None
    finally:
        rpc.stop()


def _act(action: Action, commands: Commands, found: Settings, email: str, name: str, roles: list[Role]) -> None:
    match action:
        case Action.create:
            _tell(create(commands, email, name or email, roles), email, roles, found)
        case Action.list:
            _list(staff(found))
        case Action.roles:
            set_roles(commands, found, email, roles)
            print(f"{email} is {_named(roles)} from now on, on pages that are open, too.")
        case Action.remove_factor:
            remove_factor(commands, found, email)
            print(f"{email} logs in by password alone from now on, and gets a mail about it.")
        case _:
            off = action is Action.switch_off
            switch(commands, found, email, off=off)
            print(f"{email} {'is logged out everywhere and cannot log in any more' if off else 'can log in again'}.")


def _tell(invited: dict[str, Any], email: str, roles: list[Role], found: Settings) -> None:
    if invited["kept"]:
        said = f"{email} is there already and keeps the name and the roles they have; this is a new link."
        typer.echo(said, err=True)
    # As browsers see the portal, where that is told; else where it listens on this machine.
    origin = os.environ.get("PORTICO_ORIGIN", "").strip().rstrip("/") or f"http://localhost:{found.port}"
    who = "Your colleague" if invited["kept"] else f"The {_named(roles)}"
    print(f"{who} {email} chooses a password at this address until {invited['expires_at'][:10]}:")
    print(f"  {origin}/invitation/{invited['token']}")


def _named(roles: list[Role]) -> str:
    return " and ".join(_ROLE_NAMES[Role(one)] for one in roles)


def _list(people: list[dict[str, Any]]) -> None:
    for one in people:
        names = ", ".join(_ROLE_NAMES[Role(role)] for role in orjson.loads(one["staff_roles"]))
        print(f"{one['email']:<40} {_STATUS.get(one['status'], one['status']):<14} {names}")
    if not people:
        print("Nobody yet.  portico admin create EMAIL")


def create(commands: Commands, email: str, name: str, roles: list[Role]) -> dict[str, Any]:
    """`{"token", "expires_at", "kept"}` of a new invitation for somebody, who is created where they are not there yet.

    `kept`: this command created them before, under another name or with other roles, which stay theirs.
    """
    # The id derives from the address: whoever was created by this command before is found again.
    command_id = derived_id(_ADMINS, email.casefold())
    staff = {"name": name, "email": email, "staff_roles": [str(one) for one in roles]}
    kept = False
    try:
        contact = commands.send("identity", "CreateStaff", staff, _context(command_id))["id"]
    except CommandReused as reused:
        contact, kept = reused.details["id"], True
    invited = commands.send("identity", "InviteContact", {"contact_id": contact}, _context(uuid4()))
    return {**invited["result"], "kept": kept}


def staff(found: Settings) -> list[dict[str, Any]]:
    """The supplier's people: `name`, `email`, `status` and `staff_roles` (JSON), by address."""
    sql = f"""SELECT contact_id, name, email, status, staff_roles FROM {identity.CONTACTS_TABLE}
              WHERE staff_roles <> '[]' AND status <> 'erased' ORDER BY LOWER(email)"""
    return _rows(found, sql)


def switch(commands: Commands, found: Settings, email: str, off: bool) -> None:
    """Let somebody of the staff in no more, or again; Problem where nobody of them has the address."""
    command = "DeactivateContact" if off else "ReactivateContact"
    for one in _of_staff(found, email):
        commands.send("identity", command, {"contact_id": one["contact_id"]}, _context(uuid4()))


def set_roles(commands: Commands, found: Settings, email: str, roles: list[Role]) -> None:
    """Say what somebody of the staff is there for, whole; Problem where nobody of them has the address."""
    for one in _of_staff(found, email):
        payload = {"contact_id": one["contact_id"], "staff_roles": [str(role) for role in roles]}
        commands.send("identity", "SetStaffRoles", payload, _context(uuid4()))


def _of_staff(found: Settings, email: str) -> list[dict[str, Any]]:
    people = [one for one in staff(found) if one["email"].casefold() == email.casefold()]
    if not people:
        raise Problem(f"Nobody of your staff logs in with {email}.", "See who does:  portico admin list")
    return people


def remove_factor(commands: Commands, found: Settings, email: str) -> None:
    """Remove the second factor of whoever signs in with the address; Problem where nobody does."""
    sql = f"SELECT contact_id FROM {identity.CONTACTS_TABLE} WHERE LOWER(email) = ? AND status <> 'recorded'"
    people = _rows(found, sql, email.lower())
    if not people:
        raise Problem(f"Nobody logs in with {email}.", "Check the address: the portal's pages show it.")
    for one in people:
        commands.send("identity", "RemoveSecondFactor", {"contact_id": one["contact_id"]}, _context(uuid4()))


def _rows(found: Settings, sql: str, *values: str) -> list[dict[str, Any]]:
    try:
        with database(found, identity.SERVICE).reading() as execute:
            return [dict(row) for row in execute(sql, values).fetchall()]
    except NotThere:
        return []


def _context(command_id: UUID) -> Context:
    return Context(command_id, ALL_COMPANIES, "console", "console", str(command_id), deadline=datetime.now(UTC) + _WAIT)
