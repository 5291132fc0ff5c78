"""What a contact was given, as the read models have it; and what of it is in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import orjson

from gateway.people import ROLES, ends_of
from gateway.queries import StaffQuery
from services.identity import contract as identity

ROLES_BY_NAME = StaffQuery(
    "rights.roles", f"SELECT r.role, r.name, r.permissions FROM {ROLES} r ORDER BY r.name_key", role="portal_admin"
)
Definitions = Mapping[str, frozenset[str]]
"""Role → its permissions."""


@dataclass(frozen=True)
class Rights:
    """Permissions and roles by name and id, their last days, and branches (None: all of them)."""

    permissions: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    ends: Mapping[str, date] = field(default_factory=dict)
    branches: tuple[str, ...] | None = None

    @classmethod
    def of(cls, row: Any) -> Rights:
        """Those in a row of a read model."""
        branches = None if row.branches is None else tuple(orjson.loads(row.branches))
        permissions, roles = (frozenset(orjson.loads(text)) for text in (row.permissions, row.roles))
        return cls(permissions, roles, ends_of(row.ends), branches)

    @classmethod
    def of_payload(cls, payload: Mapping[str, Any]) -> Rights:
        """Those that a SetPermissions sends."""
        ends = {grant: date.fromisoformat(day) for grant, day in payload["ends"].items()}
        branches = None if payload["branches"] is None else tuple(payload["branches"])
        return cls(frozenset(payload["permissions"]), frozenset(payload["roles"]), ends, branches)

    def effective(self, definitions: Definitions, day: date) -> frozenset[str]:
        """What they let somebody do on a business day, licences left aside."""
        return identity.effective(self.permissions, self.roles, self.ends, definitions, day)

    def in_force(self, day: date) -> frozenset[str]:
        """The permissions and roles that have not ended before the day."""
        return identity.in_force(self.permissions | self.roles, self.ends, day)


def delegation_of(row: Any) -> identity.Delegation:
    """What an admin of the company may hand out, as a row of `hands_out` and `appoints` has it."""
    permissions = None if row.hands_out is None else tuple(orjson.loads(row.hands_out))
    return identity.Delegation(permissions, bool(row.appoints))
