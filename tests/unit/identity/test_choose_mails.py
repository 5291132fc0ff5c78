"""ChooseMails: which kinds a contact does not want."""

from __future__ import annotations

from dataclasses import replace

import pytest
from marshmallow import ValidationError

from services.identity import domain
from services.identity.commands import ChooseMails
from services.identity.errors import ContactInactive
from services.identity.events import MailsChosen
from services.identity.schemas import ChooseMailsShape
from tests.support.given import NOW
from tests.unit.identity.examples import ACCEPTED, COMPANY, CONTACT, CREATED, DEACTIVATED, HANNA, INVITED, STAFF_CONTEXT

CHOOSE = ChooseMails(HANNA, ("order_accepted", "case_reply"))
CHOSEN = MailsChosen(HANNA, COMPANY, ("case_reply", "order_accepted"))
OWN = replace(STAFF_CONTEXT, actor=HANNA)


def test_kinds_are_switched_off_and_on_again() -> None:
    state = CONTACT.given(CREATED, INVITED, ACCEPTED).state
    assert domain.decide_choose_mails(state, CHOOSE, NOW) == [CHOSEN]
    chosen = domain.evolve_contact(state, CHOSEN)
    assert chosen.mails_off == ("case_reply", "order_accepted")
    assert domain.decide_choose_mails(chosen, CHOOSE, NOW) == []
    assert domain.decide_choose_mails(chosen, ChooseMails(HANNA, ()), NOW) == [MailsChosen(HANNA, COMPANY, ())]


def test_a_deactivated_contact_chooses_nothing() -> None:
    with pytest.raises(ContactInactive):
        domain.decide_choose_mails(CONTACT.given(CREATED, INVITED, ACCEPTED, DEACTIVATED).state, CHOOSE, NOW)


@pytest.mark.parametrize("off", [["password_reset"], ["invitation"], ["password_changed"], ["no_such_kind"]])
def test_mails_about_ones_access_cannot_be_switched_off(off: list[str]) -> None:
    with pytest.raises(ValidationError, match="cannot be switched off"):
        ChooseMailsShape().load_command({"off": off}, OWN)


def test_one_chooses_for_oneself_alone() -> None:
    assert ChooseMailsShape().load_command({"off": ["case_reply"]}, OWN) == ChooseMails(HANNA, ("case_reply",))
    with pytest.raises(ValidationError):
        ChooseMailsShape().load_command({"off": [], "actor": "other4other4othe"}, OWN)
