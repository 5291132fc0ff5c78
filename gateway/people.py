"""Who is signed in, as identity's read models say at this moment: a change of permission works at once."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import orjson

from chassis.messages import ALL_COMPANIES
from chassis.sorting import by_name
from gateway import portal
from gateway.reads import NotReady, Reads
from gateway.sessions import Session
from services.identity import contract as identity
from services.licensing import contract as licensing

PEOPLE_MODEL = f"{identity.SERVICE}.{identity.PEOPLE_MODEL}"
COMPANIES_MODEL = f"{identity.SERVICE}.{identity.COMPANIES_MODEL}"
CONTACTS = f"{identity.SERVICE}.{identity.CONTACTS_TABLE}"
COMPANIES = f"{identity.SERVICE}.{identity.COMPANIES_TABLE}"
BRANCHES = f"{identity.SERVICE}.{identity.BRANCHES_TABLE}"
ROLES_MODEL = f"{identity.SERVICE}.{identity.ROLES_MODEL}"
ROLES = f"{identity.SERVICE}.{identity.ROLES_TABLE}"

REQUESTS_MODEL = f"{identity.SERVICE}.{identity.REQUESTS_MODEL}"
REQUESTS = f"{identity.SERVICE}.{identity.REQUESTS_TABLE}"
MEMBERSHIPS_MODEL = f"{identity.SERVICE}.{identity.MEMBERSHIPS_MODEL}"
MEMBERSHIPS = f"{identity.SERVICE}.{identity.MEMBERSHIPS_TABLE}"
DELEGATIONS_MODEL = f"{identity.SERVICE}.{identity.DELEGATIONS_MODEL}"
DELEGATIONS = f"{identity.SERVICE}.{identity.DELEGATIONS_TABLE}"
VIEWINGS_MODEL = f"{identity.SERVICE}.{identity.VIEWINGS_MODEL}"
VIEWINGS = f"{identity.SERVICE}.{identity.VIEWINGS_TABLE}"
VIEWING = "viewing"
"""What a session's data has while staff look with a contact's eyes; see viewing.py."""

OURS = f"""(p.company = :company
         OR EXISTS (SELECT 1 FROM {MEMBERSHIPS} s WHERE s.contact_id = p.contact_id AND s.company = :company))"""
"""SQL: whether the contact `p` is somebody of the company that asks."""
FACTORS_MODEL = f"{identity.SERVICE}.{identity.FACTORS_MODEL}"
SIGN_IN_MODEL = f"{identity.SERVICE}.{identity.SIGN_IN_MODEL}"
SIGN_IN_CHANGES = f"{identity.SERVICE}.{identity.SIGN_IN_TABLE}"
FACTORS = f"{identity.SERVICE}.{identity.FACTORS_TABLE}"

PERMISSIONS = identity.PERMISSIONS
STAFF_ROLES = identity.STAFF_ROLES

_PERSON = f"""
    SELECT p.name, p.email, p.language, p.company, p.permissions, p.roles, p.ends, p.branches, p.staff_roles,
           p.status, p.password_changed_at, m.name AS company_name, m.currency
    FROM {CONTACTS} p LEFT JOIN {COMPANIES} m ON m.company = p.company WHERE p.contact_id = :contact"""
_OTHERS = f"""
    SELECT s.company, s.permissions, s.roles, s.ends, s.branches, m.name AS company_name, m.currency
    FROM {MEMBERSHIPS} s JOIN {COMPANIES} m ON m.company = s.company
    WHERE s.contact_id = :contact ORDER BY m.name, s.company"""
FEATURES = f"{licensing.SERVICE}.{licensing.FEATURES_MODEL}"
_LICENSED = f"SELECT feature FROM {FEATURES} WHERE company IN (:company, '*')"
# What needs a licensed feature, as O5 of the feature list has it: without the licence it is not there.
_NEEDS_FEATURE = {
    "order": licensing.ORDER_PAD,
    "quote": licensing.ORDER_PAD,
    "catalogue": licensing.MARKETPLACE,
}
_FACTOR = (
    f"SELECT enabled_at, passkeys, codes_left FROM {FACTORS}"
    " WHERE contact_id = :contact AND (enabled_at IS NOT NULL OR passkeys > 0)"
)
_ADDRESS = f"SELECT p.email FROM {CONTACTS} p WHERE p.contact_id = :contact"
_DEFINITIONS = f"SELECT role, permissions FROM {ROLES}"
_BRANCHES = f"SELECT branch, name FROM {BRANCHES} WHERE company = :company ORDER BY name_key, branch"


@dataclass(frozen=True, slots=True)
class Person:
    """A contact or a member of staff. `branches` None means all; staff belong to `ALL_COMPANIES`.

    `password_changed_at` is in Unix seconds, 0 when unknown: sessions opened before it have ended.
    """

    contact_id: str
    name: str
    email: str
    language: str
    company: str
    company_name: str
    currency: str
    permissions: frozenset[str]
    branches: tuple[str, ...] | None
    staff_roles: frozenset[str]
    active: bool
    status: str
    password_changed_at: float
    companies: tuple[tuple[str, str], ...] = ()
    """Code and name of the companies they can choose from; none where there is no choice."""


@lru_cache(maxsize=1024)
def _set(text: str | None) -> frozenset[str]:
    return frozenset(orjson.loads(text)) if text else frozenset()


@lru_cache(maxsize=1024)
def _list(text: str | None) -> tuple[str, ...] | None:
    found = orjson.loads(text) if text else None
    return None if found is None else tuple(found)


def _seconds(moment: str | None) -> float:
    return datetime.fromisoformat(moment).timestamp() if moment else 0.0


def load_person(reads: Reads, contact_id: str, today: date, company: str = "") -> Person | None:
    """The person of a session on a business day, None when identity does not know them (any more).

    They stand in `company`, where they are of it (still), else in their first one. Raises NotReady at first start.
    """

    def load() -> Person | None:
        rows = reads.rows(_PERSON, {"contact": contact_id})
        if not rows:
            return None
        person = _standing(reads, _person(reads, contact_id, rows[0], today), company, today)
        return replace(person, permissions=licensed(reads, person.company, person.permissions))

    return reads.memo(("person", contact_id, today, company), (identity.SERVICE, licensing.SERVICE), load)


@dataclass(frozen=True, slots=True)
class Eyes:
    """Whose portal a session sees: `person`'s; `viewer` is the member of staff who looks with their eyes, if one does.

    `lapsed`: somebody looked as another, which does not hold any more.
    """

    person: Person
    viewer: Person | None = None
    lapsed: bool = False


def eyes_of(reads: Reads, session: Session, today: date) -> Eyes | None:
    """Who a session sees the portal as, now; None when it does not let its person in any more. Raises NotReady."""
    own = load_person(reads, session.contact_id, today, session.company)
    if own is None or not own.active or session.created_at + 1 < own.password_changed_at:
        return None  # a session of before the last change of password was opened by whoever knew the older one
    if not _admitted(reads, own, session):
        return None
    viewing = session.data.get(VIEWING)
    if viewing is None:
        return Eyes(own)
    company = viewing.get("company", "")
    seen = load_person(reads, viewing["contact"], today, company)
    holds = viewing["until"] > time.time() and not own.staff_roles.isdisjoint(identity.VIEWERS)
    if not holds or seen is None or seen.staff_roles or seen.status in ("inactive", "erased"):
        return Eyes(own, lapsed=True)
    if seen.company != company:  # they were taken out of it; what they see elsewhere is another view
        return Eyes(own, lapsed=True)
    return Eyes(seen, own)


def _admitted(reads: Reads, own: Person, session: Session) -> bool:
    """Whether the policy of where they stand lets a session in that was opened this way, then, and last used then."""
    policy, now = portal.sign_in_policy(reads, own.company), time.time()
    idle, longest = policy.idle_minutes * 60, policy.longest_hours * 3600
    return (
        policy.admits(str(session.data.get("way", "password")), bool(own.staff_roles))
        and (not idle or now - session.seen_at <= idle)
        and (not longest or now - session.created_at <= longest)
    )


@dataclass(frozen=True, slots=True)
class Factor:
    """What a person has besides the password: an app since `enabled_at` (UTC, ISO; "": none), so many passkeys and
    recovery codes left.
    """

    enabled_at: str
    passkeys: int
    codes_left: int


def load_factor(reads: Reads, contact_id: str) -> Factor | None:
    """The person's second factors, None when there are none; raises NotReady."""
    rows = reads.rows(_FACTOR, {"contact": contact_id})
    return Factor(rows[0].enabled_at or "", rows[0].passkeys, rows[0].codes_left) if rows else None


