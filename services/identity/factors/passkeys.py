"""Passkeys in the state database: added, used, removed. All of it blocks: for threads.

A challenge is not kept when it is made, for anybody may ask for one: it carries what it is for and its end, signed, and
is kept when it was answered, so that no second answer counts.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from chassis import log
from chassis.codec import dumps, loads
from chassis.messages import Context
from chassis.repository import now
from chassis.statedb import StateDb
from services.identity.errors import PasskeyGone, PasskeyRefused, TooManyPasskeys
from services.identity.factors.domain import MOST_PASSKEYS
from services.identity.factors.store import Factors, drop_unused_codes, keep_codes, owe
from services.identity.vault import Person, Vault

_log = log.get("passkeys")
ALONE = "alone"
CHALLENGE_HOLDS = timedelta(minutes=5)
_NONCE, _UNTIL, _MARK = 16, 8, 32
_BAD_ANSWER = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError)
"""What the library raises at an answer that is none."""
Then = Callable[[sqlite3.Connection], None]


@dataclass(frozen=True, slots=True)
class Site:
    """Where a browser shows the portal, as `https://portal.example.com`; a passkey is for its host alone."""

    origin: str

    @property
    def host(self) -> str:
        """What a passkey is bound to."""
        return urlsplit(self.origin).hostname or ""


@dataclass(frozen=True, slots=True)
class Passkey:
    """A contact's passkey under the name they gave it; times are UTC, ISO."""

    id: str
    contact: str
    name: str
    credential: bytes
    public_key: bytes
    sign_count: int
    made_at: str
    used_at: str | None


