"""What may be asked of identity. `actor` comes from the session, never from the payload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from chassis.messages import Command


@dataclass(frozen=True, slots=True)
class CreateContact(Command):
    """An admin creates a contact of a company; `branches` None: all of them, `ends` the last days of what ends."""

    for_company: str
    name: str
    email: str
    phone: str = ""
    language: str = ""
    permissions: tuple[str, ...] = ("open_cases",)
    branches: tuple[str, ...] | None = None
    roles: tuple[str, ...] = ()
    ends: Mapping[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CreateStaff(Command):
    """Set-up creates a person of the supplier's own staff."""

    name: str
    email: str
    staff_roles: tuple[str, ...]
    phone: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class InviteContact(Command):
    """An admin asks for a link with which the contact chooses a password."""

    contact_id: str


@dataclass(frozen=True, slots=True)
class SetPassword(Command):
    """An admin sets a contact's password."""

    contact_id: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LiftSignInLock(Command):
    """An admin lets a contact try to log in again at once, after too many wrong tries."""

    contact_id: str


@dataclass(frozen=True, slots=True)
class ChangePassword(Command):
    """The actor changes the own password."""

    actor: str
    current: str = field(repr=False)
    new: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SetPermissions(Command):
    """An admin says what a contact may do, whole; `branches` None: all of them.

    `ends` is the last business day of permissions and roles that end by themselves; `in_company` a company that the
    contact was added to, "" its first one.
    """

    contact_id: str
    permissions: tuple[str, ...]
    branches: tuple[str, ...] | None = None
    roles: tuple[str, ...] = ()
    ends: Mapping[str, date] = field(default_factory=dict)
    in_company: str = ""


@dataclass(frozen=True, slots=True)
class AddToCompany(Command):
    """A portal admin makes a contact one of another company's, too, with rights of that company's own."""

    contact_id: str
    to_company: str
    permissions: tuple[str, ...]
    branches: tuple[str, ...] | None = None
    roles: tuple[str, ...] = ()
    ends: Mapping[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RemoveFromCompany(Command):
    """An admin takes a contact out of a company that is not its first one."""

    contact_id: str
    from_company: str


@dataclass(frozen=True, slots=True)
class SetDelegation(Command):
    """A portal admin says what a company's admin may hand out; `permissions` None: what they have themselves.

    `in_company` is a company that the contact was added to, "" its first one.
    """

    contact_id: str
    permissions: tuple[str, ...] | None = None
    appoints: bool = False
    in_company: str = ""


@dataclass(frozen=True, slots=True)
class RequestAccess(Command):
    """The actor asks that a colleague be let in, with these rights at most; `branches` None: all of them."""

    actor: str
    company: str
    name: str
    email: str
    why: str
    permissions: tuple[str, ...]
    phone: str = ""
    branches: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class ApproveAccess(Command):
    """An admin lets in whom a request of the company is for, with these rights."""

    actor: str
    request: str
    for_company: str
    permissions: tuple[str, ...]
    branches: tuple[str, ...] | None = None
    roles: tuple[str, ...] = ()
    ends: Mapping[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RefuseAccess(Command):
    """An admin answers a request of the company with no, and says why."""

    actor: str
    request: str
    for_company: str
    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DefineRole(Command):
    """A portal admin makes a named set of permissions."""

    name: str
    permissions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChangeRole(Command):
    """A portal admin gives a role its name and permissions, whole."""

    role: str
    name: str
    permissions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RemoveRole(Command):
    """A portal admin takes a role away, from all who have it."""

    role: str


@dataclass(frozen=True, slots=True)
class BeginViewAs(Command):
    """Staff wants to look at the portal as the contact sees it; `in_company` "" is the contact's first one."""

    contact_id: str
    in_company: str = ""


@dataclass(frozen=True, slots=True)
class EndViewAs(Command):
    """Staff stops looking with another's eyes."""

    view: str


@dataclass(frozen=True, slots=True)
class DeactivateContact(Command):
    """An admin stops a contact from signing in."""

    actor: str
    contact_id: str


@dataclass(frozen=True, slots=True)
class ReactivateContact(Command):
    """An admin lets a contact sign in again."""

    contact_id: str


@dataclass(frozen=True, slots=True)
class EraseContact(Command):
    """An admin has a contact's personal data destroyed."""

    actor: str
    contact_id: str


@dataclass(frozen=True, slots=True)
class ChooseMails(Command):
    """The actor says which kinds of mail they do not want, whole."""

    actor: str
    off: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChooseLanguage(Command):
    """The actor says in which language they want to be written to: `de`."""

    actor: str
    language: str


@dataclass(frozen=True, slots=True)
class RequestMail(Command):
    """Something happened of which the contact is to hear by a mail of this `kind` (mails/kinds.py).

    `mail` names the mail; the same again is the same mail. After `useful_until` (UTC) it is not worth sending.
    """

    mail: str
    contact_id: str
    kind: str
    params: dict[str, str] = field(default_factory=dict)
    useful_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SendMailAgain(Command):
    """An admin has a mail tried again now, whatever became of it."""

    actor: str
    mail: str


@dataclass(frozen=True, slots=True)
class ChangeMailText(Command):
    """An admin writes another text for a kind of mail in a language."""

    actor: str
    kind: str
    language: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class RestoreMailText(Command):
    """An admin goes back to the text that comes with Portico."""

    actor: str
    kind: str
    language: str


@dataclass(frozen=True, slots=True)
class ChangeMailSender(Command):
    """An admin says whom mails come from; "": as the installation's settings have it."""

    actor: str
    name: str = ""
    address: str = ""
    reply_to: str = ""


@dataclass(frozen=True, slots=True)
class EnableSecondFactor(Command):
    """The actor shows by a code that the authenticator app has the secret."""

    actor: str
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RenewRecoveryCodes(Command):
    """The actor wants new recovery codes; the old ones end."""

    actor: str
    password: str = field(repr=False)
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DisableSecondFactor(Command):
    """The actor wants to sign in by password alone again."""

    actor: str
    password: str = field(repr=False)
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RemoveSecondFactor(Command):
    """An admin takes away the factor of a contact that lost it."""

    actor: str
    contact_id: str


@dataclass(frozen=True, slots=True)
class ChangeSettings(Command):
    """An admin sets some of the portal's settings, by name; "": as the installation has it."""

    actor: str
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ChangeLogo(Command):
    """An admin uploads a logo; `content` is the file, in base64."""

    actor: str
    content: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SetMenuEntry(Command):
    """An admin makes an own entry of the menu (`entry` "") or changes one; see events.MenuEntry."""

    actor: str
    titles: Mapping[str, str]
    address: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    icon: str = "link-45deg"
    place: int = 50
    pinned: bool = False
    for_company: str = ""
    permission: str = ""
    entry: str = ""


@dataclass(frozen=True, slots=True)
class RemoveMenuEntry(Command):
    """An admin removes an own entry of the menu."""

    actor: str
    entry: str


@dataclass(frozen=True, slots=True)
class UndoChange(Command):
    """An admin takes back a change, the last one of its `key`: the `change`th of its stream, counted from 0."""

    actor: str
    kind: str
    key: str
    change: int


@dataclass(frozen=True, slots=True)
class AddPasskey(Command):
    """The actor's browser made a passkey for the portal at `origin`: its `answer` (JSON) to the `challenge`."""

    actor: str
    name: str
    challenge: str = field(repr=False)
    answer: str = field(repr=False)
    origin: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class RemovePasskey(Command):
    """The actor does not want to sign in by this passkey any more."""

    actor: str
    passkey: str
    password: str = field(repr=False)
