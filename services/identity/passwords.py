"""Passwords: what one must be; argon2 in a process of its own (hashing.py). Hashes are in the state database alone."""

from __future__ import annotations

import asyncio
import functools
import json
import os
import re
import signal
import sys
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, BinaryIO

from argon2 import PasswordHasher

from chassis.errors import Unavailable
from chassis.sentences import sentence
from services.identity import hashing
from services.identity.errors import WeakPassword

SHORTEST = 12
"""Of a new password; those that are there already go on."""
LONGEST = 128
LONGEST_TRIED = 200
"""What is looked at of one that somebody logs in with: older ones may be so long."""
_FEWEST_GUESSES = 10**9
"""What attackers who know common passwords, words and habits need fewer tries for is refused."""
_OWN_LEAVES = 8  # letters and digits besides one's own name and company
_SPACES = re.compile(" {2,}")
_WORDS = re.compile(r"[\W_]+")
_HASHER = PasswordHasher(time_cost=2, memory_cost=47104, parallelism=1)
"""Twice what OWASP asks for at least. Lanes would take more cores at once for the same work."""


class _Helper:
    """A process that hashes, for one thread: started when it is first asked, and anew when it is gone."""

    _ALONE = (sys.executable, "-I", hashing.__file__)
    # What malloc took for a hash it keeps for the next: new pages each time cost a fifth of it.
    _KEEPS = {"MALLOC_MMAP_THRESHOLD_": str(2**30), "MALLOC_TRIM_THRESHOLD_": str(2**30)}

    def __init__(self) -> None:
        self._pipes: tuple[BinaryIO, BinaryIO] | None = None

    def ask(self, **asked: Any) -> Any:
        """What hashing.answer says. Raises Unavailable."""
        line = json.dumps(asked).encode() + b"\n"
        for _ in range(2):
            to, back = self._pipes = self._pipes or self._start()
            try:
                to.write(line)
                to.flush()
                said = back.readline()
            except BrokenPipeError:
                said = b""
            if said:
                return json.loads(said)
            self._end()
        raise Unavailable("Passwords cannot be checked at this moment. Please try again.")

    def _start(self) -> tuple[BinaryIO, BinaryIO]:
        # Files and spawn of the system's own: those of eventlet's green modules belong on the hub.
        (reads, to), (back, writes) = os.pipe(), os.pipe()
        kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
        onto = [(os.POSIX_SPAWN_DUP2, reads, 0), (os.POSIX_SPAWN_DUP2, writes, 1)]
        self._pid = os.posix_spawn(sys.executable, self._ALONE, {**kept, **self._KEEPS}, file_actions=onto)
        os.close(reads)
        os.close(writes)
        return open(to, "wb"), open(back, "rb")

    def _end(self) -> None:
        assert self._pipes is not None
        for pipe in self._pipes:
            with suppress(OSError):
                pipe.close()
        self._pipes = None
        os.kill(self._pid, signal.SIGKILL)
        os.waitid(os.P_PID, self._pid, os.WEXITED)


_ours = threading.local()
# A hash takes a core for a while. Every second one is left to everybody else, and all others wait their turn.
_THREADS = ThreadPoolExecutor(max(1, (os.cpu_count() or 1) // 2), "argon2")


def _ask(**asked: Any) -> Any:
    if not hasattr(_ours, "helper"):
        _ours.helper = _Helper()
    return _ours.helper.ask(**asked)


async def weighed(password: str, own: Iterable[str]) -> None:
    """`refuse_weak` off the hub: a long password takes a core for some hundredths of a second."""
    await asyncio.get_running_loop().run_in_executor(_THREADS, refuse_weak, password, tuple(own))


def refuse_weak(password: str, own: Iterable[str]) -> None:
    """Raise WeakPassword, saying why. `own` are texts that anybody may know: name, address, company, portal."""
    if len(_SPACES.sub(" ", password)) < SHORTEST:
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
    return int(_ask(do="guesses", password=password, words=words))


async def hashed(password: str) -> str:
    """The argon2 hash. Raises Unavailable, as all that asks the process that hashes."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _hash, password)


async def verified(known_hash: str | None, password: str) -> bool:
    """Whether the password is the one that was hashed; takes as long when there is none."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _verify, known_hash, password)


def is_outdated(known_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(known_hash)


@functools.cache
def _nobodys_hash() -> str:
    return _hash("the password of nobody")


def _hash(password: str) -> str:
    cost = [_HASHER.time_cost, _HASHER.memory_cost, _HASHER.parallelism]
    return str(_ask(do="hash", password=password, cost=cost))


def _verify(known_hash: str | None, password: str) -> bool:
    right = _ask(do="verify", hash=known_hash or _nobodys_hash(), password=password)
    return bool(right) and known_hash is not None
