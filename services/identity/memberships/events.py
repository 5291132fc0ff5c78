"""What happened to a contact's standing in a company."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from chassis.messages import Event


@dataclass(frozen=True, slots=True)
class DelegationSet(Event):
    """What the contact of `company`, its first one, may hand out as an admin of `admin_of` (None: what they have),
    and whether they may make others admins.
    """

    contact: str
    company: str
    admin_of: str
    permissions: tuple[str, ...] | None
    appoints: bool


@dataclass(frozen=True, slots=True)
class MembershipGiven(Event):
    """The contact of `company`, its first one, may do this from now on in another company, whole: `member_of`."""

    contact: str
    company: str
    member_of: str
    permissions: tuple[str, ...]
    branches: tuple[str, ...] | None
    roles: tuple[str, ...]
    ends: Mapping[str, date]


@dataclass(frozen=True, slots=True)
class MembershipEnded(Event):
    """The contact of `company` may do nothing in the other company any more."""

    contact: str
    company: str
    member_of: str


ALL = (DelegationSet, MembershipGiven, MembershipEnded)
