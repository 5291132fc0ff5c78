"""Staff look at the portal as a contact sees it: beginning, ending, and what is kept of it in their session."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID, uuid4

from chassis import log
from chassis.errors import PorticoError
from gateway.access import Scope
from gateway.people import VIEWING, VIEWINGS_MODEL
from gateway.websession import WebSession

_log = log.get("gateway.viewing")


class Viewing(TypedDict):
    """What a session keeps of a view: whose eyes, which view, until when (Unix seconds), where the way out leads."""

    contact: str
    view: str
    until: float
    back: str


def begin(scope: Scope, contact_id: str, command_id: UUID | str) -> None:
    """From the next request on this session sees what the contact sees. Raises Refused, Unavailable."""
    payload = {"contact_id": contact_id}
    reply = scope.command("identity", "BeginViewAs", payload, command_id, shows=(VIEWINGS_MODEL,))
    of_admin = "portal_admin" in scope.staff_roles
    back = f"/contacts/{contact_id}" if of_admin else f"/companies/{reply['result']['company']}"
    until = datetime.fromisoformat(reply["result"]["until"]).timestamp()
    scope.visit.web[VIEWING] = Viewing(contact=contact_id, view=reply["id"], until=until, back=back)


def end(scope: Scope) -> str:
    """This session sees its own again; where the way out leads. The view's end is noted, if identity can be asked."""
    viewing = scope.visit.web.pop(VIEWING, None)
    if viewing is None or scope.viewer is None:
        return "/"
    try:
        scope.viewer.command("identity", "EndViewAs", {"view": viewing["view"]}, uuid4(), shows=(VIEWINGS_MODEL,))
    except PorticoError as error:
        # It is over by its time at the latest; nobody has to stay in it because a service is away.
        _log.warning("the end of a view was not noted", view=viewing["view"], code=error.code)
    return str(viewing["back"])


def lapsed(web: WebSession) -> Any:
    """What was kept of a view that does not hold any more, and is not kept from now on."""
    return web.pop(VIEWING, None)
