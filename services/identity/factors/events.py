"""What happened to the ways a contact signs in, besides passwords. Stored for ever, as events.py has it."""

from __future__ import annotations

from dataclasses import dataclass

from chassis.messages import Event


@dataclass(frozen=True, slots=True)
class SecondFactorEnabled(Event):
    """The contact set up an authenticator app: its code is asked for besides the password."""

    contact: str
    company: str


@dataclass(frozen=True, slots=True)
class SecondFactorDisabled(Event):
    """The password alone lets the contact in again; `disabled_by` is the contact or an admin."""

    contact: str
    company: str
    disabled_by: str


@dataclass(frozen=True, slots=True)
class RecoveryCodesMade(Event):
    """So many recovery codes hold from now on, and none of before."""

    contact: str
    company: str
    count: int


@dataclass(frozen=True, slots=True)
class RecoveryCodeUsed(Event):
    """The contact signed in with a recovery code, which does not hold any more; `left` are there still."""

    contact: str
    company: str
    left: int


@dataclass(frozen=True, slots=True)
class PasskeyAdded(Event):
    """The contact can sign in by this passkey, alone or after the password. `passkey` is a hash of its public id."""

    contact: str
    company: str
    passkey: str


@dataclass(frozen=True, slots=True)
class PasskeyRemoved(Event):
    """The passkey lets nobody in any more; `removed_by` is the contact or an admin."""

    contact: str
    company: str
    passkey: str
    removed_by: str


ALL = (
    SecondFactorEnabled,
    SecondFactorDisabled,
    RecoveryCodesMade,
    RecoveryCodeUsed,
    PasskeyAdded,
    PasskeyRemoved,
)