class Passkeys:
    """What the state database knows of passkeys."""

    def __init__(self, state: StateDb, vault: Vault) -> None:
        self._state = state
        self._vault = vault
        self._factors = Factors(state, vault)

    def of(self, contact: str) -> list[Passkey]:
        """The contact's passkeys, the oldest first."""
        rows = self._state.rows("SELECT * FROM passkeys WHERE contact = ? ORDER BY made_at, id", contact)
        return [self._passkey(row) for row in rows]

    def offer(self, contact: str, person: Person, site: Site, name: str) -> tuple[str, str]:
        """The options by which a browser makes a passkey for this contact, as JSON, and their challenge; it shows the
        portal by this name.
        """
        challenge = self._challenge(_adding(contact))
        options = webauthn.generate_registration_options(
            rp_id=site.host,
            rp_name=name,
            user_name=person.email,
            user_id=contact.encode(),
            user_display_name=person.name,
            challenge=base64url_to_bytes(challenge),
            timeout=_milliseconds(),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=_described(self.of(contact)),
        )
        return webauthn.options_to_json(options), challenge

    def ask(self, site: Site, *, alone: bool, contact: str = "") -> tuple[str, str]:
        """The options by which a browser shows a passkey, as JSON, and their challenge: `alone`, any passkey of this
        portal with the person verified by the device; else one of this contact's, whose password was right.
        """
        challenge = self._challenge(ALONE if alone else _after_password(contact))
        options = webauthn.generate_authentication_options(
            rp_id=site.host,
            challenge=base64url_to_bytes(challenge),
            timeout=_milliseconds(),
            allow_credentials=None if alone else _described(self.of(contact)),
            user_verification=UserVerificationRequirement.REQUIRED
            if alone
            else UserVerificationRequirement.DISCOURAGED,
        )
        return webauthn.options_to_json(options), challenge

    def add(self, contact: str, name: str, answer: str, challenge: str, site: Site, context: Context) -> None:
        """Keep the passkey that a browser made. Raises PasskeyRefused, TooManyPasskeys."""
        try:
            made = webauthn.verify_registration_response(
                credential=answer,
                expected_challenge=base64url_to_bytes(challenge),
                expected_rp_id=site.host,
                expected_origin=site.origin,
                require_user_verification=True,
            )
        except _BAD_ANSWER as error:
            raise _refused(error) from None
        kept = {
            "name": name,
            "credential": bytes_to_base64url(made.credential_id),
            "public_key": bytes_to_base64url(made.credential_public_key),
        }
        passkey = _id(made.credential_id)
        sealed = self._vault.seal_passkey(contact, dumps(kept).decode())
        codes = self._factors.recovery_hashes(contact, context)
        with self._state.transaction() as db:
            self._spend(db, challenge, _adding(contact))
            held = db.execute("SELECT COUNT(*) FROM passkeys WHERE contact = ?", (contact,)).fetchone()[0]
            if held >= MOST_PASSKEYS:
                raise TooManyPasskeys(MOST_PASSKEYS)
            if db.execute("SELECT 1 FROM passkeys WHERE id = ?", (passkey,)).fetchone():
                raise PasskeyRefused
            db.execute(
                "INSERT INTO passkeys (id, contact, sealed, sign_count, made_at) VALUES (?, ?, ?, ?, ?)",
                (passkey, contact, sealed, made.sign_count, now().isoformat()),
            )
            first = not db.execute("SELECT 1 FROM recovery_codes WHERE contact = ?", (contact,)).fetchone()
            if first:
                keep_codes(db, contact, codes, context)
            owe(db, contact, context, "first_passkey" if first else "passkey", passkey)

    def use(self, answer: str, challenge: str, site: Site, *, contact: str = "", then: Then | None = None) -> Passkey:
        """The passkey with which a browser answered: any, alone, or one of `contact`'s after the password. What `then`
        writes is written with it. Raises PasskeyRefused, also for a counter that went back or a challenge used before.
        """
        try:
            given = parse_authentication_credential_json(answer)
            row = self._state.row("SELECT * FROM passkeys WHERE id = ?", _id(given.raw_id))
            if row is None or (row["contact"] != contact if contact else False):
                raise PasskeyRefused
            if not contact and given.response.user_handle != row["contact"].encode():
                raise PasskeyRefused
            passkey = self._passkey(row)
            shown = webauthn.verify_authentication_response(
                credential=given,
                expected_challenge=base64url_to_bytes(challenge),
                expected_rp_id=site.host,
                expected_origin=site.origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=not contact,
            )
        except _BAD_ANSWER as error:
            raise _refused(error) from None
        with self._state.transaction() as db:
            self._spend(db, challenge, _after_password(contact) if contact else ALONE)
            moved = db.execute(
                "UPDATE passkeys SET sign_count = ?, used_at = ? WHERE id = ? AND sign_count = ?",
                (shown.new_sign_count, now().isoformat(), passkey.id, passkey.sign_count),
            )
            if moved.rowcount != 1:
                raise PasskeyRefused
            if then is not None:
                then(db)
        return passkey

    def remove(self, contact: str, passkey: str, context: Context) -> None:
        """Take it away; with the last way besides the password go the recovery codes. Raises PasskeyGone."""
        with self._state.transaction() as db:
            gone = db.execute("DELETE FROM passkeys WHERE contact = ? AND id = ?", (contact, passkey))
            if gone.rowcount != 1:
                raise PasskeyGone
            drop_unused_codes(db, contact)
            owe(db, contact, context, "passkey_removed", passkey)

    def _passkey(self, row: sqlite3.Row) -> Passkey:
        kept = loads(self._vault.open_passkey(row["contact"], row["sealed"]))
        credential, public_key = (base64url_to_bytes(kept[name]) for name in ("credential", "public_key"))
        head = (row["id"], row["contact"], kept["name"], credential, public_key)
        return Passkey(*head, row["sign_count"], row["made_at"], row["used_at"])

    def _challenge(self, purpose: str) -> str:
        until = int((now() + CHALLENGE_HOLDS).timestamp()).to_bytes(_UNTIL, "big")
        head = secrets.token_bytes(_NONCE) + until
        return bytes_to_base64url(head + self._vault.mark(f"passkey/{purpose}", head))

    def _spend(self, db: sqlite3.Connection, challenge: str, purpose: str) -> None:
        """Use a challenge that was made for this; raises PasskeyRefused for another's, a late one, or once more."""
        raw = base64url_to_bytes(challenge)
        head, mark = raw[: _NONCE + _UNTIL], raw[_NONCE + _UNTIL :]
        until = datetime.fromtimestamp(int.from_bytes(head[_NONCE:], "big"), UTC) if len(mark) == _MARK else None
        if until is None or not self._vault.is_mark(f"passkey/{purpose}", head, mark) or until <= now():
            raise PasskeyRefused
        db.execute("DELETE FROM spent_challenges WHERE expires_at <= ?", (now().isoformat(),))
        try:
            db.execute(
                "INSERT INTO spent_challenges (hash, expires_at) VALUES (?, ?)",
                (sha256(raw).hexdigest(), until.isoformat()),
            )
        except sqlite3.IntegrityError:
            raise PasskeyRefused from None


def _adding(contact: str) -> str:
    return f"add/{contact}"


def _after_password(contact: str) -> str:
    return f"after/{contact}"


def _described(passkeys: list[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=one.credential) for one in passkeys]


def _id(credential: bytes) -> str:
    return sha256(credential).hexdigest()[:32]


def _milliseconds() -> int:
    return int(CHALLENGE_HOLDS.total_seconds() * 1000)


def _refused(error: Exception) -> PasskeyRefused:
    _log.warning("passkey refused", reason=str(error))
    return PasskeyRefused()
