"""The rules that identity can break, each as a class."""

from __future__ import annotations

from chassis.errors import Refused
from chassis.sentences import sentence


class EmailTaken(Refused):
    """The address already belongs to another contact."""

    http = 409

    def __init__(self) -> None:
        super().__init__("Somebody already uses this e-mail address. Each contact needs an address of their own.")


class NoEmail(Refused):
    """A contact without an address cannot sign in."""

    def __init__(self) -> None:
        super().__init__("This contact has no e-mail address. Add one to their details, then invite them.")


class UnknownBranch(Refused):
    """The company has no such branch."""

    def __init__(self, branches: list[str]) -> None:
        super().__init__(
            sentence("The company has no branch %(branches)s.", branches=", ".join(branches)), branches=branches
        )


class ContactInactive(Refused):
    """The contact was deactivated."""

    http = 409

    def __init__(self) -> None:
        super().__init__("This contact is deactivated. Reactivate it first.")


class ContactGone(Refused):
    """The contact's personal data was erased."""

    http = 409

    def __init__(self) -> None:
        super().__init__("This contact's personal data was erased; it cannot be changed any more.")


class StaffHaveRoles(Refused):
    """Permissions are for a company's contacts."""

    def __init__(self) -> None:
        super().__init__("Staff have roles, not permissions.")


class StaffAreNotLookedAs(Refused):
    """Only customers' contacts are."""

    def __init__(self) -> None:
        super().__init__("You can look at the portal as a customer's contact sees it, not as your colleagues do.")


class BeyondYours(Refused):
    """A company's admin hands out what was given to them, and no more."""

    http = 403

    def __init__(self) -> None:
        super().__init__(
            "Some of this is more than you may give or take away, or for longer. Nothing was changed. Open the page"
            " again: it shows what you may; for the rest, ask us."
        )


class OnlyTheSupplier(Refused):
    """Admins of a company are made and changed by the supplier, unless it lets them do so themselves."""

    http = 403

    def __init__(self) -> None:
        super().__init__(
            "This contact administers your company's contacts, too: only we can change that. Please ask us."
        )


class FirstCompany(Refused):
    """A contact's first company is not added or taken away."""

    def __init__(self) -> None:
        super().__init__("This is the contact's own company. What they may do there is set on the contact's page.")


class NotAMember(Refused):
    """The contact was not added to the company, or not any more."""

    http = 409

    def __init__(self) -> None:
        super().__init__("This contact does not belong to the company any more. Please open the page again.")


class OfOthersToo(Refused):
    """A company's admin does not shut a contact out of other companies."""

    http = 403

    def __init__(self) -> None:
        super().__init__(
            "This contact works for other companies, too: only we can switch off their access. Please ask us."
        )


class ShutBySupplier(Refused):
    """What the supplier shut, a company's admin does not open."""

    http = 403

    def __init__(self) -> None:
        super().__init__("We switched this contact off: only we can switch them on again. Please ask our support.")


class HasPassword(Refused):
    """A new link would be a way to another's password."""

    http = 409

    def __init__(self) -> None:
        super().__init__(
            "This contact has a password already. If it is forgotten, the log-in page sends a link to a new one."
        )


class UnknownRole(Refused):
    """There is no such role (any more)."""

    http = 404

    def __init__(self) -> None:
        super().__init__("There is no such role; somebody may have removed it. Please open the page again.")


class RoleNameTaken(Refused):
    """Another role has this name."""

    http = 409

    def __init__(self, name: str) -> None:
        super().__init__(
            sentence("There is a role “%(name)s” already. Please choose another name, or change that one.", name=name)
        )


class EndPassed(Refused):
    """What is given now cannot have ended before."""

    def __init__(self, day: str) -> None:
        super().__init__(sentence("%(day)s is past. Choose a later day, or leave the permission out.", day=day))


class NotForStaff(Refused):
    """Staff's accounts are opened by whoever runs the portal."""

    http = 403

    def __init__(self) -> None:
        super().__init__("This is for customers' contacts. Staff get a new link by `portico admin`.")


class NotYourself(Refused):
    """Nobody locks themselves out."""

    def __init__(self) -> None:
        super().__init__("You cannot do this to yourself. Ask another admin.")


