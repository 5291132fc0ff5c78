"""From where contacts are managed: the supplier's desk (portal admins), or a company's own (its admins, A10).

A desk says whom it knows, what may be handed out there, and where its pages are; what they do is the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from chassis.errors import NotFound
from gateway.access import Scope
from gateway.people import (
    BRANCHES,
    COMPANIES,
    CONTACTS,
    DELEGATIONS,
    FACTORS,
    MEMBERSHIPS,
    REQUESTS,
    ROLES,
    definitions,
)
from gateway.queries import Query, StaffQuery
from gateway.rights.given import ROLES_BY_NAME, Rights, delegation_of
from gateway.rights.offer import Offer, offer
from services.identity import contract as identity

ADMIN, OWN_ADMIN = "portal_admin", identity.COMPANY_ADMIN
_WHO = "p.name, p.email, p.phone, p.status, p.language"
_ROW = f"p.contact_id, p.company, {_WHO}, p.permissions, p.branches, p.roles, p.ends, 0 AS member"
_MEMBER = f"s.contact_id, s.company, {_WHO}, s.permissions, s.branches, s.roles, s.ends, 1 AS member"
_MEMBERS = f"{MEMBERSHIPS} s JOIN {CONTACTS} p ON p.contact_id = s.contact_id"
_REQUEST = f"""SELECT q.request, q.company, q.requester, q.name, q.email, q.phone, q.why, q.permissions, q.branches,
                      q.state, q.asked_at, q.decided_at, q.decided_by, q.reason, p.name AS requester_name,
                      p.status AS requester_status, COALESCE(s.permissions, p.permissions) AS own_permissions,
                      COALESCE(s.roles, p.roles) AS own_roles, COALESCE(s.ends, p.ends) AS own_ends,
                      m.name AS company_name, d.name AS decider
               FROM {REQUESTS} q LEFT JOIN {CONTACTS} p ON p.contact_id = q.requester
               LEFT JOIN {MEMBERSHIPS} s ON s.contact_id = q.requester AND s.company = q.company
               LEFT JOIN {COMPANIES} m ON m.company = q.company LEFT JOIN {CONTACTS} d ON d.contact_id = q.decided_by"""
_NEWEST = "ORDER BY q.state <> 'open', q.position DESC LIMIT 200"
STAFF_CONTACT = StaffQuery(
    "desk.contact",
    f"""SELECT {_ROW}, p.invited_at, m.name AS company_name,
              (SELECT f.enabled_at FROM {FACTORS} f WHERE f.contact_id = p.contact_id) AS factor_since
       FROM {CONTACTS} p LEFT JOIN {COMPANIES} m ON m.company = p.company
       WHERE p.contact_id = :contact_id AND p.staff_roles = '[]'""",
    role=ADMIN,
)
_STAFF_MEMBERSHIPS = StaffQuery(
    "desk.memberships",
    f"""SELECT s.company, s.permissions, s.branches, s.roles, s.ends, m.name AS company_name
        FROM {MEMBERSHIPS} s LEFT JOIN {COMPANIES} m ON m.company = s.company
        WHERE s.contact_id = :contact_id ORDER BY m.name_key, s.company""",
    role=ADMIN,
)
_STAFF_BRANCHES = StaffQuery(
    "desk.branches",
    f"SELECT b.branch, b.name FROM {BRANCHES} b WHERE b.company = :of_company ORDER BY b.name_key, b.branch",
    role=ADMIN,
)
_STAFF_DELEGATION = StaffQuery(
    "desk.delegation",
    f"""SELECT d.permissions AS hands_out, d.appoints FROM {DELEGATIONS} d
        WHERE d.company = :of_company AND d.contact_id = :contact_id""",
    role=ADMIN,
)
_STAFF_REQUESTS = StaffQuery("desk.requests", f"{_REQUEST} {_NEWEST}", role=ADMIN)
_STAFF_REQUEST = StaffQuery("desk.request", f"{_REQUEST} WHERE q.request = :request", role=ADMIN)
_CONTACT = Query(
    "own.contact",
    f"""SELECT {_ROW}, p.invited_at, m.name AS company_name, NULL AS factor_since
       FROM {CONTACTS} p JOIN {COMPANIES} m ON m.company = p.company
       WHERE p.company = :company AND p.contact_id = :contact_id
       UNION ALL SELECT {_MEMBER}, NULL, m.name, NULL FROM {_MEMBERS} JOIN {COMPANIES} m ON m.company = s.company
       WHERE s.company = :company AND s.contact_id = :contact_id""",
    needs=OWN_ADMIN,
    shared=(CONTACTS,),
)
OWN_CONTACTS = Query(
    "own.contacts",
    f"""SELECT {_ROW}, p.name_key FROM {CONTACTS} p WHERE p.company = :company AND p.status <> 'erased'
       UNION ALL SELECT {_MEMBER}, p.name_key FROM {_MEMBERS} WHERE s.company = :company AND p.status <> 'erased'
       ORDER BY name_key, contact_id LIMIT 500""",
    needs=OWN_ADMIN,
    shared=(CONTACTS,),
)
_OWN_BRANCHES = Query(
    "own.branches",
    f"SELECT b.branch, b.name FROM {BRANCHES} b WHERE b.company = :company ORDER BY b.name_key, b.branch",
    needs=OWN_ADMIN,
)
_OWN_ROLES = Query(
    "own.roles",
    f"""SELECT r.role, r.name, r.permissions FROM {ROLES} r JOIN {COMPANIES} m ON m.company = :company
       ORDER BY r.name_key""",
    needs=OWN_ADMIN,
    shared=(ROLES,),
)
_OWN_RIGHTS = Query(
    "own.rights",
    f"""SELECT p.permissions, p.branches, p.roles, p.ends FROM {CONTACTS} p
       WHERE p.company = :company AND p.contact_id = :contact
       UNION ALL SELECT s.permissions, s.branches, s.roles, s.ends FROM {MEMBERSHIPS} s
       WHERE s.company = :company AND s.contact_id = :contact""",
    needs=OWN_ADMIN,
)
_OWN_DELEGATION = Query(
    "own.delegation",
    f"""SELECT d.permissions AS hands_out, d.appoints FROM {DELEGATIONS} d
        WHERE d.company = :company AND d.contact_id = :contact""",
    needs=OWN_ADMIN,
)
_OWN_REQUESTS = Query(
    "own.requests", f"{_REQUEST} WHERE q.company = :company {_NEWEST}", needs=OWN_ADMIN, shared=(CONTACTS,)
)
_OWN_REQUEST = Query(
    "own.request",
    f"{_REQUEST} WHERE q.company = :company AND q.request = :request",
    needs=OWN_ADMIN,
    shared=(CONTACTS,),
)


class Desk(Protocol):
    """What the pages on contacts ask."""

    scope: Scope
    path: str
    """Where its pages on contacts begin; those on requests at `requests_path`."""
    requests_path: str
    is_staff: bool

    @property
    def limits(self) -> identity.Limits:
        """What may be handed out."""

    @property
    def roles(self) -> list[Any]:
        """All roles there are: `role`, `name`, `permissions` (JSON)."""

    def contact(self, contact_id: str) -> Any:
        """The contact's row; NotFound for whom the desk does not know."""

    def branches(self, company: str) -> dict[str, str]:
        """Key and name of the company's branches."""

    def requests(self) -> list[Any]:
        """The requests for access, open ones first, then the newest."""

    def request(self, request: str) -> Any:
        """A request; NotFound for one that is not theirs."""


