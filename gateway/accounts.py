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
from chassis.errors import NotAllowed, PorticoError, Refused, Unavailable, from_wire
from chassis.messages import ALL_COMPANIES
from gateway import people, viewing
from gateway.access import Scope, refuse_viewers, remember
from gateway.formats import as_minutes
from gateway.parts import parts
from gateway.portal import house
from gateway.refusals import translated
from gateway.security import device_name
from gateway.throttle import minutes
from gateway.websession import WebSession

_log = log.get("gateway.accounts")
CODE, OWN_PASSWORD, SET_UP = "code", "password", "set_up"
"""Steps that may come between password and session; see services/identity/factors/steps.py."""
_WEAK_PASSWORD = "WeakPassword"


@dataclass(frozen=True, slots=True)
class TooMany(Exception):
    """Too many tries with this account or from this address; `seconds` to wait."""

    seconds: int
    by_mail: bool = False  # a mailed link to a new password lets in at once

    @property
    def said(self) -> str:
        """What to tell the person."""
        wait, gateway = as_minutes(minutes(self.seconds)), house(parts())
        if self.by_mail and gateway.forgot_password:
            return gettext(
                "Too many tries. Wait %(minutes)s, then try again; or choose a new password now by “Forgot your"
                " password?”, which lets you in at once.",
                minutes=wait,
            )
        contact = " · ".join(filter(None, (gateway.support_phone, gateway.support_mail)))
        if contact:
            return gettext(
                "Too many tries. Wait %(minutes)s, then try again, or ask our support, who can let you in:"
                " %(contact)s.",
                minutes=wait,
                contact=contact,
            )
        return gettext(
            "Too many tries. Wait %(minutes)s, then try again, or ask the person at %(supplier)s you usually"
            " speak to, who can let you in.",
            minutes=wait,
            supplier=gateway.supplier,
        )


def sign_in(request: Request, email: str, password: str) -> str:
    """Ask identity, then open a new session in this browser; or the step (`awaits`) that is to come first.

    Raises TooMany, Refused when e-mail or password are wrong (which of the two is not said), Unavailable.
    """
    return let_in(request, _right_password(request, email, password))


def prove(scope: Scope, request: Request, password: str) -> None:
    """Make sure that this person's password is known to who sits there.

    Raises TooMany, Refused when it is another or their policy has another way, Unavailable.
    """
    answer = _right_password(request, scope.email, password)
    if answer["contact_id"] != scope.contact_id:
        raise NotAllowed(gettext("This is somebody else's."))


def _right_password(request: Request, email: str, password: str) -> dict[str, Any]:
    """What identity answers to whoever has this password; a wrong one is counted."""
    throttle, tried = parts().throttle, (email, request.remote_addr or "", web_session().device)
    wait = throttle.begin(*tried)
    if wait:
        _log.info("log-in throttled", seconds=wait)
        raise TooMany(wait, by_mail=True)
    try:
        answer = call_identity("sign_in", {"email": email.strip(), "password": password})
    except Refused as error:
        _log.info("log-in refused", code=error.code)
        raise
    except PorticoError:
        throttle.not_tried(*tried)
        raise
    throttle.succeeded(*tried)
    return answer


def single_sign_on(request: Request, proven: dict[str, Any]) -> str:
    """Go on with somebody of whom a provider proved who they are, as sign_in says. Raises Refused, Unavailable."""
    try:
        return let_in(request, call_identity("single_sign_on", proven))
    except Refused as error:
        _log.info("single sign-on refused", provider=proven["provider"], code=error.code)
        raise


@contextmanager
def code_tries(contact_id: str, address: str) -> Iterator[None]:
    """Counts a try of a code by this account, as `_tries` does."""
    with _tries("code", contact_id, address):
        yield


