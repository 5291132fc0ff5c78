"""Who could do what on a date, and what changed it: folded from the rows of every change there was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import orjson
from flask_babel import gettext as _

from chassis.codec import dumps
from gateway.access import Scope
from gateway.formats import as_moment, midnight_after
from gateway.people import CONTACTS
from gateway.queries import StaffQuery
from gateway.rights.given import Rights, delegation_of
from gateway.rights.names import PERMISSION_NAMES, UNUSED_NAMES, named
from services.identity import contract as identity

ADMIN = "portal_admin"
_SHUT = {"off": "inactive", "erased": "erased"}
RIGHTS = f"{identity.SERVICE}.{identity.RIGHTS_TABLE}"
_ROLE_CHANGES = f"{identity.SERVICE}.{identity.ROLE_CHANGES_TABLE}"
_OF_CONTACT = StaffQuery(
    "rights.of_contact",
    f"SELECT r.* FROM {RIGHTS} r WHERE r.contact_id = :contact_id AND r.company = :of_company ORDER BY r.position",
    role=ADMIN,
)
_OF_COMPANY = StaffQuery(
    "rights.of_company",
    f"""SELECT r.*, p.name FROM {RIGHTS} r LEFT JOIN {CONTACTS} p ON p.contact_id = r.contact_id
        WHERE r.company = :of_company ORDER BY p.name_key, r.contact_id, r.position""",
    role=ADMIN,
)
_OF_ROLES = StaffQuery("rights.of_roles", f"SELECT r.* FROM {_ROLE_CHANGES} r ORDER BY r.position", role=ADMIN)
_NAMES = StaffQuery(
    "rights.names",
    f"SELECT p.contact_id, p.name FROM {CONTACTS} p WHERE p.contact_id IN (SELECT value FROM json_each(:items))",
    role=ADMIN,
)


@dataclass(frozen=True)
class Moment:
    """What somebody was given at a moment, and the roles as they then were: id → name, id → permissions."""

    rights: Rights = field(default_factory=Rights)
    access: str = "recorded"
    delegation: identity.Delegation = field(default_factory=identity.Delegation)
    role_names: dict[str, str] = field(default_factory=dict)
    definitions: dict[str, frozenset[str]] = field(default_factory=dict)

    def may(self, day: date) -> frozenset[str]:
        """The permissions in force on a business day, whoever may sign in or not."""
        return self.rights.effective(self.definitions, day)

    def roles(self, day: date) -> list[str]:
        """The names of the roles in force on the day."""
        running = self.rights.in_force(day)
        return sorted(name for role, name in self.role_names.items() if role in running and role in self.definitions)

    def with_role(self, row: Any) -> Moment:
        """The same after a role was defined, changed or removed."""
        names = {**self.role_names, row.role: row.name}
        known = {role: given for role, given in self.definitions.items() if role != row.role}
        if row.kind != "removed":
            known[row.role] = frozenset(orjson.loads(row.permissions))
        return replace(self, role_names=names, definitions=known)

    def with_rights(self, row: Any) -> Moment:
        """The same after the contact's own rights or way in changed."""
        access = _SHUT.get(row.shut) or ("active" if row.signed_up else "recorded")
        return replace(self, rights=Rights.of(row), access=access, delegation=delegation_of(row))

    def hands_out(self, day: date) -> str:
        """What they may hand out on the day as an admin of the company, in words; "" for who is none."""
        if identity.COMPANY_ADMIN not in self.may(day):
            return ""
        given = self.delegation.permissions
        said = _("what they may do themselves") if given is None else ", ".join(named(given)) or _("nothing")
        return _("%(what)s, and make others administrators", what=said) if self.delegation.appoints else said


@dataclass(frozen=True)
class Change:
    """One line of a contact's history: from `at` (UTC) to `until` this was in force. `actor` is an id, "" by itself."""

    at: datetime
    kind: str
    what: str
    actor: str
    gained: list[str]
    lost: list[str]
    may: list[str]
    roles: list[str]
    ends: dict[str, date]
    branches_before: tuple[str, ...] | None
    branches: tuple[str, ...] | None
    access: str
    hands_out: str
    until: datetime | None = None


