"""Companies, contacts and e-mail addresses: state, how events change it, one decision a command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from chassis.messages import Event
from services.identity import errors
from services.identity.commands import (
    ChooseMails,
    CreateContact,
    CreateStaff,
    DeactivateContact,
    ReactivateContact,
    SetPermissions,
)
from services.identity.events import (
    BranchRecorded,
    CompanyRecorded,
    ContactCorrected,
    ContactCreated,
    ContactDeactivated,
    ContactErased,
    ContactInvited,
    ContactReactivated,
    ContactRecorded,
    DelegationSet,
    EmailConfirmed,
    EmailReleased,
    EmailReserved,
    InvitationAccepted,
    LanguageChosen,
    MailsChosen,
    MembershipEnded,
    MembershipGiven,
    PasswordChanged,
    PasswordReset,
    PasswordResetAsked,
    PasswordSet,
    PermissionsChanged,
    SingleSignOnLinked,
    StaffRolesSet,
)

PERMISSIONS = (
    "see_balance",
    "pay",
    "order",
    "quote",
    "catalogue",
    "open_cases",
    "service_calls",
    "report_orders",
    "report_invoices",
    "report_payments",
    "report_deliveries",
    "report_credit_memos",
    "layouts_export",
    "company_admin",
)
COMPANY_ADMIN = "company_admin"
"""The permission to manage the contacts of one's own company, within limits.py."""
DEFAULT_PERMISSIONS = ("open_cases",)
STAFF_ROLES = ("portal_admin", "agent", "erp_admin", "operator")
INVITATION_DAYS = 7
RESET_HOLDS = timedelta(hours=1)
RESERVATION = timedelta(minutes=10)
"""How long an address stays reserved for a contact that does not come to exist."""


@dataclass(frozen=True, slots=True)
class Company:
    """A company, its language ("" when it has none) and the names of its branches by code."""

    company: str = ""
    name: str = ""
    language: str = ""
    branches: Mapping[str, str] = field(default_factory=dict)


def evolve_company(state: Company, event: Event) -> Company:
    """The company after the event."""
    match event:
        case CompanyRecorded():
            return replace(state, company=event.company, name=event.name, language=event.language)
        case BranchRecorded():
            return replace(state, company=event.company, branches={**state.branches, event.branch: event.name})
        case _:
            return state


def refuse_unknown_branches(state: Company, branches: Sequence[str] | None) -> None:
    """Raise UnknownBranch unless the company has all of these."""
    unknown = [branch for branch in branches or () if branch not in state.branches]
    if unknown:
        raise errors.UnknownBranch(unknown)


