"""The key-encryption keys: contacts' keys stand in the state database only wrapped by one of them.

`PORTICO_IDENTITY_MASTER_KEY`, or the file that `PORTICO_IDENTITY_MASTER_KEY_FILE` names, has one or more, with spaces
or line ends between: the first wraps, all unwrap. Without either, one is made beside the database at the first start.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.config import BadSetting, Settings, secret

SETTING = "PORTICO_IDENTITY_MASTER_KEY"
SHORTEST = 32
_PLAIN = 32
"""Bytes of a key as releases before this one kept it."""
_ID, _NONCE = 8, 12


class Wrapper:
    """Wraps contacts' keys by the first of its own, and unwraps them by any."""

    def __init__(self, texts: tuple[str, ...]) -> None:
        if not texts or any(len(text) < SHORTEST for text in texts):
            raise BadSetting(f"{SETTING} cannot be used: a key has at least {SHORTEST} characters.")
        keys = [hmac.digest(text.encode(), b"portico contact keys", "sha256") for text in texts]
        self._keys = {hashlib.sha256(key).digest()[:_ID]: key for key in keys}
        self._first = next(iter(self._keys))

    def wrap(self, contact: str, key: bytes) -> bytes:
        """What is kept of a contact's key."""
        nonce = secrets.token_bytes(_NONCE)
        return self._first + nonce + AESGCM(self._keys[self._first]).encrypt(nonce, key, _bound(contact))

    def unwrap(self, contact: str, kept: bytes) -> bytes:
        """The contact's key. Raises BadSetting where the key that wrapped it is not among ours."""
        if len(kept) == _PLAIN:
            return kept
        mine = self._keys.get(kept[:_ID])
        if mine is None:
            raise BadSetting(
                f"Contacts' keys are wrapped by a key that {SETTING} does not have (it begins with {kept[:2].hex()} as"
                " `portico rewrap` tells it). Put that one back, behind the others."
            )
        return AESGCM(mine).decrypt(kept[_ID : _ID + _NONCE], kept[_ID + _NONCE :], _bound(contact))

    def is_newest(self, kept: bytes) -> bool:
        """Whether the first of the keys wrapped it."""
        return len(kept) != _PLAIN and kept[:_ID] == self._first

    def mark(self) -> str:
        """By what the first of the keys is recognised; says nothing of it."""
        return self._first[:2].hex()


def _bound(contact: str) -> bytes:
    return f"contact key/{contact}".encode()


def wrapper(settings: Settings) -> Wrapper:
    """This installation's, read once; the key is made at first use where none is named. Raises BadSetting."""
    named = _named(os.environ.get(SETTING, ""), os.environ.get(f"{SETTING}_FILE", ""))
    return named or _kept(settings.folder("identity") / "master.key")


@functools.cache
def _named(given: str, file: str) -> Wrapper | None:
    text = secret({SETTING: given, f"{SETTING}_FILE": file}, SETTING)
    return Wrapper(tuple(text.split())) if text else None


@functools.cache
def _kept(path: Path) -> Wrapper:
    if not path.exists():
        make_private(path, secrets.token_urlsafe(48).encode())
    try:
        return Wrapper(tuple(path.read_text(encoding="utf-8").split()))
    except OSError as error:
        raise BadSetting(
            f"The key file {path} cannot be read ({error.strerror}). Restore it from the backup."
        ) from None


def make_private(path: Path, content: bytes) -> None:
    """A file for its owner's eyes, written whole under another name first: several processes may be the first."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink(missing_ok=True)
