"""What was put right about a person. No value stands in clear in any of these."""

from __future__ import annotations

from dataclasses import dataclass

from chassis.messages import Event


@dataclass(frozen=True, slots=True)
class ContactCorrected(Event):
    """The contact's details from now on, whole: `personal` and, where the address is another, the `former` one, sealed.

    `login` is the address it signs in with from now on, "" for one that does not sign in yet.
    """

    contact: str
    company: str
    personal: str
    language: str
    login: str
    former: str


@dataclass(frozen=True, slots=True)
class SignInAddressChanged(Event):
    """The contact, who has a password, signs in with another address, whose keyed hash is `login`."""

    contact: str
    company: str
    login: str


@dataclass(frozen=True, slots=True)
class StaffRolesSet(Event):
    """What a member of staff is there for from now on, whole."""

    contact: str
    company: str
    staff_roles: tuple[str, ...]


ALL = (ContactCorrected, SignInAddressChanged, StaffRolesSet)
