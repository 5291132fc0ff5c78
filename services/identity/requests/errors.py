"""The rules that a request for access can break."""

from __future__ import annotations

from chassis.errors import Refused


class AlreadyAsked(Refused):
    """A request for the address waits."""

    http = 409

    def __init__(self) -> None:
        super().__init__("Access for this e-mail address was asked for already; the request waits for an answer.")


class AlreadyDecided(Refused):
    """Somebody was faster."""

    http = 409

    def __init__(self, state: str) -> None:
        approved = "This request was answered already: it is approved. Nothing was changed."
        refused = "This request was answered already: it is refused. Nothing was changed."
        super().__init__(approved if state == "approved" else refused, state=state)


class IsColleague(Refused):
    """There is nothing to ask for."""

    http = 409

    def __init__(self) -> None:
        super().__init__("Somebody of your company uses this e-mail address in the portal already.")


class MoreThanYours(Refused):
    """Nobody asks for a colleague what they do not have themselves."""

    def __init__(self) -> None:
        super().__init__(
            "You can ask for what you may do yourself, and no more. What that is has changed: please look at the form"
            " again."
        )
