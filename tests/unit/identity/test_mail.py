"""RequestMail, SendMailAgain, and what becomes of a mail's tries."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.identity.commands import RequestMail, SendMailAgain
from services.identity.errors import MailOnItsWay
from services.identity.events import (
    MailDelayed,
    MailGivenUp,
    MailNotNeeded,
    MailRequested,
    MailRequeued,
    MailSent,
)
from services.identity.mails import domain
from tests.support.given import NOW, Decider
from tests.unit.identity.examples import ADA, COMPANY, HANNA

MAIL = "q4f7"
REQUEST = RequestMail(MAIL, HANNA, "password_changed")
MESSAGE_ID = f"<{MAIL}.{HANNA}@portal.example>"
REQUESTED = MailRequested(MAIL, HANNA, COMPANY, "password_changed", {}, MESSAGE_ID, NOW, None)
SENT = MailSent(MAIL, HANNA, COMPANY)
GIVEN_UP = MailGivenUp(MAIL, HANNA, COMPANY, "550 no such user")
REQUEUED = MailRequeued(MAIL, HANNA, COMPANY, ADA, NOW + timedelta(hours=9))
WAITS = (60, 300)
MAILS = Decider(
    domain.Mail(),
    domain.evolve,
    {
        RequestMail: lambda state, command, now: domain.decide_request(state, command, COMPANY, "portal.example", now),
        SendMailAgain: domain.decide_send_again,
    },
)


def delayed(seconds: int) -> MailDelayed:
    """The mail is tried again so long after NOW."""
    return MailDelayed(MAIL, HANNA, COMPANY, "busy", NOW + timedelta(seconds=seconds))


def test_a_mail_is_requested_under_a_message_id_of_its_own() -> None:
    MAILS.given().when(REQUEST).then(REQUESTED)


def test_an_event_that_comes_again_requests_nothing() -> None:
    MAILS.given(REQUESTED).when(REQUEST).then()
    MAILS.given(REQUESTED, SENT).when(REQUEST).then()


def test_the_pauses_between_tries_grow_and_the_last_one_stays() -> None:
    state = MAILS.given(REQUESTED).state
    for seconds in (60, 300, 300):
        (event,) = domain.decide_delayed(state, "busy", WAITS, NOW)
        assert event == delayed(seconds)
        state = domain.evolve(state, event)


def test_after_five_days_no_try_follows() -> None:
    state = MAILS.given(REQUESTED, delayed(60)).state
    assert domain.decide_delayed(state, "busy", WAITS, NOW + timedelta(days=4, hours=23)) != []
    (event,) = domain.decide_delayed(state, "busy", WAITS, NOW + timedelta(days=5))
    assert event == MailGivenUp(MAIL, HANNA, COMPANY, "Tried for 5 days. The last reason: busy")


@pytest.mark.parametrize("ended", [SENT, GIVEN_UP, MailNotNeeded(MAIL, HANNA, COMPANY, "erased")])
def test_what_has_ended_is_not_noted_again(ended: MailSent | MailGivenUp | MailNotNeeded) -> None:
    state = MAILS.given(REQUESTED, ended).state
    assert domain.decide_sent(state) == []
    assert domain.decide_given_up(state, "late") == []
    assert domain.decide_not_needed(state, "late") == []
    assert domain.decide_delayed(state, "late", WAITS, NOW) == []


def test_staff_begin_a_new_round_of_tries_under_the_old_message_id() -> None:
    later = NOW + timedelta(hours=9)
    MAILS.given(REQUESTED, delayed(60), GIVEN_UP).when(SendMailAgain(ADA, MAIL), later).then(REQUEUED)
    state = MAILS.given(REQUESTED, delayed(60), GIVEN_UP, REQUEUED).state
    assert (state.state, state.tries, state.message_id, state.since) == ("waiting", 0, MESSAGE_ID, later)
    assert state.attempt != MAILS.given(REQUESTED).state.attempt, "what the first round notes is not this one's"


def test_what_is_on_its_way_is_not_sent_again() -> None:
    MAILS.given(REQUESTED).when(SendMailAgain(ADA, MAIL)).refused(MailOnItsWay)