def address_of(reads: Reads, contact_id: str) -> str:
    """What the person signs in with; "" while identity's read model does not know them."""
    try:
        rows = reads.rows(_ADDRESS, {"contact": contact_id})
    except NotReady:
        return ""
    return str(rows[0].email or "") if rows else ""


def ends_of(text: str) -> dict[str, date]:
    """The last day of each permission or role that has one, as the read models' JSON has it."""
    return {grant: date.fromisoformat(day) for grant, day in orjson.loads(text).items()}


def definitions(reads: Reads) -> dict[str, frozenset[str]]:
    """The permissions of each role there is."""

    def load() -> dict[str, frozenset[str]]:
        return {row.role: _set(row.permissions) for row in reads.rows(_DEFINITIONS, {})}

    return reads.memo("roles", (identity.SERVICE,), load)


def _in_force(reads: Reads, row: Any, today: date) -> frozenset[str]:
    permissions, roles, ends = _set(row.permissions), _set(row.roles), ends_of(row.ends)
    known: Mapping[str, frozenset[str]] = definitions(reads) if roles else {}
    return identity.effective(permissions, roles, ends, known, today)


def licensed(reads: Reads, company: str, permissions: frozenset[str]) -> frozenset[str]:
    """The permissions without those whose feature is switched off, or that the company has no licence for, or not yet
    known to have.
    """
    permissions = portal.allowed(reads, permissions)
    if not permissions & _NEEDS_FEATURE.keys():
        return permissions
    try:
        features = {row.feature for row in reads.rows(_LICENSED, {"company": company})} | {None}
    except NotReady:
        features = {None}
    return frozenset(one for one in permissions if _NEEDS_FEATURE.get(one) in features)


