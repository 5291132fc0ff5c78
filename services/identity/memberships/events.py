"""What happened to a contact's standing in a company."""

from __future__ import annotations

from dataclasses import dataclass

from chassis.messages import Event


@dataclass(frozen=True, slots=True)
class DelegationSet(Event):
    """What an admin of the company may hand out (None: what they have), and whether they may make others admins."""

    contact: str
    company: str
    permissions: tuple[str, ...] | None
    appoints: bool


ALL = (DelegationSet,)