class NotSignedUp(Refused):
    """The contact has no password yet."""

    http = 409

    def __init__(self) -> None:
        super().__init__("This contact has not accepted an invitation yet, so there is no password to change.")


class WeakPassword(Refused):
    """The password breaks a rule of passwords.py."""


class WrongPassword(Refused):
    """The current password is another one."""

    def __init__(self) -> None:
        super().__init__("The current password is not right. Nothing was changed.")


class SignInRefused(Refused):
    """Address, password or account is not right; which one is not said."""

    http = 401

    def __init__(self) -> None:
        super().__init__("The e-mail address or the password is not right.")


class InvitationUnknown(Refused):
    """No such link was ever made, or not all of it was copied."""

    http = 404

    def __init__(self) -> None:
        super().__init__("This invitation is not known. Copy the whole link, or ask for a new one.")


class InvitationUsed(Refused):
    """A password was already chosen with this link, or a newer link replaced it."""

    http = 410

    def __init__(self) -> None:
        super().__init__("This invitation was already used or replaced. Log in, or ask for a new one.")


class InvitationExpired(Refused):
    """The link is older than seven days."""

    http = 410

    def __init__(self) -> None:
        super().__init__("This invitation has expired. Please ask for a new one.")


class ResetUnknown(Refused):
    """No such link to a new password was ever made, or not all of it was copied."""

    http = 404

    def __init__(self) -> None:
        super().__init__("This link is not known. Copy the whole link, or ask for a new one on the log-in page.")


class ResetUsed(Refused):
    """A password was already chosen with this link, or a newer link replaced it."""

    http = 410

    def __init__(self) -> None:
        super().__init__("This link was already used, or a newer one replaced it. Log in, or ask for a new one there.")


class ResetExpired(Refused):
    """The link is older than an hour."""

    http = 410

    def __init__(self) -> None:
        super().__init__("This link has expired: it holds for an hour. Please ask for a new one on the log-in page.")


class MailOnItsWay(Refused):
    """The mail waits for its first try already."""

    http = 409

    def __init__(self) -> None:
        super().__init__("This mail is being sent already.")


class WrongCode(Refused):
    """The code is neither the app's of this half minute nor a recovery code that is left."""

    def __init__(self) -> None:
        super().__init__(
            "This code is not right. Type the one your app shows now; each works once. If your app's codes are never"
            " right, check that the clock of your device is."
        )


class SignInExpired(Refused):
    """The second step came too late, or what the first one proved does not hold any more."""

    http = 410

    def __init__(self) -> None:
        super().__init__("That took longer than ten minutes, or something changed meanwhile. Please log in again.")


class PasskeyRefused(Refused):
    """What the browser answered is no passkey of the one who is asked, or not for this moment."""

    http = 401

    def __init__(self) -> None:
        super().__init__("This passkey was not accepted. Please try again, or log in another way.")


class PasskeyGone(Refused):
    """It was removed already, or is another's."""

    http = 404

    def __init__(self) -> None:
        super().__init__("There is no such passkey; it may be removed already.")


class TooManyPasskeys(Refused):
    """One can have only so many."""

    http = 409

    def __init__(self, most: int) -> None:
        super().__init__(
            sentence(
                "You have %(most)s passkeys already. Remove one that you do not use, then add this one.", most=most
            )
        )


class SecondFactorOn(Refused):
    """There is one already."""

    http = 409

    def __init__(self) -> None:
        super().__init__("An authenticator app is set up already. Switch it off before you set up another.")


class SecondFactorOff(Refused):
    """There is none, so nothing to switch off and no codes to make."""

    def __init__(self) -> None:
        super().__init__("No authenticator app is set up.")


class TooManyFavourites(Refused):
    """The menu's top is full."""

    def __init__(self) -> None:
        super().__init__("You have twelve favourites already. Take one away before you pin another.")


class PictureRefused(Refused):
    """The file is no picture that can be shown."""


class ChangedSince(Refused):
    """What is to be taken back holds no more."""

    http = 409

    def __init__(self) -> None:
        super().__init__("This was changed again since, so it was not undone. Look at the newest change of it.")
