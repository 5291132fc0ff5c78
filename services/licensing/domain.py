"""Which features of the portal are licensed for one company, or for the whole installation ("*")."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chassis.messages import Event
from services.licensing.commands import GrantFeature, WithdrawFeature
from services.licensing.errors import NeedsOrderPad, OrderPadInUse
from services.licensing.events import FeatureGranted, FeatureWithdrawn

ORDER_PAD = "order_pad"
MARKETPLACE = "marketplace"
FEATURES = (ORDER_PAD, MARKETPLACE)


@dataclass(frozen=True, slots=True)
class Features:
    """The features licensed under one stream."""

    licensed: frozenset[str] = frozenset()


def evolve(state: Features, event: Event) -> Features:
    """The licensed features after the event."""
    match event:
        case FeatureGranted():
            return Features(state.licensed | {event.feature})
        case FeatureWithdrawn():
            return Features(state.licensed - {event.feature})
        case _:
            return state


def decide_grant(state: Features, command: GrantFeature, now: datetime) -> list[Event]:
    """The licence; nothing when it is there already."""
    if command.feature in state.licensed:
        return []
    if command.feature == MARKETPLACE and ORDER_PAD not in state.licensed:
        raise NeedsOrderPad
    return [FeatureGranted(command.feature, command.for_company, command.actor)]


def decide_withdraw(state: Features, command: WithdrawFeature, now: datetime) -> list[Event]:
    """Its end; nothing when it was not there."""
    if command.feature not in state.licensed:
        return []
    if command.feature == ORDER_PAD and MARKETPLACE in state.licensed:
        raise OrderPadInUse
    return [FeatureWithdrawn(command.feature, command.for_company, command.actor)]
