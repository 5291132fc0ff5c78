"""Passwords: what one must be, and argon2 on threads of its own. Hashes live in the state database alone."""

from __future__ import annotations

import asyncio
import functools
import os
import re
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from chassis.sentences import sentence
from services.identity.errors import WeakPassword

SHORTEST = 12
"""Of a new password; those that are there already go on."""
LONGEST = 200
_FEWEST_GUESSES = 10**9
"""What attackers who know common passwords, words and habits need fewer tries for is refused."""
_LOOKED_AT = 100  # characters: what comes after makes a password no worse
_OWN_LEAVES = 8  # letters and digits besides one's own name and company
_WORDS = re.compile(r"[\W_]+")
_HASHER = PasswordHasher()
# A hash takes a core for a tenth of a second and 64 MiB: more at once would only be slower and bigger.
_NICE = 10


def _politely() -> None:
    """Let whoever asks for less go first: hashing gets what the hub leaves, a tenth of a share where that is little.

    On Linux each thread has a priority of its own, which those it starts (argon2's lanes) take over.
    """
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)


_THREADS = ThreadPoolExecutor(2, "argon2", _politely)


async def weighed(password: str, own: Iterable[str]) -> None:
    """`refuse_weak` on a real thread: a long password takes a core for some hundredths of a second."""
    await asyncio.get_running_loop().run_in_executor(_THREADS, refuse_weak, password, tuple(own))


def refuse_weak(password: str, own: Iterable[str]) -> None:
    """Raise WeakPassword, saying why. `own` are texts that anybody may know: name, address, company, portal."""
    if len(password) < SHORTEST:
        raise WeakPassword(sentence("Please choose a password of at least %(least)s characters.", least=SHORTEST))
    if len(password) > LONGEST:
        raise WeakPassword(sentence("Please choose a password of at most %(most)s characters.", most=LONGEST))
    words = sorted({word for text in own for word in _WORDS.split(text.casefold()) if len(word) > 2}, key=len)
    folded = rest = password.casefold()
    for word in reversed(words):
        rest = rest.replace(word, " ")
    if rest != folded and sum(character.isalnum() for character in rest) < _OWN_LEAVES:
        raise WeakPassword(
            "This password is little more than your name, your address, your company or the portal's name."
            " Please choose another; a few words that have nothing to do with each other are good."
        )
    if _guesses(folded, words) < _FEWEST_GUESSES:
        raise WeakPassword(
            "This password is one that attackers try first. Please choose another; a few words that have nothing to do"
            " with each other are good."
        )


def _guesses(password: str, words: list[str]) -> int:
    from zxcvbn import zxcvbn  # its lists take a moment and some memory: for the process that judges alone

    return int(zxcvbn(password[:_LOOKED_AT], user_inputs=words, max_length=_LOOKED_AT)["guesses"])


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