@dataclass
class SuppliersDesk:
    """Where portal admins manage the contacts of all companies."""

    scope: Scope
    path: str = "/contacts"
    requests_path: str = "/requests"
    is_staff: bool = True

    @property
    def limits(self) -> identity.Limits:
        """Everything."""
        return identity.Limits(self.scope.contact_id, all=True)

    @cached_property
    def roles(self) -> list[Any]:
        """As Desk says."""
        return self.scope.rows(ROLES_BY_NAME)

    def contact(self, contact_id: str) -> Any:
        """As Desk says; staff are no portal admin's to change."""
        return self.scope.one(STAFF_CONTACT, contact_id=contact_id)

    def branches(self, company: str) -> dict[str, str]:
        """As Desk says."""
        return {row.branch: row.name for row in self.scope.rows(_STAFF_BRANCHES, of_company=company)}

    def memberships(self, contact_id: str) -> list[Any]:
        """The contact in companies besides its first one."""
        return self.scope.rows(_STAFF_MEMBERSHIPS, contact_id=contact_id)

    def delegation(self, contact_id: str, company: str) -> identity.Delegation:
        """What an admin of the company may hand out."""
        return _delegation(self.scope.row(_STAFF_DELEGATION, of_company=company, contact_id=contact_id))

    def requests(self) -> list[Any]:
        """As Desk says."""
        return self.scope.rows(_STAFF_REQUESTS)

    def request(self, request: str) -> Any:
        """As Desk says."""
        return self.scope.one(_STAFF_REQUEST, request=request)


@dataclass
class OwnDesk:
    """Where a company's own admin manages its contacts, within what was given to them."""

    scope: Scope
    path: str = "/company/contacts"
    requests_path: str = "/company/requests"
    is_staff: bool = False

    @cached_property
    def limits(self) -> identity.Limits:
        """As the service will look at it once more."""
        row = self.scope.row(_OWN_RIGHTS)
        delegation = _delegation(self.scope.row(_OWN_DELEGATION))
        known = definitions(self.scope.visit.reads)
        limits = row and identity.limits_of(
            self.scope.contact_id, given_in(Rights.of(row)), delegation, known, self.scope.today
        )
        if not limits:
            raise NotFound("There is no such page, or it is not yours to see.")
        return limits

    @cached_property
    def roles(self) -> list[Any]:
        """As Desk says."""
        return self.scope.rows(_OWN_ROLES)

    def contact(self, contact_id: str) -> Any:
        """As Desk says."""
        return self.scope.one(_CONTACT, contact_id=contact_id)

    def branches(self, company: str) -> dict[str, str]:
        """As Desk says."""
        return {row.branch: row.name for row in self.scope.rows(_OWN_BRANCHES)}

    def requests(self) -> list[Any]:
        """As Desk says."""
        return self.scope.rows(_OWN_REQUESTS)

    def request(self, request: str) -> Any:
        """As Desk says."""
        return self.scope.one(_OWN_REQUEST, request=request)


def offered(desk: Desk, branches: Mapping[str, str], before: Rights | None) -> Offer:
    """What the desk may give, and take from one who has `before` (None: one who is new)."""
    return offer(desk.limits, desk.roles, branches, before)


def is_admin(rights: Rights, scope: Scope) -> bool:
    """Whether these rights make somebody an admin of their company today."""
    return OWN_ADMIN in rights.effective(definitions(scope.visit.reads), scope.today)


def given_in(rights: Rights) -> identity.Rights:
    """The rights as identity has them."""
    return identity.Rights(tuple(rights.permissions), rights.branches, tuple(rights.roles), rights.ends)


def _delegation(row: Any) -> identity.Delegation:
    return identity.Delegation() if row is None else delegation_of(row)
