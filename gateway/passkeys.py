"""Passkeys between browser and identity: what a browser is asked, bound to it, and what becomes of its answer."""

from __future__ import annotations

from secrets import token_urlsafe
from typing import Any

from flask import Request
from flask_babel import gettext

from chassis.errors import NotAllowed
from gateway import accounts
from gateway.access import Scope
from gateway.parts import parts

KEY, APP = "key", "app"
"""What may follow a right password; see services/identity/factors/store.py."""


def origin(request: Request) -> str:
    """Where this browser sees the portal: as configured, else the address it called, which is one we answer to."""
    return parts().gateway.origin or request.host_url.rstrip("/")


def ask(request: Request) -> str:
    """The options (JSON) for a browser that is to show a passkey: of the sign-in that waits in it, else any.

    Raises Refused, Unavailable.
    """
    half = accounts.web_session().get("half") or {}
    payload = {"origin": origin(request), **({"ticket": half["ticket"]} if half else {})}
    return _bound(accounts.call_identity("passkey_options", payload))


def owned(scope: Scope) -> list[dict[str, str]]:
    """This person's passkeys: `id`, `name`, `made_at`, `used_at` ("" when it was not yet)."""
    found: list[dict[str, str]] = accounts.call_identity("passkeys", {"contact_id": scope.contact_id})["passkeys"]
    return found


def offer(scope: Scope, request: Request) -> str:
    """The options (JSON) for a browser that is to make a passkey for this person."""
    return _bound(accounts.call_identity("passkeys", {"contact_id": scope.contact_id, "origin": origin(request)}))


def challenge() -> str:
    """The challenge that this browser was given last, once; where there is none, one that nobody was given."""
    return str(accounts.web_session().pop("challenge", "")) or token_urlsafe(16)


def sign_in(request: Request, answer: str) -> str:
    """Go on by the passkey that the browser shows, alone or after the password, as accounts.sign_in says.

    Raises TooMany, Refused, Unavailable.
    """
    half, address = accounts.web_session().get("half") or {}, request.remote_addr or ""
    shown = {"answer": answer, "challenge": challenge(), "origin": origin(request)}
    if half:
        with accounts.code_tries(half["contact"], address):
            told = accounts.call_identity("passkey_step", {**shown, "ticket": half["ticket"]})
        return accounts.let_in(request, told, half.get("position"))
    return accounts.let_in(request, _whose(shown, address))


def prove(scope: Scope, request: Request, answer: str) -> None:
    """Make sure that who sits there has a passkey of this person's. Raises TooMany, Refused, Unavailable."""
    shown = {"answer": answer, "challenge": challenge(), "origin": origin(request)}
    if _whose(shown, request.remote_addr or "")["contact_id"] != scope.contact_id:
        raise NotAllowed(gettext("This passkey is somebody else's."))


def _whose(shown: dict[str, Any], address: str) -> dict[str, Any]:
    # Counted by address alone, and apart from passwords: a passkey cannot be guessed, but looking at it costs.
    with accounts.code_tries(f"passkey/{shown['challenge']}", f"passkey/{address}"):
        return accounts.call_identity("passkey_sign_in", shown)


def _bound(told: dict[str, Any]) -> str:
    """The options; their challenge is kept in this browser's session, and in no other."""
    accounts.web_session()["challenge"] = told["challenge"]
    return str(told["options"])
