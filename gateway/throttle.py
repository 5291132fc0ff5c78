"""Failed log-ins make the next try wait: per account and per address, longer each time.

A browser that an account was signed in with before is counted by itself (device cookies): wrong passwords of strangers
do not make its owner wait, and its own make nobody else.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
import sqlite3
import time
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network

from chassis.statedb import StateDb

_FREE_TRIES = {"account": 5, "address": 20, "device": 5}
_FIRST_WAIT, _LONGEST_WAIT, _FORGET_AFTER = 60, 3600, 86400
_HALF = 16  # bytes of a key that are the account's own: its devices' keys begin with them
_MOST_DEVICES = 4  # accounts of one browser


class Throttle:
    """Counters kept by a keyed hash of the address tried, so the table names nobody."""

    def __init__(self, state: StateDb, secret: str, clock: Callable[[], float] = time.time) -> None:
        self._state = state
        self._secret = secret.encode()
        self._clock = clock

    def begin(self, email: str, address: str, known: str = "") -> int:
        """Count a try before it is made, so that many at once cannot slip by; the seconds to wait, 0 to go on.

        `known` is what the browser keeps of `recognise`: where it names this account, it alone is counted.
        """
        now = int(self._clock())
        keys = self._keys(email, address, known)
        with self._state.transaction() as db:
            found = {
                kind: db.execute("SELECT failures, last_at, wait_until FROM throttle WHERE key = ?", (key,)).fetchone()
                for kind, key in keys.items()
            }
            wait = max((row["wait_until"] - now for row in found.values() if row), default=0)
            if wait > 0:
                return wait
            db.execute("DELETE FROM throttle WHERE last_at < ?", (now - _FORGET_AFTER,))
            for kind, key in keys.items():
                row = found[kind]
                failures = (row["failures"] if row and row["last_at"] >= now - _FORGET_AFTER else 0) + 1
                over = failures - _FREE_TRIES[kind]
                until = now + min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(over, 10)) if over >= 0 else 0
                db.execute(
                    "INSERT INTO throttle (key, failures, last_at, wait_until) VALUES (?, ?, ?, ?)"
                    " ON CONFLICT (key) DO UPDATE SET failures = excluded.failures,"
                    " last_at = excluded.last_at, wait_until = excluded.wait_until",
                    (key, failures, now, until),
                )
        return 0

    def succeeded(self, email: str, address: str, known: str = "") -> None:
        """Forget the failures of the account, or of the browser that was counted instead; take this try off the
        address's.
        """
        keys = self._keys(email, address, known)
        with self._state.transaction() as db:
            for kind, key in keys.items():
                if kind == "address":
                    self._take_back(db, key)
                else:
                    db.execute("DELETE FROM throttle WHERE key = ?", (key,))

    def waits(self, account: str) -> int:
        """The seconds until the next try with this account is looked at, where it waits longest; 0: at once."""
        sql = "SELECT MAX(wait_until) AS until FROM throttle WHERE key BETWEEN ? AND ?"
        row = self._state.row(sql, *_all_of(self._account(account)))
        return max(0, (row["until"] or 0) - int(self._clock())) if row else 0

    def lift(self, *accounts: str) -> None:
        """Forget the failures of these accounts and of their browsers; what was counted for an address stays."""
        with self._state.transaction() as db:
            for one in accounts:
                db.execute("DELETE FROM throttle WHERE key BETWEEN ? AND ?", _all_of(self._account(one)))

    def not_tried(self, email: str, address: str, known: str = "") -> None:
        """Take a counted try back: the service that checks passwords did not answer."""
        with self._state.transaction() as db:
            for key in self._keys(email, address, known).values():
                self._take_back(db, key)

    def recognise(self, email: str, known: str) -> str:
        """What a browser is to keep in which this account was signed in, with what it kept (`known`) of others."""
        if self._device(email, known):
            return known
        nonce = secrets.token_urlsafe(16)
        others = [one for one in known.split("~") if one]
        return "~".join([f"{nonce}.{self._mark(email, nonce)}", *others][:_MOST_DEVICES])

    def _take_back(self, db: sqlite3.Connection, key: bytes) -> None:
        db.execute("UPDATE throttle SET failures = failures - 1, wait_until = 0 WHERE key = ? AND failures > 0", (key,))

    def _keys(self, email: str, address: str, known: str) -> dict[str, bytes]:
        nonce = self._device(email, known)
        account = self._account(email)
        if nonce:
            return {"device": account + self._hash(f"device/{nonce}")[:_HALF]}
        return {"account": account + bytes(_HALF), "address": self._hash(f"address/{_network(address)}")}

    def _device(self, email: str, known: str) -> str:
        """The nonce by which this browser is known as one of the account's; "" when it is not."""
        for one in known.split("~")[:_MOST_DEVICES]:
            nonce, _dot, mark = one.partition(".")
            if nonce and hmac.compare_digest(mark.encode(), self._mark(email, nonce).encode()):
                return nonce
        return ""

    def _mark(self, email: str, nonce: str) -> str:
        return self._hash(f"known/{nonce}/{_plain(email)}").hex()

    def _account(self, email: str) -> bytes:
        return self._hash(f"account/{_plain(email)}")[:_HALF]

    def _hash(self, text: str) -> bytes:
        return hmac.new(self._secret, text.encode(), hashlib.sha256).digest()


def _plain(email: str) -> str:
    return email.strip().casefold()


def _all_of(account: bytes) -> tuple[bytes, bytes]:
    """The first and the last key that begin with an account's half."""
    return account + bytes(_HALF), account + b"\xff" * _HALF


def _network(address: str) -> str:
    """Whoever has one address of IPv6 has its whole /64 to try from; an IPv4 address stands for itself."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(ip_network(f"{address}/64", strict=False))
    return str(getattr(found, "ipv4_mapped", None) or found)


def minutes(seconds: int) -> int:
    """Whole minutes to say, never less than one."""
    return max(1, math.ceil(seconds / 60))
