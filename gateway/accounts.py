"""Signing in, passwords, devices, branch: identity's RPCs, the throttle and this browser's session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Request, g, session
from flask_babel import gettext

from chassis import log
from chassis.errors import PorticoError, Refused, Unavailable, from_wire
from chassis.messages import ALL_COMPANIES
from gateway import people
from gateway.access import Scope, refuse_viewers, remember
from gateway.parts import parts
from gateway.security import device_name
from gateway.throttle import minutes
from gateway.websession import WebSession

_log = log.get("gateway.accounts")


@dataclass(frozen=True, slots=True)
class TooMany(Exception):
    """Too many tries with this account or from this address; `seconds` to wait."""

    seconds: int

    @property
    def said(self) -> str:
        """What to tell the person."""
        return gettext(
            "Too many tries. Wait %(minutes)s minutes, then try again, or call our support.",
            minutes=minutes(self.seconds),
        )


def sign_in(request: Request, email: str, password: str) -> bool:
    """Ask identity, then open a new session in this browser; False when a second step is to come first.

    Raises TooMany, Refused when e-mail or password are wrong (which of the two is not said), Unavailable.
    """
    throttle, address = parts().throttle, request.remote_addr or ""
    wait = throttle.begin(email, address)
    if wait:
        _log.info("log-in throttled", seconds=wait)
        raise TooMany(wait)
    try:
        answer = call_identity("sign_in", {"email": email.strip(), "password": password})
    except Refused as error:
        _log.info("log-in refused", code=error.code)
        raise
    except PorticoError:
        throttle.not_tried(email, address)
        raise
    throttle.succeeded(email, address)
    return _let_in(request, answer)


@contextmanager
def code_tries(contact_id: str, address: str) -> Iterator[None]:
    """Counts a try of a code by this account; what the block raises, but Unavailable, leaves it counted as failed.

    Raises TooMany before the block.
    """
    throttle, account = parts().throttle, f"code/{contact_id}"
    wait = throttle.begin(account, address)
    if wait:
        _log.info("code throttled", seconds=wait)
        raise TooMany(wait)
    try:
        yield
    except Unavailable:
        throttle.not_tried(account, address)
        raise
    throttle.succeeded(account, address)


def awaits_code() -> bool:
    """Whether this browser's password was right and its code is still to come."""
    return "half" in web_session()


def forget_half() -> None:
    """Begin again with the password."""
    web_session().pop("half", None)


def second_step(request: Request, code: str) -> int | None:
    """Open the session of the sign-in that waits in this browser; how many recovery codes are left if one was used.

    Raises TooMany, Refused when the code is wrong or it took too long, Unavailable.
    """
    half = web_session()["half"]
    with code_tries(half["contact"], request.remote_addr or ""):
        answer = call_identity("second_step", {"ticket": half["ticket"], "code": code})
    _open(request, answer, answer["way"])
    _remember_person(half.get("position"))
    return int(answer["codes_left"]) if answer["way"] == "recovery" else None


def second_factor_secret(scope: Scope) -> str:
    """The secret this person is to put into an authenticator app, in base32; raises Refused when one is set up."""
    return str(call_identity("second_factor_draft", {"contact_id": scope.contact_id})["secret"])


def second_factor(scope: Scope) -> people.Factor | None:
    """This person's second factor, after what this session did about it; None when it is off."""
    scope.settle("identity")
    return people.load_factor(scope.visit.reads, scope.contact_id)


def invited(token: str) -> dict[str, Any]:
    """Whom an invitation is for (`name`, `email`, `company_name`); raises Refused when it no longer holds."""
    return call_identity("invitation", {"token": token})


def accept_invitation(request: Request, token: str, password: str, command_id: str) -> bool:
    """Redeem an invitation with the chosen password, and sign in; False when a second step is to come first.

    Raises TooMany, Refused, Unavailable.
    """
    throttle, address = parts().throttle, request.remote_addr or ""
    wait = throttle.begin(f"invitation/{token}", address)
    if wait:
        raise TooMany(wait)
    try:
        answer = call_identity("accept_invitation", {"token": token, "password": password, "command_id": command_id})
    except Unavailable:
        throttle.not_tried(f"invitation/{token}", address)
        raise
    throttle.succeeded(f"invitation/{token}", address)
    return _let_in(request, answer)


def ask_reset(request: Request, email: str, command_id: str) -> None:
    """Have a link to a new password mailed, if somebody signs in with the address; which is not said.

    Raises TooMany, Refused, Unavailable.
    """
    # Counted apart from log-ins: who forgets the password shall not keep an office from logging in.
    wait = parts().throttle.begin(f"reset/{email}", f"reset/{request.remote_addr or ''}")
    if wait:
        raise TooMany(wait)
    call_identity("ask_reset", {"email": email, "command_id": command_id})


