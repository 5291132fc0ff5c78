"""What one who gives rights may choose from: all there is, or what a company's own admin may hand out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import orjson

from gateway.rights.given import Rights
from gateway.rights.names import PERMISSION_NAMES
from services.identity import contract as identity


@dataclass(frozen=True)
class Offer:
    """What a form of rights offers: permissions, roles and branches by their names.

    `every_branch` is what it means when none is ticked (None: all there are). What is not offered stays as it is.
    """

    permissions: Mapping[str, Any]
    roles: Mapping[str, str] = field(default_factory=dict)
    branches: Mapping[str, str] = field(default_factory=dict)
    every_branch: tuple[str, ...] | None = None
    others: Mapping[str, str] = field(default_factory=dict)
    """Roles that there are and that are not offered, by name."""
    latest: Mapping[str, date] = field(default_factory=dict)
    """Permission or role → the last day until which it can be given, where it cannot be for good."""
    to_new: bool = False
    """Whether it is for one who has nothing yet: what a form ticks for them is given, too."""

    @property
    def of_some(self) -> bool:
        """Whether nothing ticked is less than all branches."""
        return self.every_branch is not None


def offer(limits: identity.Limits, roles: list[Any], branches: Mapping[str, str], before: Rights | None) -> Offer:
    """What these limits let somebody give, and take from one who has `before` (None: one who is new)."""
    permissions = {name: label for name, label in PERMISSION_NAMES.items() if limits.may_touch((name,))}
    known = {role.role: role.name for role in roles if limits.may_touch(orjson.loads(role.permissions))}
    others = {role.role: role.name for role in roles if role.role not in known}
    given = {role.role: orjson.loads(role.permissions) for role in roles} | {name: (name,) for name in permissions}
    ends = {grant: day for grant, made_of in given.items() if (day := limits.latest(made_of)) is not None}
    offered = Offer(permissions, known, others=others, latest=ends, to_new=before is None)
    if before is not None and not limits.may_limit_to(before.branches):
        return offered
    own = limits.branches if not limits.all else None
    shown = {key: name for key, name in branches.items() if own is None or key in own}
    return replace(offered, branches=shown, every_branch=own)
