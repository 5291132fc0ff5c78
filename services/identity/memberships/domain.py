"""A contact in companies besides its first one: what is decided. Pure."""

from __future__ import annotations

from datetime import datetime

from chassis.messages import Event
from services.identity.commands import SetDelegation
from services.identity.domain import Contact, Delegation, Rights, refuse_past, refuse_unusable
from services.identity.errors import ContactGone, FirstCompany, NotAMember, StaffHaveRoles
from services.identity.memberships.events import DelegationSet, MembershipEnded, MembershipGiven


def decide_add(state: Contact, company: str, rights: Rights, now: datetime) -> list[Event]:
    """The contact is of this company, too, with these rights; nothing when that is so already."""
    refuse_unusable(state)
    if state.staff_roles:
        raise StaffHaveRoles
    if company == state.company:
        raise FirstCompany
    return _given(state, company, rights, now)


def decide_change(state: Contact, company: str, rights: Rights, now: datetime) -> list[Event]:
    """The rights of a contact in a company it was added to; nothing when they are so already."""
    refuse_unusable(state)
    if company not in state.memberships:
        raise NotAMember
    return _given(state, company, rights, now)


def decide_remove(state: Contact, company: str) -> list[Event]:
    """The contact is of this company no more; nothing when it is not."""
    if company == state.company:
        raise FirstCompany
    return [MembershipEnded(state.contact, state.company, company)] if company in state.memberships else []


def decide_set_delegation(state: Contact, command: SetDelegation, now: datetime) -> list[Event]:
    """What they may hand out as an admin of a company that they are of; nothing when it is so already."""
    if state.erased:
        raise ContactGone
    if state.staff_roles:
        raise StaffHaveRoles
    company = command.in_company or state.company
    if company not in state.companies:
        raise NotAMember
    if _handed(Delegation(command.permissions, command.appoints)) == _handed(state.delegation_in(company)):
        return []
    return [DelegationSet(state.contact, state.company, company, command.permissions, command.appoints)]


def _handed(by: Delegation) -> tuple[object, ...]:
    return None if by.permissions is None else sorted(by.permissions), by.appoints


def _given(state: Contact, company: str, rights: Rights, now: datetime) -> list[Event]:
    known = state.memberships.get(company)
    if known is not None and _same(known) == _same(rights):
        return []
    refuse_past(rights.ends, now, known.ends if known else None)
    given = rights.permissions, rights.branches, rights.roles, rights.ends
    return [MembershipGiven(state.contact, state.company, company, *given)]


def _same(rights: Rights) -> tuple[object, ...]:
    return set(rights.permissions), set(rights.roles), rights.branches, dict(rights.ends)
