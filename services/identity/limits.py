"""What one may hand out: a company's own admin no more than they have, or than the portal admin said. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from services.identity.domain import COMPANY_ADMIN, Contact, Delegation, Rights
from services.identity.errors import BeyondYours, NotYourself, OnlyTheSupplier
from services.identity.roles import in_force

Definitions = Mapping[str, Iterable[str]]
"""Role → its permissions."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What somebody may hand out. `all` is a portal admin's; else each permission with its last day (None: no end).

    `branches` None: all of the company's. `appoints`: they may make others admins of the company.
    """

    actor: str
    all: bool = False
    until: Mapping[str, date | None] = field(default_factory=dict)
    branches: tuple[str, ...] | None = None

    @property
    def appoints(self) -> bool:
        """Whether they may make others admins of the company, and change what those may do."""
        return self.all or COMPANY_ADMIN in self.until

    def may_give(self, permissions: Iterable[str], last_day: date | None = None) -> bool:
        """Whether they may give these, or a role made of them, until that day (None: for good)."""
        return self.all or all(
            one in self.until and ((end := self.until[one]) is None or (last_day is not None and last_day <= end))
            for one in permissions
        )

    def latest(self, permissions: Iterable[str]) -> date | None:
        """The last day until which they may give these, or a role made of them; None: for good."""
        ends = [] if self.all else [end for one in permissions if (end := self.until.get(one)) is not None]
        return min(ends, default=None)

    def may_touch(self, permissions: Iterable[str]) -> bool:
        """Whether they may take these away, or a role made of them."""
        return self.all or self.until.keys() >= set(permissions)

    def may_limit_to(self, branches: Iterable[str] | None) -> bool:
        """Whether they may limit somebody to these branches (None: to none)."""
        if self.all or self.branches is None:
            return True
        return branches is not None and set(branches) <= set(self.branches)


def last_days(rights: Rights, definitions: Definitions, day: date) -> dict[str, date | None]:
    """Each permission that is in force on the day, with the last day it is (None: no end)."""
    found: dict[str, date | None] = {}
    for grant in in_force((*rights.permissions, *rights.roles), rights.ends, day):
        end = rights.ends.get(grant)
        for permission in definitions.get(grant, ()) if grant in rights.roles else (grant,):
            known = found.get(permission, date.min)
            found[permission] = None if end is None or known is None else max(known, end)
    return found


def limits_of(actor: str, rights: Rights, delegation: Delegation, definitions: Definitions, day: date) -> Limits | None:
    """What a contact with these rights may hand out in the company they are of; None: is no admin of it."""
    own = last_days(rights, definitions, day)
    if COMPANY_ADMIN not in own:
        return None
    until = own if delegation.permissions is None else dict.fromkeys(delegation.permissions)
    until = {permission: end for permission, end in until.items() if permission != COMPANY_ADMIN}
    if delegation.appoints:
        until[COMPANY_ADMIN] = own[COMPANY_ADMIN]
    return Limits(actor, until=until, branches=rights.branches)


def refuse_beyond(limits: Limits, before: Rights | None, after: Rights, definitions: Definitions) -> None:
    """Raise BeyondYours where the change gives or takes what is not theirs to hand out. What stays is not asked.

    `before` None: who gets the rights is new.
    """
    if limits.all:
        return
    moved = before is None or before.branches != after.branches
    before = before or Rights(branches=after.branches)

    def within(grant: str, of: Rights) -> Iterable[str]:
        return definitions.get(grant, ()) if grant in of.roles else (grant,)

    had, has = ({*one.permissions, *one.roles} for one in (before, after))
    for grant in has:
        new = grant not in had or before.ends.get(grant) != after.ends.get(grant)
        if new and not limits.may_give(within(grant, after), after.ends.get(grant)):
            raise BeyondYours
    for grant in had - has:
        if not limits.may_touch(within(grant, before)):
            raise BeyondYours
    if moved and not (limits.may_limit_to(before.branches) and limits.may_limit_to(after.branches)):
        raise BeyondYours


def refuse_peers(limits: Limits, contact: Contact, rights: Rights, definitions: Definitions, day: date) -> None:
    """Raise NotYourself, or OnlyTheSupplier for another admin of the company, whom only who appoints them changes."""
    if limits.all:
        return
    if contact.contact == limits.actor:
        raise NotYourself
    if COMPANY_ADMIN in last_days(rights, definitions, day) and not limits.appoints:
        raise OnlyTheSupplier