@contextmanager
def _tries(what: str, of: str, address: str) -> Iterator[None]:
    """Counts a try of a code or link; what the block raises, but Unavailable, leaves it counted as failed.

    A new password that is too weak is no guess: identity weighs it after it has found the link, and found it open.
    Raises TooMany before the block.
    """
    throttle, account = parts().throttle, f"{what}/{of}"
    wait = throttle.begin(account, address)
    if wait:
        _log.info(f"{what} throttled", seconds=wait)
        raise TooMany(wait)
    try:
        yield
    except Unavailable:
        throttle.not_tried(account, address)
        raise
    except Refused as error:
        if error.code == _WEAK_PASSWORD:
            throttle.not_tried(account, address)
        _log.info(f"{what} refused", code=error.code)
        raise
    throttle.succeeded(account, address)


def awaits() -> str:
    """What the sign-in that waits in this browser wants next: CODE or OWN_PASSWORD; "" when none waits."""
    half: dict[str, Any] = web_session().get("half") or {}
    return str(half.get("step", CODE)) if half else ""


def ways() -> list[str]:
    """How the code that the sign-in in this browser waits for can be given: "app", "key"."""
    return list((web_session().get("half") or {}).get("ways", []))


def forget_half() -> None:
    """Begin again with the password."""
    web_session().pop("half", None)


def second_step(request: Request, code: str) -> tuple[str, int | None]:
    """Go on with the sign-in that waits in this browser: as sign_in says it, and how many recovery codes are left if
    one was used.

    Raises TooMany, Refused when the code is wrong or it took too long, Unavailable.
    """
    half = web_session()["half"]
    with code_tries(half["contact"], request.remote_addr or ""):
        answer = call_identity("second_step", {"ticket": half["ticket"], "code": code})
    left = int(answer["codes_left"]) if answer["by"] == "recovery" else None
    return let_in(request, answer, half.get("position")), left


def own_password(request: Request, password: str, command_id: str) -> str:
    """Take the password that the sign-in in this browser waits for, and go on with it as sign_in says.

    Raises Refused when it is too weak or it took too long, Unavailable.
    """
    half = web_session()["half"]
    payload = {"ticket": half["ticket"], "password": password, "command_id": command_id}
    return let_in(request, call_identity("own_password", payload))


def factor_draft() -> dict[str, Any]:
    """The `secret` (base32) that the sign-in in this browser is to put into an app, and the `email` it is of.

    Raises Refused when it took too long, Unavailable.
    """
    return call_identity("factor_draft", {"ticket": web_session()["half"]["ticket"]})


def set_up_factor(request: Request, code: str, command_id: str) -> list[str]:
    """Switch the app on that the sign-in in this browser waits for, and open the session: the recovery codes.

    Raises TooMany, Refused when the code is wrong or it took too long, Unavailable.
    """
    half = web_session()["half"]
    with code_tries(half["contact"], request.remote_addr or ""):
        payload = {"ticket": half["ticket"], "code": code, "command_id": command_id}
        answer = call_identity("set_up_factor", payload)
    let_in(request, answer)
    return list(answer["codes"])


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


def accept_invitation(request: Request, token: str, password: str, command_id: str) -> str:
    """Redeem an invitation with the chosen password, and sign in, as sign_in says.

    Raises TooMany, Refused, Unavailable.
    """
    with _tries("invitation", token, request.remote_addr or ""):
        answer = call_identity("accept_invitation", {"token": token, "password": password, "command_id": command_id})
    return let_in(request, answer)


def ask_reset(request: Request, email: str, command_id: str) -> None:
    """Have a link to a new password mailed, if somebody signs in with the address; which is not said.

    Raises TooMany, Refused, Unavailable.
    """
    # Counted apart from log-ins: who forgets the password shall not keep an office from logging in.
    wait = parts().throttle.begin(f"reset/{email}", f"reset/{request.remote_addr or ''}")
    if wait:
        raise TooMany(wait)
    call_identity("ask_reset", {"email": email, "command_id": command_id})


