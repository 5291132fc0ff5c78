"""Failed log-ins make the next try wait: per account and per address, longer each time."""

from __future__ import annotations

import hashlib
import hmac
import math
import time
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network

from chassis.statedb import StateDb

_FREE_TRIES = {"account": 5, "address": 20}
_FIRST_WAIT, _LONGEST_WAIT, _FORGET_AFTER = 60, 3600, 86400


class Throttle:
    """Counters kept by a keyed hash of the address tried, so the table names nobody."""

    def __init__(self, state: StateDb, secret: str, clock: Callable[[], float] = time.time) -> None:
        self._state = state
        self._secret = secret.encode()
        self._clock = clock

    def _key(self, kind: str, value: str) -> bytes:
        value = _network(value) if kind == "address" else value
        return hmac.new(self._secret, f"{kind}/{value.strip().casefold()}".encode(), hashlib.sha256).digest()

    def begin(self, email: str, address: str) -> int:
        """Count a try before it is made, so that many at once cannot slip by; the seconds to wait, 0 to go on."""
        now = int(self._clock())
        keys = {kind: self._key(kind, value) for kind, value in (("account", email), ("address", address))}
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

    def succeeded(self, email: str, address: str) -> None:
        """Forget the account's failures and take this try off the address's."""
        with self._state.transaction() as db:
            db.execute("DELETE FROM throttle WHERE key = ?", (self._key("account", email),))
            db.execute(
                "UPDATE throttle SET failures = failures - 1, wait_until = 0 WHERE key = ? AND failures > 0",
                (self._key("address", address),),
            )

    def waits(self, account: str) -> int:
        """The seconds until the next try with this account is looked at, 0 when it is at once."""
        row = self._state.row("SELECT wait_until FROM throttle WHERE key = ?", self._key("account", account))
        return max(0, row["wait_until"] - int(self._clock())) if row else 0

    def lift(self, *accounts: str) -> None:
        """Forget the failures of these accounts; what was counted for an address stays."""
        with self._state.transaction() as db:
            db.executemany("DELETE FROM throttle WHERE key = ?", [(self._key("account", one),) for one in accounts])

    def not_tried(self, email: str, address: str) -> None:
        """Take a counted try back: the service that checks passwords did not answer."""
        with self._state.transaction() as db:
            for key in (self._key("account", email), self._key("address", address)):
                db.execute(
                    "UPDATE throttle SET failures = failures - 1, wait_until = 0 WHERE key = ? AND failures > 0", (key,)
                )


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
