"""Roles: named sets of permissions, the same for the whole portal; and what somebody may do on a day. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from chassis.messages import Event
from services.identity import errors
from services.identity.commands import ChangeRole, DefineRole, RemoveRole
from services.identity.events import RoleChanged, RoleDefined, RoleRemoved


@dataclass(frozen=True, slots=True)
class Role:
    """A role as it stands."""

    name: str
    permissions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Roles:
    """All roles there are, by id."""

    known: Mapping[str, Role] = field(default_factory=dict)


def evolve(state: Roles, event: Event) -> Roles:
    """The roles after the event."""
    match event:
        case RoleDefined() | RoleChanged():
            return Roles({**state.known, event.role: Role(event.name, event.permissions)})
        case RoleRemoved():
            return Roles({role: one for role, one in state.known.items() if role != event.role})
        case _:
            return state


def decide_define(state: Roles, role: str, command: DefineRole) -> list[Event]:
    """A new role under a name that no other has."""
    _refuse_taken(state, role, command.name)
    return [RoleDefined(role, command.name, command.permissions)]


def decide_change(state: Roles, command: ChangeRole) -> list[Event]:
    """The role as it is from now on; nothing when it is so already."""
    refuse_unknown_roles(state, (command.role,))
    _refuse_taken(state, command.role, command.name)
    known = state.known[command.role]
    if (known.name, set(known.permissions)) == (command.name, set(command.permissions)):
        return []
    return [RoleChanged(command.role, command.name, command.permissions)]


def decide_remove(state: Roles, command: RemoveRole) -> list[Event]:
    """The role's end; nothing when it is gone already."""
    return [RoleRemoved(command.role)] if command.role in state.known else []


def refuse_unknown_roles(state: Roles, roles: Iterable[str]) -> None:
    """Raise UnknownRole unless there are all of these."""
    if not set(roles) <= state.known.keys():
        raise errors.UnknownRole


def in_force(grants: Iterable[str], ends: Mapping[str, date], day: date) -> frozenset[str]:
    """Those of the permissions or roles that have not ended before this business day; the last one counts."""
    return frozenset(grant for grant in grants if grant not in ends or day <= ends[grant])


def effective(
    permissions: Iterable[str],
    roles: Iterable[str],
    ends: Mapping[str, date],
    definitions: Mapping[str, Iterable[str]],
    day: date,
) -> frozenset[str]:
    """What somebody may do on a business day: by permissions of their own, or by roles as `definitions` has them."""
    by_roles = (definitions.get(role, ()) for role in in_force(roles, ends, day))
    return in_force(permissions, ends, day).union(*by_roles)


def _refuse_taken(state: Roles, role: str, name: str) -> None:
    for other, known in state.known.items():
        if other != role and known.name.casefold() == name.casefold():
            raise errors.RoleNameTaken(known.name)
