"""The rules on details and staff's roles that can be broken, each as a class."""

from __future__ import annotations

from chassis.errors import Refused


class AddressIsOurs(Refused):
    """Who has the mailbox gets the way in, and with it what that contact may do."""

    http = 403

    def __init__(self) -> None:
        super().__init__(
            "This contact may do more than you can hand out, so only we can change their e-mail address. Please ask us."
        )


class DetailsOfOthersToo(Refused):
    """A company's admin does not rename who works for other companies, too."""

    http = 403

    def __init__(self) -> None:
        super().__init__(
            "This contact works for other companies, too: only we can correct their details. Please ask us."
        )


class NoAddressLeft(Refused):
    """Who signs in with an address keeps one."""

    def __init__(self) -> None:
        super().__init__("This contact logs in with an e-mail address: enter the right one instead of none.")


class NotStaff(Refused):
    """Only staff have roles of staff."""

    def __init__(self) -> None:
        super().__init__("This is a customer's contact, who has permissions, not a role of staff.")


class LastPortalAdmin(Refused):
    """Without a portal admin nobody could let anybody in."""

    http = 409

    def __init__(self) -> None:
        super().__init__("This is the last portal admin who can log in. Make somebody else one first.")