def _person(reads: Reads, contact_id: str, row: Any, today: date) -> Person:
    roles = _set(row.staff_roles)
    return Person(
        contact_id=contact_id,
        name=row.name,
        email=row.email or "",
        language=row.language or "",
        company=ALL_COMPANIES if roles else row.company,
        company_name=row.company_name or "",
        currency=row.currency or "",
        permissions=frozenset() if roles else _in_force(reads, row, today),
        branches=_list(row.branches),
        staff_roles=roles,
        active=row.status == "active",
        status=row.status,
        password_changed_at=_seconds(row.password_changed_at),
    )


def _standing(reads: Reads, person: Person, company: str, today: date) -> Person:
    """The person as they stand in one of their companies."""
    others = [] if person.staff_roles else reads.rows(_OTHERS, {"contact": person.contact_id})
    if not others:
        return person
    own = ((person.company, person.company_name), *((row.company, row.company_name) for row in others))
    found = replace(person, companies=tuple(sorted(own, key=by_name)))
    for row in others:
        if row.company == company:
            found = replace(
                found,
                company=row.company,
                company_name=row.company_name or "",
                currency=row.currency or "",
                permissions=_in_force(reads, row, today),
                branches=_list(row.branches),
            )
    return found


def branch_names(reads: Reads, company: str, allowed: tuple[str, ...] | None) -> dict[str, str]:
    """Key and name of the branches of a company that a person may see."""
    rows = reads.rows(_BRANCHES, {"company": company})
    named = [(row.branch, row.name) for row in rows if allowed is None or row.branch in allowed]
    return dict(sorted(named, key=by_name))
