"""A provider of OpenID Connect, asked over HTTP by code, PKCE, state and nonce; what it answers is checked here.

Whoever asks is a thread of the gateway; no more than a few at a time wait for a provider, and none for long.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
import requests
from flask_babel import gettext as _
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from chassis import log
from chassis.errors import Refused, Unavailable
from services.identity.contract import SingleSignOn, is_safe

_log = log.get("gateway.single_sign_on")
_ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
_TIMEOUT = (3.05, 5.0)  # seconds to connect, and between bytes
_WAITING = threading.BoundedSemaphore(4)
_KEPT_SECONDS, _CLOCKS_OFF, _LARGEST = 3600, 60, 512 * 1024


class NotProven(Refused):
    """What came back is no proof of who somebody is."""

    http = 401


@dataclass(frozen=True, slots=True)
class Known:
    """What a provider says of itself, and its keys; read again after an hour, the keys when a new one turns up."""

    endpoints: Mapping[str, Any]
    keys: KeySet
    at: float


_known: dict[str, Known] = {}


def begin(provider: SingleSignOn, back: str) -> tuple[str, dict[str, str]]:
    """Where to send the browser, and what to keep in its session until it comes to `back`. Raises Unavailable."""
    kept = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
    challenge = hashlib.sha256(kept["verifier"].encode()).digest()
    with _waiting(provider):
        address = _ask_about(provider).endpoints["authorization_endpoint"]
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": back,
        "scope": " ".join(provider.scopes),
        "state": kept["state"],
        "nonce": kept["nonce"],
        "code_challenge": base64.urlsafe_b64encode(challenge).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}", kept


def finish(provider: SingleSignOn, back: str, kept: Mapping[str, str], code: str) -> dict[str, Any]:
    """What the provider proves of the person who came back with `code`: subject, email, verified, name, groups; and
    where its own session is ended, "" when it does not say. Raises NotProven, Unavailable.
    """
    with _waiting(provider):
        known = _ask_about(provider)
        tokens = _exchange(provider, known, back, kept["verifier"], code)
        claims = _claims(provider, known, str(tokens.get("id_token", "")), kept["nonce"])
        if not {"email", "email_verified", provider.groups_claim} <= claims.keys():
            claims = {**_userinfo(known, tokens, claims["sub"]), **claims}
    groups = claims.get(provider.groups_claim) or []
    return {
        "subject": claims["sub"],
        "email": str(claims.get("email") or ""),
        "verified": claims.get("email_verified") is True,
        "name": str(claims.get("name") or ""),
        "groups": [str(one) for one in groups] if isinstance(groups, list) else [str(groups)],
        "ends_at": str(known.endpoints.get("end_session_endpoint") or ""),
    }


@contextmanager
def _waiting(provider: SingleSignOn) -> Iterator[None]:
    """One of the few that may wait for providers; what goes wrong on the way is that the provider is away."""
    if not _WAITING.acquire(blocking=False):
        raise _away(provider, "too many log-ins wait for providers")
    try:
        yield
    except (requests.RequestException, OSError, ValueError, KeyError, TypeError) as error:
        _log.warning("provider away", provider=provider.key, reason=f"{type(error).__name__}: {error}")
        raise _away(provider, type(error).__name__) from None
    finally:
        _WAITING.release()


def _away(provider: SingleSignOn, reason: str) -> Unavailable:
    return Unavailable(
        _(
            "%(name)s does not answer as it should at this moment. Try again in a while, or log in with your password.",
            name=provider.name,
        ),
        reason=reason,
    )


def _ask_about(provider: SingleSignOn) -> Known:
    known = _known.get(provider.issuer)
    if known is None or time.monotonic() - known.at > _KEPT_SECONDS:
        told = _get(f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration")
        if told["issuer"] != provider.issuer:
            raise ValueError(f"it calls itself {told['issuer']}")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not is_safe(told[name]):
                raise ValueError(f"its {name} is not encrypted")
        known = _known[provider.issuer] = Known(told, _keys(told), time.monotonic())
    return known


def _keys(endpoints: Mapping[str, Any]) -> KeySet:
    told: Any = _get(endpoints["jwks_uri"])
    return KeySet.import_key_set(told)


def _exchange(provider: SingleSignOn, known: Known, back: str, verifier: str, code: str) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": back,
        "code_verifier": verifier,
    }
    secret = Path(provider.secret_file).read_text(encoding="utf-8").strip()
    ways = known.endpoints.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    auth = None
    if "client_secret_basic" in ways:
        auth = (provider.client_id, secret)
    else:
        form |= {"client_id": provider.client_id, "client_secret": secret}
    answer = requests.post(
        known.endpoints["token_endpoint"], data=form, auth=auth, timeout=_TIMEOUT, allow_redirects=False, stream=True
    )
    if answer.status_code in (400, 401, 403):
        raise _not_proven(provider, f"code refused with status {answer.status_code}")
    return _body(answer)


def _claims(provider: SingleSignOn, known: Known, token: str, nonce: str) -> dict[str, Any]:
    """The claims of an ID token that is this provider's, for us, of now, and of this very log-in."""
    try:
        try:
            claims = jwt.decode(token, known.keys, algorithms=_ALGORITHMS).claims
        except (JoseError, ValueError):
            # Signed by a key that came since: keys are changed from time to time.
            keys = _keys(known.endpoints)
            _known[provider.issuer] = Known(known.endpoints, keys, known.at)
            claims = jwt.decode(token, keys, algorithms=_ALGORITHMS).claims
    except (JoseError, ValueError) as error:
        raise _not_proven(provider, str(error)) from None
    audience = claims.get("aud")
    audience = audience if isinstance(audience, list) else [audience]
    wrong = [
        name
        for name, right in (
            ("iss", claims.get("iss") == provider.issuer),
            ("aud", provider.client_id in audience),
            ("azp", len(audience) == 1 or claims.get("azp") == provider.client_id),
            ("exp", isinstance(claims.get("exp"), int) and claims["exp"] > time.time() - _CLOCKS_OFF),
            ("iat", isinstance(claims.get("iat"), int) and claims["iat"] < time.time() + _CLOCKS_OFF),
            ("nonce", secrets.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode())),
            ("sub", isinstance(claims.get("sub"), str) and bool(claims["sub"])),
        )
        if not right
    ]
    if wrong:
        raise _not_proven(provider, ", ".join(wrong))
    return claims


def _not_proven(provider: SingleSignOn, reason: str) -> NotProven:
    _log.warning("log-in not proven", provider=provider.key, reason=reason)
    return NotProven(_("%(name)s did not confirm this log-in. Please try again.", name=provider.name), reason=reason)


def _userinfo(known: Known, tokens: Mapping[str, Any], subject: str) -> dict[str, Any]:
    address = known.endpoints.get("userinfo_endpoint")
    if not address or not tokens.get("access_token") or not is_safe(address):
        return {}
    told = _get(address, {"Authorization": f"Bearer {tokens['access_token']}"})
    if told.get("sub") != subject:
        raise ValueError("userinfo is about somebody else")
    return told


def _get(address: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    answer = requests.get(address, headers=headers, timeout=_TIMEOUT, allow_redirects=False, stream=True)
    return _body(answer)


def _body(answer: requests.Response) -> dict[str, Any]:
    with answer:
        if answer.status_code != 200:
            raise ValueError(f"it answers {answer.status_code}")
        read = answer.raw.read(_LARGEST + 1, decode_content=True)
    if len(read) > _LARGEST:
        raise ValueError("it answers too much")
    told = orjson.loads(read)
    if not isinstance(told, dict):
        raise ValueError("it answers no object")
    return told
