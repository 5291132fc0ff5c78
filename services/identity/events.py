"""What happened to companies, contacts and e-mail addresses. Stored for ever: a changed shape needs an upcaster.

`personal` is a person's name, e-mail and phone, sealed with the contact's own key (see vault.py). `login` is the keyed
hash of the e-mail address the contact signs in with. Staff belong to company "".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from chassis.messages import Event
from services.identity.details import events as details
from services.identity.factors import events as factors
from services.identity.favourites import events as favourites
from services.identity.memberships import events as memberships
from services.identity.requests import events as requests
from services.identity.viewing import events as viewing

ContactCorrected = details.ContactCorrected
StaffRolesSet = details.StaffRolesSet
DelegationSet = memberships.DelegationSet
MembershipGiven = memberships.MembershipGiven
MembershipEnded = memberships.MembershipEnded


@dataclass(frozen=True, slots=True)
class CompanyRecorded(Event):
    """A company as the ERP last told it, whole; `currency` is its ISO code."""

    company: str
    name: str
    currency: str
    price_list: str
    country: str
    language: str
    phone: str
    email: str
    address: str


@dataclass(frozen=True, slots=True)
class BranchRecorded(Event):
    """A branch of a company as the ERP last told it."""

    company: str
    branch: str
    name: str


@dataclass(frozen=True, slots=True)
class ContactRecorded(Event):
    """A contact person as the ERP last told it; `key` is the ERP's id."""

    contact: str
    company: str
    key: str
    personal: str
    language: str


@dataclass(frozen=True, slots=True)
class ContactCreated(Event):
    """A portal admin created a contact of a company, or staff. `branches` None: all of them."""

    contact: str
    company: str
    staff_roles: tuple[str, ...]
    personal: str
    login: str
    permissions: tuple[str, ...]
    branches: tuple[str, ...] | None
    language: str


@dataclass(frozen=True, slots=True)
class ContactInvited(Event):
    """A link was made with which the contact chooses a password until `expires_at` (UTC)."""

    contact: str
    company: str
    login: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class InvitationAccepted(Event):
    """The contact chose a password with the link."""

    contact: str
    company: str


@dataclass(frozen=True, slots=True)
class PasswordChanged(Event):
    """The contact changed the own password."""

    contact: str
    company: str


@dataclass(frozen=True, slots=True)
class PasswordSet(Event):
    """An admin set the contact's password."""

    contact: str
    company: str
    login: str


@dataclass(frozen=True, slots=True)
class SignInLockLifted(Event):
    """An admin let the contact try again at once, after too many wrong tries."""

    contact: str
    company: str


@dataclass(frozen=True, slots=True)
class SingleSignOnLinked(Event):
    """The contact came by a provider's word, and can from now on."""

    contact: str
    company: str
    provider: str


