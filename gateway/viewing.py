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
    """What a session keeps of a view: whose eyes, in which company and branch (None: all that are theirs), which view,
    until when (Unix seconds), where the way out leads.
    """

    contact: str
    company: str
    branch: str | None
    view: str
    until: float
    back: str


def begin(scope: Scope, contact_id: str, company: str, command_id: UUID | str) -> None:
    """From the next request on this session sees what the contact sees in the company ("": their first one).

    Raises Refused, Unavailable.
    """
    of_admin = "portal_admin" in scope.staff_roles
    _begin(scope, contact_id, company, command_id, f"/contacts/{contact_id}" if of_admin else "")


def _begin(viewer: Scope, contact_id: str, company: str, command_id: UUID | str, back: str) -> None:
    payload = {"contact_id": contact_id} | ({"in_company": company} if company else {})
    reply = viewer.command("identity", "BeginViewAs", payload, command_id, shows=(VIEWINGS_MODEL,))
    company = reply["result"]["company"]
    viewer.visit.web[VIEWING] = Viewing(
        contact=contact_id,
        company=company,
        branch=None,
        view=reply["id"],
        until=datetime.fromisoformat(reply["result"]["until"]).timestamp(),
        back=back or f"/companies/{company}",
    )


def choose_company(scope: Scope, company: str) -> bool:
    """Look on where the contact stands in another of their companies; False when it is none of theirs.

    That is another view, so that what was looked at is on record with its company. Raises Refused, Unavailable.
    """
    if scope.viewer is None or company not in dict(scope.companies):
        return False
    if company != scope.company:
        before = scope.visit.web[VIEWING]
        _begin(scope.viewer, scope.contact_id, company, uuid4(), before["back"])
        _note_end(scope.viewer, before["view"])
    return True


def choose_branch(scope: Scope, branch: str | None) -> None:
    """Look on at one of the contact's branches, None: at all; the contact's own session stays as it is."""
    scope.visit.web[VIEWING] = {**scope.visit.web[VIEWING], "branch": branch}


def end(scope: Scope) -> str:
    """This session sees its own again; where the way out leads. The view's end is noted, if identity can be asked."""
    viewing = scope.visit.web.pop(VIEWING, None)
    if viewing is None or scope.viewer is None:
        return "/"
    _note_end(scope.viewer, viewing["view"])
    return str(viewing["back"])


def _note_end(viewer: Scope, view: str) -> None:
    try:
        viewer.command("identity", "EndViewAs", {"view": view}, uuid4(), shows=(VIEWINGS_MODEL,))
    except PorticoError as error:
        # It is over by its time at the latest; nobody has to stay in it because a service is away.
        _log.warning("the end of a view was not noted", view=view, code=error.code)


def lapsed(web: WebSession) -> Any:
    """What was kept of a view that does not hold any more, and is not kept from now on."""
    return web.pop(VIEWING, None)
