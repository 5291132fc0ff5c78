"""Personal data under a key a contact, and what is derived from this installation's secret.

Deleting a contact's key makes its personal data unreadable in every event, copy and backup of the streams.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis import log
from chassis.codec import dumps, loads
from chassis.config import Settings
from chassis.messages import derived_id
from chassis.repository import now
from chassis.statedb import StateDb
from services.identity.wrapping import Wrapper, make_private, wrapper

_log = log.get("identity.vault")
_NONCE = 12
_SAVE_POSITION = "INSERT OR REPLACE INTO erasures (one, position) VALUES (1, ?)"
_OF_A_CONTACT = (
    "passwords",
    "invitations",
    "second_factors",
    "recovery_codes",
    "half_sign_ins",
    "passkeys",
    "owed_events",
    "single_sign_ons",
)
_ERP_CONTACTS = UUID("3c1a4f0e-8a0b-5b7e-9f43-5f8e1f6f0a11")


class Forgotten(Exception):
    """The contact was erased: nothing personal of it is to be written again."""


@dataclass(frozen=True, slots=True)
class Person:
    """The personal data of a contact."""

    name: str
    email: str = ""
    phone: str = ""


ERASED = Person("(erased)")


def contact_id(parent: UUID) -> str:
    """The id of the contact that a command (its id) or an ERP document makes: 16 characters, 80 bits."""
    return short_id(derived_id(parent, "contact"))


def short_id(parent: UUID) -> str:
    """Sixteen characters, 80 bits, that derive from the id."""
    return base64.b32encode(hashlib.sha256(parent.bytes).digest()[:10]).decode().lower()


def erp_contact_id(company: str, key: str) -> str:
    """The id of a company's contact that the ERP knows as `key`, whichever connection tells of it."""
    return contact_id(derived_id(_ERP_CONTACTS, dumps([company, key]).decode()))


def secret(settings: Settings) -> bytes:
    """This installation's secret, 32 bytes, made on first use; `PORTICO_IDENTITY_KEY_FILE` names another file."""
    named = os.environ.get("PORTICO_IDENTITY_KEY_FILE", "")
    return _secret(Path(named), False) if named else _secret(settings.folder("identity") / "email.key", True)


@functools.cache
def _secret(path: Path, may_make: bool) -> bytes:
    if may_make and not path.exists():
        make_private(path, secrets.token_bytes(32))
    try:
        found = path.read_bytes()
    except OSError as error:
        raise RuntimeError(
            f"The key file {path} cannot be read ({error.strerror}). Restore it from the backup."
        ) from None
    if len(found) < 32:
        raise RuntimeError(f"The key file {path} is shorter than 32 bytes. Restore it from the backup.")
    return found