@dataclass(frozen=True, slots=True)
class Rights:
    """What somebody was given in a company; `branches` None: all of them, `ends` the last days of what ends."""

    permissions: tuple[str, ...] = ()
    branches: tuple[str, ...] | None = None
    roles: tuple[str, ...] = ()
    ends: Mapping[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delegation:
    """What a company's admin may hand out: these permissions, None: what they have themselves; and whether they may
    make others admins."""

    permissions: tuple[str, ...] | None = None
    appoints: bool = False


@dataclass(frozen=True, slots=True)
class Contact:
    """What decisions need to know of a contact; `stage` is recorded, invited or active.

    `former_login` is the address it signed in with before, to be freed; `linked`: it came by single sign-on since then.
    `corrected`, sealed as `personal`, is the person as they were put right when the ERP had told `told_then`;
    `former_addresses` has the person with the address before, by the login they moved to.
    Where it is not active, `shut_by` is the company whose own admin decided so, "" the supplier.
    """

    contact: str = ""
    company: str = ""
    staff_roles: tuple[str, ...] = ()
    personal: str = ""
    login: str = ""
    permissions: tuple[str, ...] = DEFAULT_PERMISSIONS
    branches: tuple[str, ...] | None = None
    roles: tuple[str, ...] = ()
    ends: Mapping[str, date] = field(default_factory=dict)
    language: str = ""
    stage: str = "recorded"
    active: bool = True
    shut_by: str = ""
    erased: bool = False
    invited_until: datetime | None = None
    former_login: str = ""
    mails_off: tuple[str, ...] = ()
    chosen_language: str = ""
    linked: bool = False
    delegations: Mapping[str, Delegation] = field(default_factory=dict)
    memberships: Mapping[str, Rights] = field(default_factory=dict)
    corrected: str = ""
    told_then: str = ""
    former_addresses: Mapping[str, str] = field(default_factory=dict)

    @property
    def companies(self) -> frozenset[str]:
        """The companies they are of: their first one, and those they were added to."""
        return frozenset((self.company, *self.memberships))

    def rights_in(self, company: str) -> Rights | None:
        """What they were given in this company; None: they are not of it."""
        if company in self.memberships:
            return self.memberships[company]
        return Rights(self.permissions, self.branches, self.roles, self.ends) if company == self.company else None

    def delegation_in(self, company: str) -> Delegation:
        """What they may hand out there, once they are admins of it."""
        return self.delegations.get(company, Delegation())

    @property
    def may_sign_in(self) -> bool:
        """Whether a right password lets the contact in."""
        return self.active and not self.erased


def evolve_contact(state: Contact, event: Event) -> Contact:
    """The contact after the event."""
    match event:
        case ContactRecorded() if not state.erased:
            known = replace(state, contact=event.contact, company=event.company)
            return replace(known, personal=event.personal, language=state.chosen_language or event.language)
        case ContactCreated():
            who = event.contact, event.company, event.staff_roles, event.personal, event.login
            return Contact(*who, event.permissions, event.branches, language=event.language)
        case ContactCorrected() if not state.erased:
            return _corrected(state, event)
        case StaffRolesSet():
            return replace(state, staff_roles=event.staff_roles)
        case ContactInvited():
            stage = "active" if state.stage == "active" else "invited"
            return replace(_with_login(state, event.login), stage=stage, invited_until=event.expires_at)
        case InvitationAccepted():
            return replace(state, stage="active")
        case PasswordSet():
            return replace(_with_login(state, event.login), stage="active")
        case PermissionsChanged():
            own = replace(state, permissions=event.permissions, branches=event.branches)
            return replace(own, roles=event.roles, ends=event.ends)
        case DelegationSet():
            given = Delegation(event.permissions, event.appoints)
            return replace(state, delegations={**state.delegations, event.admin_of: given})
        case MembershipGiven():
            rights = Rights(event.permissions, event.branches, event.roles, event.ends)
            return replace(state, memberships={**state.memberships, event.member_of: rights})
        case MembershipEnded():
            others = {one: rights for one, rights in state.memberships.items() if one != event.member_of}
            left = {one: given for one, given in state.delegations.items() if one != event.member_of}
            return replace(state, memberships=others, delegations=left)
        case MailsChosen():
            return replace(state, mails_off=event.off)
        case LanguageChosen():
            return replace(state, language=event.language, chosen_language=event.language)
        case ContactDeactivated():
            return replace(state, active=False, shut_by=event.by_company)
        case SingleSignOnLinked():
            return replace(state, stage="active", linked=True)
        case ContactReactivated():
            return replace(state, active=True, linked=False)
        case ContactErased():
            return replace(state, erased=True, personal="", login="", corrected="", told_then="", former_addresses={})
        case _:
            return state


def _corrected(state: Contact, event: ContactCorrected) -> Contact:
    told = replace(state, corrected=event.personal, told_then=state.personal)
    if event.language != state.language:
        told = replace(told, language=event.language, chosen_language=event.language)
    if event.login == state.login:
        return told
    former = {**state.former_addresses, event.login: event.former}
    return replace(_with_login(told, event.login), invited_until=None, former_addresses=former)  # links have ended


def _with_login(state: Contact, login: str) -> Contact:
    former = state.former_login if login == state.login else state.login
    return replace(state, login=login, former_login=former)


def decide_create_contact(command: CreateContact, contact: str, personal: str, login: str) -> list[Event]:
    """A new contact of a company; the address is reserved already."""
    given = command.permissions, command.branches
    made = ContactCreated(contact, command.for_company, (), personal, login, *given, command.language)
    if not command.roles and not command.ends:
        return [made]
    return [made, PermissionsChanged(contact, command.for_company, *given, command.roles, command.ends)]


def decide_create_staff(command: CreateStaff, contact: str, personal: str, login: str) -> list[Event]:
    """A new person of the supplier's staff; the address is reserved already."""
    return [ContactCreated(contact, "", command.staff_roles, personal, login, (), None, command.language)]


def decide_invite(state: Contact, login: str, now: datetime) -> list[Event]:
    """A new invitation; for an active contact it is the way to a new password."""
    refuse_unusable(state)
    return [ContactInvited(state.contact, state.company, login, now + timedelta(days=INVITATION_DAYS))]


def decide_accept_invitation(state: Contact) -> list[Event]:
    """The password that was chosen with the link is in force."""
    refuse_unusable(state)
    return [InvitationAccepted(state.contact, state.company)]


def decide_set_password(state: Contact, login: str) -> list[Event]:
    """The password that an admin set is in force; none opens the account of another of the supplier's."""
    if state.staff_roles:
        raise errors.NotForStaff
    refuse_unusable(state)
    return [PasswordSet(state.contact, state.company, login)]


def decide_change_password(state: Contact) -> list[Event]:
    """The password that the contact changed to is in force."""
    refuse_unusable(state)
    if state.stage != "active":
        raise errors.NotSignedUp
    return [PasswordChanged(state.contact, state.company)]


def decide_ask_reset(state: Contact, login: str, asked_at: datetime) -> list[Event]:
    """A link to a new password; nothing for one who could not sign in with the address anyway."""
    if not state.may_sign_in or state.stage != "active" or state.login != login:
        return []
    return [PasswordResetAsked(state.contact, state.company, asked_at + RESET_HOLDS)]


def decide_reset_password(state: Contact) -> list[Event]:
    """The password that was chosen with the mailed link is in force."""
    refuse_unusable(state)
    return [PasswordReset(state.contact, state.company)]


def decide_set_permissions(state: Contact, command: SetPermissions, now: datetime) -> list[Event]:
    """The new permissions; nothing when they are those already."""
    if state.erased:
        raise errors.ContactGone
    if state.staff_roles:
        raise errors.StaffHaveRoles
    if _rights(command) == _rights(state):
        return []
    refuse_past(command.ends, now, state.ends)
    given = command.permissions, command.branches, command.roles, command.ends
    return [PermissionsChanged(state.contact, state.company, *given)]


def refuse_past(ends: Mapping[str, date], now: datetime, before: Mapping[str, date] | None = None) -> None:
    """Raise EndPassed where what is given has ended, unless it had that end `before`."""
    for grant, last_day in ends.items():
        # A day less than by UTC: it is that day still where the portal's business day begins later.
        if last_day < (now - timedelta(days=1)).date() and (before or {}).get(grant) != last_day:
            raise errors.EndPassed(last_day.isoformat())


def _rights(of: Contact | SetPermissions) -> tuple[object, ...]:
    return set(of.permissions), set(of.roles), of.branches, dict(of.ends)


def decide_choose_mails(state: Contact, command: ChooseMails, now: datetime) -> list[Event]:
    """The kinds of mail that are not wanted; nothing when they are those already."""
    refuse_unusable(state)
    if set(command.off) == set(state.mails_off):
        return []
    return [MailsChosen(state.contact, state.company, tuple(sorted(command.off)))]


def decide_deactivate(state: Contact, command: DeactivateContact, by: str) -> list[Event]:
    """No more signing in; nothing when that is so already. `by` is the company whose own admin asks, "" the supplier,
    whose word stands over theirs.
    """
    if state.erased:
        raise errors.ContactGone
    if command.actor == state.contact:
        raise errors.NotYourself
    return [ContactDeactivated(state.contact, state.company, by)] if state.active or (state.shut_by and not by) else []


def decide_reactivate(state: Contact, command: ReactivateContact, by: str) -> list[Event]:
    """Signing in again; nothing when that is so already. A company's own admin (`by`) undoes what their company did."""
    if state.erased:
        raise errors.ContactGone
    if state.active:
        return []
    if by and by != state.shut_by:
        raise errors.ShutBySupplier
    return [ContactReactivated(state.contact, state.company)]


def refuse_unusable(state: Contact) -> None:
    """Raise ContactGone or ContactInactive for one who cannot get a password."""
    if state.erased:
        raise errors.ContactGone
    if not state.active:
        raise errors.ContactInactive


@dataclass(frozen=True, slots=True)
class Address:
    """Whose an e-mail address is; `contact` "" when it is free."""

    contact: str = ""
    reserved_at: datetime | None = None
    confirmed: bool = False


def evolve_address(state: Address, event: Event) -> Address:
    """The address after the event."""
    match event:
        case EmailReserved():
            return Address(event.contact, event.reserved_at)
        case EmailConfirmed():
            return replace(state, confirmed=True)
        case EmailReleased():
            return Address()
        case _:
            return state


def decide_reserve(state: Address, login: str, contact: str, owner: Contact, now: datetime) -> list[Event]:
    """The address for `contact`; nothing when it has it already. `owner` is the contact that `state` names.

    Taken is what another contact uses, and what another reserved less than ten minutes ago.
    """
    lapsed = state.reserved_at is not None and now - state.reserved_at >= RESERVATION
    if state.contact == contact:
        return [] if state.confirmed or not lapsed else [EmailReserved(contact, now)]
    if state.contact and not owner.erased and (state.confirmed or not lapsed or owner.login == login):
        raise errors.EmailTaken
    return [EmailReserved(contact, now)]


def decide_confirm(state: Address, contact: str) -> list[Event]:
    """The reservation is for good; nothing when it is already, or is another's."""
    return [EmailConfirmed(contact)] if state.contact == contact and not state.confirmed else []


def decide_release(state: Address, contact: str) -> list[Event]:
    """The address is free; nothing when it is not the contact's."""
    return [EmailReleased(contact)] if state.contact == contact else []