@dataclass(frozen=True, slots=True)
class PermissionsChanged(Event):
    """What the contact may do from now on, whole; `branches` None: all of them.

    `ends` is the last business day on which a permission or a role is in force; what is not in it has no end.
    """

    contact: str
    company: str
    permissions: tuple[str, ...]
    branches: tuple[str, ...] | None
    roles: tuple[str, ...] = ()
    ends: Mapping[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ContactDeactivated(Event):
    """The contact cannot sign in any more. `by_company` is the company whose own admin decided so, "" the supplier."""

    contact: str
    company: str
    by_company: str


@dataclass(frozen=True, slots=True)
class ContactReactivated(Event):
    """The contact may sign in again."""

    contact: str
    company: str


@dataclass(frozen=True, slots=True)
class ContactErased(Event):
    """The contact's personal data is to be unreadable for ever: whoever keeps its key deletes it."""

    contact: str
    company: str


@dataclass(frozen=True, slots=True)
class RoleDefined(Event):
    """A named set of permissions that contacts of any company can be given."""

    role: str
    name: str
    permissions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RoleChanged(Event):
    """The role's name and permissions from now on, whole, for all who have it."""

    role: str
    name: str
    permissions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RoleRemoved(Event):
    """The role is no more: who had it has nothing by it."""

    role: str


@dataclass(frozen=True, slots=True)
class EmailReserved(Event):
    """The address of this stream is the contact's, for ten minutes unless confirmed; `reserved_at` is UTC."""

    contact: str
    reserved_at: datetime


@dataclass(frozen=True, slots=True)
class EmailConfirmed(Event):
    """The contact that reserved the address exists and uses it."""

    contact: str


@dataclass(frozen=True, slots=True)
class EmailReleased(Event):
    """The address is free again."""

    contact: str


@dataclass(frozen=True, slots=True)
class PasswordResetAsked(Event):
    """Somebody asked for a new password with the contact's address; the link holds until `expires_at` (UTC)."""

    contact: str
    company: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PasswordReset(Event):
    """The contact chose a new password with the link that was mailed."""

    contact: str
    company: str


@dataclass(frozen=True, slots=True)
class MailsChosen(Event):
    """The contact said which kinds of mail it does not want, whole."""

    contact: str
    company: str
    off: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LanguageChosen(Event):
    """The contact said in which language it wants to be written to, whatever the ERP has: `de`."""

    contact: str
    company: str
    language: str


@dataclass(frozen=True, slots=True)
class MailRequested(Event):
    """A contact is to get a mail of this kind. `params` has what is to be said, nothing personal and no token.

    `message_id` is that of every try. After `useful_until` (UTC) the mail is not worth sending.
    """

    mail: str
    contact: str
    company: str
    kind: str
    params: dict[str, str]
    message_id: str
    requested_at: datetime
    useful_until: datetime | None


@dataclass(frozen=True, slots=True)
class MailSent(Event):
    """The mail server, or the outbox folder, took the mail."""

    mail: str
    contact: str
    company: str


@dataclass(frozen=True, slots=True)
class MailDelayed(Event):
    """The mail could not be handed over; it is tried again at `next_try` (UTC). No address stands in `reason`."""

    mail: str
    contact: str
    company: str
    reason: str
    next_try: datetime


@dataclass(frozen=True, slots=True)
class MailGivenUp(Event):
    """The mail is not tried again, because it was refused for good or for too long."""

    mail: str
    contact: str
    company: str
    reason: str


@dataclass(frozen=True, slots=True)
class MailNotNeeded(Event):
    """What the mail would have said does not hold any more, so it was not sent."""

    mail: str
    contact: str
    company: str
    reason: str


@dataclass(frozen=True, slots=True)
class MailRequeued(Event):
    """Staff had the mail sent again, under its old Message-ID."""

    mail: str
    contact: str
    company: str
    asked_by: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class MailTextChanged(Event):
    """An admin wrote another text for a kind of mail in a language."""

    kind: str
    language: str
    subject: str
    text: str
    changed_by: str


@dataclass(frozen=True, slots=True)
class MailTextRestored(Event):
    """An admin went back to the text that comes with Portico."""

    kind: str
    language: str
    changed_by: str


@dataclass(frozen=True, slots=True)
class MailSenderChanged(Event):
    """An admin said whom mails come from; "": as the installation's settings have it."""

    name: str
    address: str
    reply_to: str
    changed_by: str


ALL = (
    CompanyRecorded,
    BranchRecorded,
    ContactRecorded,
    ContactCreated,
    ContactInvited,
    InvitationAccepted,
    PasswordChanged,
    PasswordSet,
    PermissionsChanged,
    ContactDeactivated,
    ContactReactivated,
    ContactErased,
    RoleDefined,
    RoleChanged,
    RoleRemoved,
    EmailReserved,
    EmailConfirmed,
    EmailReleased,
    PasswordResetAsked,
    PasswordReset,
    MailsChosen,
    LanguageChosen,
    MailRequested,
    MailSent,
    MailDelayed,
    MailGivenUp,
    MailNotNeeded,
    MailRequeued,
    MailTextChanged,
    MailTextRestored,
    MailSenderChanged,
    SignInLockLifted,
    SingleSignOnLinked,
    *details.ALL,
    *factors.ALL,
    *favourites.ALL,
    *memberships.ALL,
    *requests.ALL,
    *viewing.ALL,
)