def locked(contact_id: str, email: str) -> tuple[int, int]:
    """Seconds until this account's next password, and its next code, is looked at; 0: at once."""
    throttle = parts().throttle
    return throttle.waits(email), throttle.waits(f"code/{contact_id}")


def lift_lock(contact_id: str, email: str) -> None:
    """Forget this account's wrong passwords and codes."""
    parts().throttle.lift(email, f"code/{contact_id}")


def reset_for(token: str) -> dict[str, Any]:
    """Whose password a mailed link is for (`email`); raises Refused when it no longer holds."""
    return call_identity("reset", {"token": token})


def accept_reset(request: Request, token: str, password: str, command_id: str) -> None:
    """Redeem a mailed link with the chosen password; every session of that person ends. Raises as accept_invitation."""
    with _tries("reset-link", token, request.remote_addr or ""):
        answer = call_identity("accept_reset", {"token": token, "password": password, "command_id": command_id})
    # Who reads the account's mail is no guesser: the wrong tries of before are forgotten.
    parts().throttle.lift(answer["email"])
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
    return devices_of(scope.contact_id, scope.session_id)


def devices_of(contact_id: str, this: str = "") -> list[Device]:
    """A person's sessions, the latest used first; `this` is the id of the one that asks."""
    return [
        Device(
            one.id,
            one.device,
            datetime.fromtimestamp(one.created_at, UTC),
            datetime.fromtimestamp(one.seen_at, UTC),
            one.id == this,
            str(one.data.get("way", "")),
        )
        for one in parts().store.of_contact(contact_id)
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
    if scope.viewer is not None:
        viewing.choose_branch(scope, branch or None)
        return True
    web = web_session()
    assert web.record is not None
    if branch and web.record.company != scope.company:  # they were taken out of the one they stood in
        web.stand_in(scope.company)
    web.record.branch = branch or None
    web.modified = True
    return True


def choose_company(scope: Scope, company: str) -> bool:
    """Go on in another of the person's companies; False when it is none of theirs."""
    if scope.viewer is not None:
        return viewing.choose_company(scope, company)
    if company not in dict(scope.companies):
        return False
    if company != scope.company:
        web_session().stand_in(company)
    return True


def call_identity(method: str, payload: dict[str, Any]) -> dict[str, Any]:
    """What identity's RPC method answers; raises Refused, Unavailable."""
    refuse_viewers(g.get("scope"))
    # Passwords go by RPC, which expires; commands are kept and hashed, where a password has no business to be.
    given = {**payload, "correlation_id": g.correlation_id}
    with translated():
        answer: dict[str, Any] = parts().rpc.call("identity", method, given, 10.0)
        if answer["status"] != "done":
            raise from_wire(answer)
    return answer


def let_in(request: Request, answer: dict[str, Any], position: int | None = None) -> str:
    """Open the session, and ""; or keep in this browser which step is to come first, and that.

    What people's model is to show to the first page is at `position`, or where the answer says.
    """
    web, position = web_session(), answer.get("position", position)
    if "ticket" in answer:
        if web.record is not None:
            web.sign_out()
        half = {"ticket": answer["ticket"], "contact": answer["contact_id"], "step": answer["step"]}
        web["half"] = {**half, "ways": answer.get("ways", []), "position": position}
        return str(answer["step"])
    company = ALL_COMPANIES if answer.get("staff_roles") else answer["company"]
    web.sign_in(answer["contact_id"], company, device_name(request.user_agent.string))
    web["way"] = answer["way"]
    web.prove()
    _log.info("logged in", contact=answer["contact_id"], way=answer["way"])
    email = people.address_of(parts().reads, answer["contact_id"])
    if email:
        web.device = parts().throttle.recognise(email, web.device)
    if position is not None:
        # The first page waits until identity's read model shows the person as active.
        remember(web, (people.PEOPLE_MODEL,), int(position))
    return ""
