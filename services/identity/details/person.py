"""What is known of a person, from the ERP and from who put it right: field by field. Pure, but for the opening."""

from __future__ import annotations

from dataclasses import astuple

from services.identity.domain import Contact
from services.identity.vault import Person, Vault


def merged(now: Person, then: Person, corrected: Person) -> Person:
    """Each field as it was corrected, unless the ERP, which told `then` at that moment, tells another one `now`."""
    fields = zip(astuple(now), astuple(then), astuple(corrected), strict=True)
    return Person(*(told if told != before else right for told, before, right in fields))


def opened(vault: Vault, contact: str, now: str, then: str, corrected: str) -> Person:
    """The same of what is sealed; `corrected` "" where nothing was."""
    told = vault.open(contact, now)
    return merged(told, vault.open(contact, then), vault.open(contact, corrected)) if corrected else told


def person_of(vault: Vault, contact: Contact) -> Person:
    """Who the contact is; ERASED when its key is gone. Blocks."""
    return opened(vault, contact.contact, contact.personal, contact.told_then, contact.corrected)


def former_of(vault: Vault, contact: Contact, login: str) -> Person:
    """The contact with the address it had before it signed in by `login`; ERASED when the key is gone."""
    return vault.open(contact.contact, contact.former_addresses.get(login, ""))
