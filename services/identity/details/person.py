"""What is known of a person, from the ERP and from who put it right: field by field. Pure, but for the opening."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, field, replace
from typing import TYPE_CHECKING

from services.identity.details.events import ContactCorrected
from services.identity.vault import Person, Vault

if TYPE_CHECKING:
    from services.identity.domain import Contact


@dataclass(frozen=True, slots=True)
class Details:
    """What was put right, sealed: `corrected` "" for nothing, else with what the ERP had told at that moment, `told`.

    `former` has, by the address a contact moved to, the person with the one before.
    """

    corrected: str = ""
    told: str = ""
    former: Mapping[str, str] = field(default_factory=dict)

    def after(self, event: ContactCorrected, told: str) -> Details:
        """The details after one more correction."""
        former = {**self.former, event.login: event.former} if event.former else self.former
        return replace(self, corrected=event.personal, told=told, former=former)


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
    details = contact.details
    return opened(vault, contact.contact, contact.personal, details.told, details.corrected)


def former_of(vault: Vault, contact: Contact, login: str) -> Person:
    """The contact with the address it had before it signed in by `login`; ERASED when the key is gone."""
    return vault.open(contact.contact, contact.details.former.get(login, ""))