def timeline(scope: Scope, contact_id: str, company: str) -> list[Change]:
    """Everything that changed what the contact may do in the company, the newest first.

    What ended by itself is among it.
    """
    own, roles = scope.rows(_OF_CONTACT, contact_id=contact_id, of_company=company), scope.rows(_OF_ROLES)
    zone = scope.visit.ground.gateway.timezone
    now = datetime.now(zone)
    found: list[Change] = []
    moment, last = Moment(), None
    for row in sorted([*own, *roles], key=lambda row: row.position):
        at = as_moment(row.at).astimezone(zone)
        if last is not None:
            found += _ended(moment, last, at)
        after = moment.with_role(row) if hasattr(row, "role") else moment.with_rights(row)
        if not hasattr(row, "role") or row.role in moment.rights.roles:
            found.append(_change(moment, after, at, row))
        moment, last = after, at
    if last is not None:
        found += _ended(moment, last, now)
    ends = [*(change.at for change in found[1:]), None]
    return [replace(change, until=until) for change, until in zip(found, ends, strict=False)][::-1]


def _ended(moment: Moment, since: datetime, until: datetime) -> Iterator[Change]:
    """What ended by itself between two moments: at the midnight after each last day."""
    for day in sorted(set(moment.rights.ends.values())):
        at = midnight_after(day, since.tzinfo)
        if since < at <= until and moment.may(day) != moment.may(day + timedelta(days=1)):
            names = {**PERMISSION_NAMES, **UNUSED_NAMES, **moment.role_names}
            over = [str(names.get(grant, grant)) for grant, last in moment.rights.ends.items() if last == day]
            yield _line(moment, day, moment, at, "ended", ", ".join(sorted(over)), "")


def _change(before: Moment, after: Moment, at: datetime, row: Any) -> Change:
    return _line(before, at.date(), after, at, row.kind, getattr(row, "name", ""), row.actor)


def _line(before: Moment, then: date, after: Moment, at: datetime, kind: str, what: str, actor: str) -> Change:
    had, has = before.may(then), after.may(at.date())
    names = {**PERMISSION_NAMES, **UNUSED_NAMES, **after.role_names}
    ends = {str(names.get(grant, grant)): day for grant, day in after.rights.ends.items() if day >= at.date()}
    return Change(
        at,
        kind,
        what,
        actor,
        named(has - had),
        named(had - has),
        named(has),
        after.roles(at.date()),
        ends,
        before.rights.branches,
        after.rights.branches,
        after.access,
        after.hands_out(at.date()),
    )


@dataclass(frozen=True)
class Standing:
    """What a contact could do at the end of a day."""

    contact_id: str
    name: str
    access: str
    may: list[str]
    roles: list[str]
    branches: tuple[str, ...] | None
    hands_out: str
    changed: bool


def on_day(scope: Scope, company: str, day: date) -> list[Standing]:
    """Who was of the company, by name, as they stood at the end of the business day (today: as they stand)."""
    zone = scope.visit.ground.gateway.timezone
    begin, end = midnight_after(day - timedelta(days=1), zone), midnight_after(day, zone)
    roles = Moment()
    touched: set[str] = set()
    for row in scope.rows(_OF_ROLES):
        if as_moment(row.at) < end:
            roles = roles.with_role(row)
            if as_moment(row.at) >= begin:
                touched.add(row.role)
    found: dict[str, tuple[str, Moment, bool]] = {}
    for row in scope.rows(_OF_COMPANY, of_company=company):
        if (at := as_moment(row.at)) >= end or row.kind == "corrected":
            continue
        if row.kind == "left":
            found.pop(row.contact_id, None)
        else:
            found[row.contact_id] = (row.name or row.contact_id, roles.with_rights(row), at >= begin)
    return [
        Standing(
            contact,
            name,
            moment.access,
            named(moment.may(day)),
            moment.roles(day),
            moment.rights.branches,
            moment.hands_out(day),
            changed or bool(touched & moment.rights.roles),
        )
        for contact, (name, moment, changed) in found.items()
    ]


def actors(scope: Scope, changes: Iterable[Any]) -> dict[str, str]:
    """Who did it, in words, by the actor's id; a change has an `actor`."""
    ids = sorted({change.actor for change in changes})
    names = {row.contact_id: row.name for row in scope.rows(_NAMES, items=dumps(ids).decode())}
    return {actor: names.get(actor) or _from_outside(actor) for actor in ids}


def _from_outside(actor: str) -> str:
    if actor.startswith("erp:"):
        return _("The ERP")
    if actor.startswith("sso:"):
        key = actor.removeprefix("sso:")
        provider = identity.providers().get(key)
        return _("%(name)s (single sign-on)", name=provider.name if provider else key)
    return _("By itself") if not actor else _("Set-up")
