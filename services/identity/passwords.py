"""Passwords: what one must be, and argon2 on threads of its own. Hashes live in the state database alone."""

from __future__ import annotations

import asyncio
import functools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.identity.errors import WeakPassword

SHORTEST = 10
LONGEST = 200
_HASHER = PasswordHasher()
# A hash takes a core for a tenth of a second and 64 MiB: more at once would only be slower and bigger.
_THREADS = ThreadPoolExecutor(2, "argon2")


@functools.cache
def _well_known() -> frozenset[str]:
    return frozenset(Path(__file__).with_name("known_passwords.txt").read_text().split())


def refuse_weak(password: str, email: str) -> None:
    """Raise WeakPassword, saying which rule is broken."""
    if len(password) < SHORTEST:
        raise WeakPassword(f"Please choose a password of at least {SHORTEST} characters.")
    if len(password) > LONGEST:
        raise WeakPassword(f"Please choose a password of at most {LONGEST} characters.")
    folded = password.casefold()
    if folded.strip() == email.casefold():
        raise WeakPassword("Your e-mail address is no password. Please choose another.")
    if folded in _well_known() or len(set(folded)) < 4:
        raise WeakPassword("This password is one that attackers try first. Please choose another.")


async def hashed(password: str) -> str:
    """The argon2 hash, made on a real thread."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _HASHER.hash, password)


async def verified(known_hash: str | None, password: str) -> bool:
    """Whether the password is the one that was hashed; takes as long when there is none."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _verify, known_hash, password)


def is_outdated(known_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(known_hash)


@functools.cache
def _nobodys_hash() -> str:
    return _HASHER.hash("the password of nobody")


def _verify(known_hash: str | None, password: str) -> bool:
    try:
        right = _HASHER.verify(known_hash or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return right and known_hash is not None
