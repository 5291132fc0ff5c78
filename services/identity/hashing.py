"""The process that hashes and judges passwords for identity's: started as a script, asked by lines on its pipes.

It is a process, not a thread, for three things that threads of one process share, and which made others wait: Python's
lock, which a thread of low priority may hold when it is put aside; the map of memory, locked while a hash's pages come
and go; and the pages themselves, which this process keeps. Started by `passwords.py`, in which passwords arrive.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterable
from typing import Any

NICE = 15
"""A thirtieth of a share of a core that others want, too: one log-in is then a matter of a second, not of ten."""
LOOKED_AT = 100  # characters: what comes after makes a password no worse


def answer(asked: dict[str, Any]) -> Any:
    """The hash of a password by a cost (passes, KiB, lanes); whether it is that of a hash; how many tries find it."""
    match asked["do"]:
        case "hash":
            return _hasher(asked["cost"]).hash(asked["password"])
        case "verify":
            return _is_it(asked["hash"], asked["password"])
        case _:
            return _guesses(asked["password"], asked["words"])


def _hasher(cost: list[int]) -> Any:
    from argon2 import PasswordHasher

    passes, memory, lanes = cost
    return PasswordHasher(time_cost=passes, memory_cost=memory, parallelism=lanes)


def _is_it(known: str, password: str) -> bool:
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return PasswordHasher().verify(known, password)
    except (VerificationError, InvalidHashError):
        return False


def _guesses(password: str, words: Iterable[str]) -> int:
    from zxcvbn import zxcvbn  # its lists take a moment and some memory

    return int(zxcvbn(password[:LOOKED_AT], user_inputs=list(words), max_length=LOOKED_AT)["guesses"])


def main() -> None:
    """Answer one line after the other until whoever asks is gone."""
    # It ends with who asks, whose pipe then closes; a signal to both is meant for that one.
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, signal.SIG_IGN)
    os.nice(NICE)
    for line in sys.stdin.buffer:
        sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
