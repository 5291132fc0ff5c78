"""What may be asked of licensing: staff decide which features are licensed."""

from __future__ import annotations

from dataclasses import dataclass

from chassis.messages import Command


@dataclass(frozen=True, slots=True)
class GrantFeature(Command):
    """License a feature for one company, or for all with "*"."""

    actor: str
    feature: str
    for_company: str


@dataclass(frozen=True, slots=True)
class WithdrawFeature(Command):
    """Take a feature's licence back."""

    actor: str
    feature: str
    for_company: str
