"""What is decided about second factors. Secrets and codes are none of the events' business."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from chassis.messages import Event
from services.identity.commands import LiftSignInLock
from services.identity.domain import Contact, refuse_unusable
from services.identity.errors import NotForStaff
from services.identity.events import SignInLockLifted, SingleSignOnLinked
from services.identity.factors.events import (
    PasskeyAdded,
    PasskeyRemoved,
    RecoveryCodesMade,
    RecoveryCodeUsed,
    SecondFactorDisabled,
    SecondFactorEnabled,
)

RECOVERY_CODES = 10
MOST_PASSKEYS = 10
HALF_HOLDS = timedelta(minutes=10)
"""How long each further step of a sign-in may take."""


def decide_enable(state: Contact) -> list[Event]:
    """A code was shown to be right: from now on one is asked for, and recovery codes are there."""
    refuse_unusable(state)
    return [SecondFactorEnabled(state.contact, state.company), *decide_codes(state)]


def decide_codes(state: Contact) -> list[Event]:
    """New recovery codes hold, older ones do not."""
    refuse_unusable(state)
    return [RecoveryCodesMade(state.contact, state.company, RECOVERY_CODES)]


def decide_code_used(state: Contact, left: int) -> list[Event]:
    """A recovery code let the contact in; `left` are there still."""
    return [RecoveryCodeUsed(state.contact, state.company, left)]


def decide_disable(state: Contact, disabled_by: str) -> list[Event]:
    """The password alone lets the contact in again."""
    return [] if state.erased else [SecondFactorDisabled(state.contact, state.company, disabled_by)]


def decide_passkey_added(state: Contact, passkey: str) -> list[Event]:
    """The passkey lets the contact in."""
    refuse_unusable(state)
    return [PasskeyAdded(state.contact, state.company, passkey)]


def decide_first_passkey(state: Contact, passkey: str) -> list[Event]:
    """The contact's first second factor: recovery codes come with it."""
    return [*decide_passkey_added(state, passkey), *decide_codes(state)]


def decide_passkey_removed(state: Contact, passkey: str) -> list[Event]:
    """The contact took the passkey away."""
    return [] if state.erased else [PasskeyRemoved(state.contact, state.company, passkey, state.contact)]


def decide_remove_all(state: Contact, app: bool, passkeys: Sequence[str], removed_by: str) -> list[Event]:
    """An admin took away all that the contact has besides the password."""
    if state.erased:
        return []
    keys: list[Event] = [PasskeyRemoved(state.contact, state.company, one, removed_by) for one in passkeys]
    return [*decide_disable(state, removed_by), *keys] if app else keys


def decide_lift_lock(state: Contact, command: LiftSignInLock, now: datetime) -> list[Event]:
    """Wrong tries of before count no longer; counting is the gateway's."""
    if state.staff_roles:
        raise NotForStaff
    refuse_unusable(state)
    return [SignInLockLifted(state.contact, state.company)]


def decide_linked(state: Contact, provider: str) -> list[Event]:
    """The contact may come by this provider's word."""
    refuse_unusable(state)
    return [SingleSignOnLinked(state.contact, state.company, provider)]
