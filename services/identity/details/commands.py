"""What may be asked about a person's details, and about what staff are there for."""

from __future__ import annotations

from dataclasses import dataclass

from chassis.messages import Command


@dataclass(frozen=True, slots=True)
class CorrectContact(Command):
    """An admin puts a contact's details right, whole; "" for a phone or language there is none of."""

    contact_id: str
    name: str
    email: str
    phone: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class CorrectOwnDetails(Command):
    """The actor puts their own name and phone right. The address is an admin's to change."""

    actor: str
    name: str
    phone: str = ""


@dataclass(frozen=True, slots=True)
class SetStaffRoles(Command):
    """The machine's operator says what a member of staff is there for, whole."""

    contact_id: str
    staff_roles: tuple[str, ...]