class Vault:
    """Seals and opens personal data; makes the keyed hashes. Used by any thread; blocks on SQLite."""

    def __init__(self, state: StateDb, installation_secret: bytes, wrapper: Wrapper) -> None:
        self._state = state
        self._secret = installation_secret
        self._wrapper = wrapper

    def _keyed(self, purpose: str, text: str) -> bytes:
        return hmac.digest(self._secret, f"{purpose}\0{text}".encode(), "sha256")

    def login(self, email: str) -> str:
        """What stands for an e-mail address in stream names and events: the same for any case and outer space."""
        return self._keyed("email", email.strip().casefold()).hex()

    def subject(self, issuer: str, subject: str) -> str:
        """What stands for somebody whom a provider of single sign-on knows by a name of its own."""
        return self._keyed("single sign-on", f"{issuer}\0{subject}").hex()

    def token(self, purpose: str, command_id: UUID, contact: str) -> str:
        """The one-time token of the link that this command makes, the same each time it is asked."""
        return base64.urlsafe_b64encode(self._keyed(purpose, f"{command_id}/{contact}")).decode().rstrip("=")

    def guarded(self, payload_hash: str) -> str:
        """A payload's hash as events may hold it: one cannot guess names or addresses by it."""
        return self._keyed("payload", payload_hash).hex()

    def seal(self, contact: str, person: Person) -> str:
        """The person's data, readable only with the contact's key, as base64; raises Forgotten."""
        return self._sealed(contact, dumps(asdict(person)), contact)

    def open(self, contact: str, personal: str) -> Person:
        """What was sealed; ERASED when the contact's key is gone."""
        opened = self._opened(contact, personal, contact)
        return ERASED if opened is None else Person(**loads(opened))

    def seal_text(self, request: str, text: str) -> str:
        """What was said of a person in a request, readable only with their key, as base64; raises Forgotten."""
        return self._sealed(request, text.encode(), f"request/{request}")

    def open_text(self, request: str, sealed: str) -> str:
        """What was sealed; "" when the key is gone."""
        return (self._opened(request, sealed, f"request/{request}") or b"").decode()

    def seal_secret(self, contact: str, text: str) -> str:
        """The secret of a second factor, readable only with the contact's key, as base64; raises Forgotten."""
        return self._sealed(contact, text.encode(), f"second factor/{contact}")

    def open_secret(self, contact: str, sealed: str) -> str:
        """What was sealed; "" when the contact's key is gone."""
        return (self._opened(contact, sealed, f"second factor/{contact}") or b"").decode()

    def seal_passkey(self, contact: str, text: str) -> str:
        """A passkey's id, public key and name, as seal_secret does."""
        return self._sealed(contact, text.encode(), f"passkey/{contact}")

    def open_passkey(self, contact: str, sealed: str) -> str:
        """What was sealed; "" when the contact's key is gone."""
        return (self._opened(contact, sealed, f"passkey/{contact}") or b"").decode()

    def mark(self, purpose: str, content: bytes) -> bytes:
        """A mark of 32 bytes by which this installation knows again what it made for a purpose."""
        return self._keyed(purpose, content.hex())

    def is_mark(self, purpose: str, content: bytes, mark: bytes) -> bool:
        """Whether this is the mark of that."""
        return hmac.compare_digest(self.mark(purpose, content), mark)

    def recovery_codes(self, contact: str, command_id: UUID, count: int) -> list[str]:
        """The codes that this command makes, the same each time it is asked; raises Forgotten.

        They derive from the contact's key, too, and cannot be had again without it.
        """
        key = self._key_to_seal(contact)
        made = [hmac.digest(key, f"recovery\0{command_id}/{one}".encode(), "sha256") for one in range(count)]
        texts = [base64.b32encode(digest[:10]).decode().lower()[:10] for digest in made]
        return [f"{text[:5]}-{text[5:]}" for text in texts]

    def code_hash(self, contact: str, code: str) -> str:
        """What is kept of a recovery code: the same for any case, spaces and dashes."""
        return self._keyed("recovery", f"{contact}/{code.replace(' ', '').replace('-', '').casefold()}").hex()

    def _sealed(self, contact: str, content: bytes, purpose: str) -> str:
        nonce = secrets.token_bytes(_NONCE)
        return base64.b64encode(
            nonce + AESGCM(self._key_to_seal(contact)).encrypt(nonce, content, purpose.encode())
        ).decode()

    def _opened(self, contact: str, text: str, purpose: str) -> bytes | None:
        row = self._state.row("SELECT key FROM contact_keys WHERE contact = ?", contact)
        if row is None or row["key"] is None or not text:
            return None
        sealed = base64.b64decode(text)
        key = self._wrapper.unwrap(contact, row["key"])
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], purpose.encode())

    def forget(self, contact: str, position: int | None = None) -> None:
        """As `forget` does of this vault's state database."""
        forget(self._state, contact, position)

    def rewrap(self) -> int:
        """Wrap every contact's key by the newest of the keys above them; how many were not. Again does nothing.

        Raises BadSetting for one that none of the keys unwraps, and has changed nothing then.
        """
        self._state.connection().execute("PRAGMA secure_delete=ON")
        done = 0
        with self._state.transaction() as db:
            for row in db.execute("SELECT contact, key FROM contact_keys WHERE key IS NOT NULL").fetchall():
                if self._wrapper.is_newest(row["key"]):
                    continue
                kept = self._wrapper.wrap(row["contact"], self._wrapper.unwrap(row["contact"], row["key"]))
                db.execute("UPDATE contact_keys SET key = ? WHERE contact = ?", (kept, row["contact"]))
                done += 1
        if done:
            self.empty_log()
        return done

    def empty_log(self) -> None:
        """As `empty_log` does of this vault's state database."""
        empty_log(self._state)

    def erased_up_to(self) -> int:
        """The commit position up to which erasures were carried out in this state database."""
        row = self._state.row("SELECT position FROM erasures")
        return row["position"] if row else 0

    def save_erased_up_to(self, position: int) -> None:
        """Remember that there is nothing to erase up to this commit position."""
        with self._state.transaction() as connection:
            connection.execute(_SAVE_POSITION, (position,))

    def _key_to_seal(self, contact: str) -> bytes:
        found = self._state.row("SELECT key FROM contact_keys WHERE contact = ?", contact)
        if found is None:
            with self._state.transaction() as connection:
                connection.execute(
                    "INSERT OR IGNORE INTO contact_keys (contact, key) VALUES (?, ?)",
                    (contact, self._wrapper.wrap(contact, AESGCM.generate_key(bit_length=256))),
                )
            found = self._state.row("SELECT key FROM contact_keys WHERE contact = ?", contact)
        if found is None or found["key"] is None:
            raise Forgotten(contact)
        return self._wrapper.unwrap(contact, found["key"])


def forget(state: StateDb, contact: str, position: int | None = None) -> None:
    """Delete the contact's key, password, second factor and links; again does nothing.

    With `position`, all erasures up to this commit position are carried out.
    """
    state.connection().execute("PRAGMA secure_delete=ON")
    with state.transaction() as connection:
        connection.execute(
            "INSERT INTO contact_keys (contact, key, erased_at) VALUES (?, NULL, ?)"
            " ON CONFLICT (contact) DO UPDATE SET key = NULL, erased_at = excluded.erased_at WHERE key IS NOT NULL",
            (contact, now().isoformat()),
        )
        for table in _OF_A_CONTACT:
            connection.execute(f"DELETE FROM {table} WHERE contact = ?", (contact,))
        if position is not None:
            connection.execute(_SAVE_POSITION, (position,))
    empty_log(state)


def empty_log(state: StateDb) -> None:
    """Have the write-ahead log start anew, which still has the pages with keys as they were before.

    Where another process reads them too long, the next erasure does it, or the worker at its next look.
    """
    if not state.empty_log():
        _log.warning(
            "a key that was deleted or wrapped anew stays in the write-ahead log for now", file=str(state.path)
        )


def open_vault(settings: Settings, state: StateDb | None = None) -> Vault:
    """The vault of this installation."""
    return Vault(state or StateDb(settings.state_db("identity")), secret(settings), wrapper(settings))