def reset_for(token: str) -> dict[str, Any]:
    """Whose password a mailed link is for (`email`); raises Refused when it no longer holds."""
    return call_identity("reset", {"token": token})


def accept_reset(request: Request, token: str, password: str, command_id: str) -> None:
    """Redeem a mailed link with the chosen password; every session of that person ends. Raises as accept_invitation."""
    throttle, address = parts().throttle, request.remote_addr or ""
    wait = throttle.begin(f"reset-link/{token}", address)
    if wait:
        raise TooMany(wait)
    try:
        answer = call_identity("accept_reset", {"token": token, "password": password, "command_id": command_id})
    except Unavailable:
        throttle.not_tried(f"reset-link/{token}", address)
        raise
    throttle.succeeded(f"reset-link/{token}", address)
    parts().store.revoke_all(answer["contact_id"])
    web = web_session()
    if web.record is not None and web.record.contact_id == answer["contact_id"]:
        web.sign_out()


def web_session() -> WebSession:
    """This browser's session."""
    web: WebSession = session._get_current_object()  # type: ignore[attr-defined]
    return web


@dataclass(frozen=True, slots=True)
class Device:
    """One of a person's signed-in browsers; times are UTC, `way` is how it was signed in (one of WAYS)."""

    id: str
    name: str
    since: datetime
    seen: datetime
    is_this: bool
    way: str


def devices(scope: Scope) -> list[Device]:
    """The person's own sessions, the latest used first."""
    return [
        Device(
            one.id,
            one.device,
            datetime.fromtimestamp(one.created_at, UTC),
            datetime.fromtimestamp(one.seen_at, UTC),
            one.id == scope.session_id,
            str(one.data.get("way", "")),
        )
        for one in parts().store.of_contact(scope.contact_id)
    ]


def sign_out_device(scope: Scope, session_id: str) -> bool:
    """End one of the person's own sessions; False when it is none of theirs."""
    return parts().store.revoke_by_id(scope.contact_id, session_id)


def sign_out_others(scope: Scope) -> int:
    """End all the person's sessions but this one, which goes on under a new token; answers how many."""
    web = web_session()
    web.rotate()
    assert web.record is not None
    return parts().store.revoke_all(scope.contact_id, except_id=web.record.id)


def choose_branch(scope: Scope, branch: str) -> bool:
    """Limit this session to a branch, or to none when empty; False when the branch is not the person's to choose."""
    if branch:
        person = people.load_person(parts().reads, scope.contact_id, scope.today, scope.company)
        if person is None or branch not in people.branch_names(parts().reads, scope.company, person.branches):
            return False
    web = web_session()
    assert web.record is not None
    web.record.branch = branch or None
    web.modified = True
    return True


def choose_company(scope: Scope, company: str) -> bool:
    """Go on in another of the person's companies; False when it is none of theirs."""
    if company not in dict(scope.companies):
        return False
    if company != scope.company:
        web_session().stand_in(company)
    return True


def call_identity(method: str, payload: dict[str, Any]) -> dict[str, Any]:
    """What identity's RPC method answers; raises Refused, Unavailable."""
    refuse_viewers(g.get("scope"))
    # Passwords go by RPC, which expires; commands are kept and hashed, where a password has no business to be.
    answer: dict[str, Any] = parts().rpc.call("identity", method, {**payload, "correlation_id": g.correlation_id}, 10.0)
    if answer["status"] != "done":
        raise from_wire(answer)
    return answer


def _let_in(request: Request, answer: dict[str, Any]) -> bool:
    """Open the session, or keep in this browser that its second step is to come; whether there is a session."""
    if "ticket" in answer:
        half = {"ticket": answer["ticket"], "contact": answer["contact_id"], "position": answer.get("position")}
        web = web_session()
        if web.record is not None:
            web.sign_out()
        web["half"] = half
        return False
    _open(request, answer, "password")
    _remember_person(answer.get("position"))
    return True


def _open(request: Request, answer: dict[str, Any], way: str) -> None:
    company = ALL_COMPANIES if answer.get("staff_roles") else answer["company"]
    web = web_session()
    web.sign_in(answer["contact_id"], company, device_name(request.user_agent.string))
    web["way"] = way


def _remember_person(position: int | None) -> None:
    if position is not None:
        # The first page waits until identity's read model shows the person as active.
        remember(web_session(), (people.PEOPLE_MODEL,), int(position))
