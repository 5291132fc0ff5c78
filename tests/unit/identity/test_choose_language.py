"""ChooseLanguage: what a contact chose holds against what the ERP says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from marshmallow import ValidationError

from services.identity import domain
from services.identity.commands import ChooseLanguage
from services.identity.errors import ContactInactive
from services.identity.events import ContactRecorded, LanguageChosen
from services.identity.portal.languages import decide_choose
from services.identity.schemas import ChooseLanguageShape
from tests.support.given import NOW
from tests.unit.identity.examples import ACCEPTED, COMPANY, CONTACT, CREATED, DEACTIVATED, HANNA, INVITED, STAFF_CONTEXT

CHOOSE = ChooseLanguage(HANNA, "fr")
CHOSEN = LanguageChosen(HANNA, COMPANY, "fr")


def test_a_language_is_chosen_once() -> None:
    state = CONTACT.given(CREATED, INVITED, ACCEPTED).state
    assert decide_choose(state, CHOOSE, NOW) == [CHOSEN]
    chosen = domain.evolve_contact(state, CHOSEN)
    assert chosen.language == "fr"
    assert decide_choose(chosen, CHOOSE, NOW) == []


def test_what_the_erp_says_later_does_not_change_what_was_chosen() -> None:
    chosen = CONTACT.given(CREATED, INVITED, ACCEPTED, CHOSEN).state
    recorded = ContactRecorded(HANNA, COMPANY, "1", "sealed", "de")
    assert domain.evolve_contact(chosen, recorded).language == "fr"
    assert domain.evolve_contact(CONTACT.given(CREATED).state, recorded).language == "de"


def test_the_language_the_erp_has_can_be_chosen_for_good() -> None:
    state = replace(CONTACT.given(CREATED, INVITED, ACCEPTED).state, language="fr")
    assert decide_choose(state, CHOOSE, NOW) == [CHOSEN]


def test_a_deactivated_contact_chooses_nothing() -> None:
    with pytest.raises(ContactInactive):
        decide_choose(CONTACT.given(CREATED, INVITED, ACCEPTED, DEACTIVATED).state, CHOOSE, NOW)


def test_one_of_the_languages_there_are_for_oneself_alone() -> None:
    own = replace(STAFF_CONTEXT, actor=HANNA)
    assert ChooseLanguageShape().load_command({"language": "ar"}, own) == ChooseLanguage(HANNA, "ar")
    for wrong in ({"language": "tlh"}, {"language": "fr", "actor": "other4other4othe"}, {}):
        with pytest.raises(ValidationError):
            ChooseLanguageShape().load_command(wrong, own)
