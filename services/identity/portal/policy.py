"""How people may come in: the sign-in policy of the portal and of companies with one of their own. Pure.

A policy is a setting of the portal like others, `sign_in/*` for everybody and `sign_in/<company>`; its value is JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from chassis.errors import Refused
from chassis.messages import ALL_COMPANIES
from chassis.sentences import joined, sentence

SIGN_IN = "sign_in/"
SIGN_IN_WAYS = ("password", "passkey", "sso")
"""By password (and what is asked behind it), by a passkey alone, by a provider's word."""
LONGEST_IDLE, LONGEST_SESSION = 7 * 24 * 60, 90 * 24


@dataclass(frozen=True, slots=True)
class Policy:
    """The ways that are open, whether a password alone is enough, and how long sessions last at most; 0: as the
    installation has it. Staff come in by any way, whatever `ways` says: nobody else could put it right.
    """

    ways: tuple[str, ...] = SIGN_IN_WAYS
    factor: bool = False
    idle_minutes: int = 0
    longest_hours: int = 0

    def admits(self, way: str, staff: bool) -> bool:
        """Whether somebody who came in this way ("password", "app", "passkey", "sso" …) need do nothing more."""
        return self.takes(way, staff) and not (self.factor and way == "password")

    def takes(self, way: str, staff: bool) -> bool:
        """Whether this way is open."""
        return staff or (way if way in ("passkey", "sso") else "password") in self.ways


AS_INSTALLED = Policy()


class WayClosed(Refused):
    """The company's people come in by another way."""

    http = 403

    def __init__(self, ways: Iterable[str]) -> None:
        names = {
            "password": sentence("with a password"),
            "passkey": sentence("with a passkey"),
            "sso": sentence("by single sign-on"),
        }
        said = joined(" / ", [names[way] for way in SIGN_IN_WAYS if way in ways])
        super().__init__(sentence("Your company logs in %(ways)s. Please use that way on the log-in page.", ways=said))


def policy_of(settings: Mapping[str, str], company: str) -> Policy:
    """The policy that holds for a company (for staff: of the portal), by the settings that there are."""
    text = settings.get(f"{SIGN_IN}{company}") or settings.get(f"{SIGN_IN}{ALL_COMPANIES}")
    return read(text) if text else AS_INSTALLED


def read(text: str) -> Policy:
    """A policy from its text; ValueError, TypeError or KeyError where it is none."""
    data: dict[str, Any] = json.loads(text)
    return Policy(tuple(data["ways"]), data["factor"], data["idle_minutes"], data["longest_hours"])


def written(policy: Policy) -> str:
    """The policy as the setting has it: the same policy is the same text."""
    ways = [way for way in SIGN_IN_WAYS if way in policy.ways]
    return json.dumps({**asdict(policy), "ways": ways}, sort_keys=True, separators=(",", ":"))


def fault(text: str) -> str:
    """Why this is no policy; "" when it is one."""
    try:
        policy = read(text)
        known = all(way in SIGN_IN_WAYS for way in policy.ways) and isinstance(policy.factor, bool)
        whole = all(type(one) is int for one in (policy.idle_minutes, policy.longest_hours))
    except (ValueError, TypeError, KeyError):
        known = whole = False
    if not known or not whole:
        return "This is no sign-in policy."
    if not {"password", "sso"}.intersection(policy.ways):
        return "Leave password or single sign-on open: a passkey can be added only by who has come in before."
    if policy.idle_minutes and not 5 <= policy.idle_minutes <= LONGEST_IDLE:
        return "A session ends after 5 minutes without use at the earliest, after a week at the latest."
    if policy.longest_hours and not 1 <= policy.longest_hours <= LONGEST_SESSION:
        return "A session lasts an hour at least, 90 days at most."
    return ""
