"""In which language a contact is written to: one decision. Pure."""

from __future__ import annotations

from datetime import datetime

from chassis.messages import Event
from services.identity.commands import ChooseLanguage
from services.identity.domain import Contact, refuse_unusable
from services.identity.events import LanguageChosen


def decide_choose(state: Contact, command: ChooseLanguage, now: datetime) -> list[Event]:
    """The contact's language, whatever the ERP says later; nothing when it was chosen already."""
    refuse_unusable(state)
    if command.language == state.chosen_language:
        return []
    return [LanguageChosen(state.contact, state.company, command.language)]
