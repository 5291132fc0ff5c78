"""The errors that travel between services and pages.

    PorticoError
    ├── Refused            a rule said no; the person reads the message
    │   ├── NotFound       no such thing for this company (another company's is not found either)
    │   ├── NotAllowed     the actor lacks the permission
    │   ├── Invalid        a field is missing or wrong; details: field → messages
    │   ├── CommandReused  the command id was used for other content
    │   └── Conflict       somebody else changed it meanwhile, too often to decide again
    └── Unavailable        a part is away; nothing was lost, try again
        └── DeadlineExceeded

A service's own rules are subclasses of `Refused` in its `errors.py`. The class name is the code on the wire.
"""

from __future__ import annotations

from typing import Any, ClassVar

from chassis.sentences import packed, unpacked


class PorticoError(Exception):
    """What all of Portico's own errors share: a code, a sentence for people, details for programs."""

    http: ClassVar[int] = 500

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    @property
    def code(self) -> str:
        """The error's name on the wire: its class name."""
        return type(self).__name__


class Refused(PorticoError):
    """A rule of the business said no; nothing was changed."""

    http = 422


class NotFound(Refused):
    """There is no such thing, or it is another company's."""

    http = 404


class NotAllowed(Refused):
    """The actor may not do this."""

    http = 403


class Invalid(Refused):
    """The input is incomplete or wrong; `details["fields"]` maps each field to its messages."""

    http = 422


class CommandReused(Refused):
    """The command id was used before with other content."""

    http = 409


class Conflict(Refused):
    """Others changed the same thing at the same time; nothing was changed by this command."""

    http = 409


class Unavailable(PorticoError):
    """A part that is needed does not answer. Nothing was lost; the same command may be sent again."""

    http = 503


class DeadlineExceeded(Unavailable):
    """The answer would have come too late to be of use; the command was dropped."""

    http = 504


_BY_CODE: dict[str, type[PorticoError]] = {
    error.__name__: error
    for error in (Refused, NotFound, NotAllowed, Invalid, CommandReused, Conflict, Unavailable, DeadlineExceeded)
}


class RemoteRefusal(Refused):
    """A service's own rule, as seen by a caller that does not know its class: `remote_code` names it."""

    def __init__(self, message: str, remote_code: str, http: int, **details: Any) -> None:
        super().__init__(message, **details)
        self.remote_code = remote_code
        self.status = http

    @property
    def code(self) -> str:
        """The name of the error class in the service that refused."""
        return self.remote_code


def to_wire(error: PorticoError) -> dict[str, Any]:
    """The reply that says no: `{"status": "refused"|"unavailable", "code", "message", "http", "details", "texts"}`.

    Message and details are in English; `texts` is what says them in another language (chassis.sentences).
    """
    status = "unavailable" if isinstance(error, Unavailable) else "refused"
    return {
        "status": status,
        "code": error.code,
        "message": error.message,
        "http": error.http,
        "details": error.details,
        "texts": packed([error.message, error.details]),
    }


def from_wire(reply: dict[str, Any]) -> PorticoError:
    """The error a caller raises for a reply made by `to_wire`."""
    texts = reply.get("texts", {})
    message, details = unpacked(reply["message"], texts), unpacked(reply["details"], texts)
    known = _BY_CODE.get(reply["code"])
    if known is not None:
        return known(message, **details)
    return RemoteRefusal(message, reply["code"], reply["http"], **details)
