"""What corrections and new addresses make of a contact. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from services.identity.details.events import ContactCorrected

if TYPE_CHECKING:
    from services.identity.domain import Contact


def corrected(state: Contact, event: ContactCorrected) -> Contact:
    """The contact after a correction. A language that was set holds against the ERP's."""
    said = replace(state, details=state.details.after(event, state.personal))
    if event.language != state.language:
        said = replace(said, language=event.language, chosen_language=event.language)
    if event.login == state.login:
        return said
    return replace(with_login(said, event.login), invited_until=None)  # no mail makes a link that ended valid again


def with_login(state: Contact, login: str) -> Contact:
    """The contact as it signs in with this address; the one before is to be freed."""
    former = state.former_login if login == state.login else state.login
    return replace(state, login=login, former_login=former)
