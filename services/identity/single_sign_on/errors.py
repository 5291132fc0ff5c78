"""The rules of logging in by single sign-on, each as a class."""

from __future__ import annotations

from chassis.errors import Refused
from chassis.sentences import sentence


class SingleSignOnUnknown(Refused):
    """The provider knows the person; we know no contact it may bring."""

    http = 403

    def __init__(self, provider: str) -> None:
        super().__init__(
            sentence(
                "%(provider)s knows you, but this portal has no account for you. Ask your company's administrator"
                " or our support for one with the e-mail address you use there; if you have a password here, log in"
                " with it.",
                provider=provider,
            )
        )


class SingleSignOnUnproven(Refused):
    """The provider names no e-mail address, or has not made sure that it is the person's."""

    http = 403

    def __init__(self, provider: str) -> None:
        super().__init__(
            sentence(
                "%(provider)s did not confirm an e-mail address of yours, and by that we would know you. Confirm it"
                " there and come again; if you have a password here, log in with it.",
                provider=provider,
            )
        )
