"""ChangeMailText, RestoreMailText, ChangeMailSender: what admins may make of mails."""

from __future__ import annotations

import pytest

from chassis.errors import Invalid
from services.identity.commands import ChangeMailSender, ChangeMailText, RestoreMailText
from services.identity.events import MailSenderChanged, MailTextChanged, MailTextRestored
from services.identity.mails import texts
from services.identity.mails.originals import original
from tests.support.given import NOW, Decider
from tests.unit.identity.examples import ADA

ORIGINAL = original("invitation", "en")
CHANGE = ChangeMailText(ADA, "invitation", "en", " Come in,\n {name} ", "Choose:\r\n\r\n{link}\n")
CHANGED = MailTextChanged("invitation", "en", "Come in, {name}", "Choose:\n\n{link}", ADA)
RESTORED = MailTextRestored("invitation", "en", ADA)
TEXT = Decider(
    texts.Text(),
    texts.evolve_text,
    {ChangeMailText: texts.decide_change_text, RestoreMailText: texts.decide_restore_text},
)
SENDER = Decider(texts.Senders(), texts.evolve_sender, {ChangeMailSender: texts.decide_change_sender})


def change(subject: str = "Come in", text: str = "{link}") -> ChangeMailText:
    """The invitation in English, otherwise."""
    return ChangeMailText(ADA, "invitation", "en", subject, text)


def test_a_text_is_changed_and_its_subject_is_one_line() -> None:
    TEXT.given().when(CHANGE).then(CHANGED)
    assert TEXT.given(CHANGED).state.wording == ("Come in, {name}", "Choose:\n\n{link}")


def test_the_same_text_again_changes_nothing() -> None:
    TEXT.given(CHANGED).when(CHANGE).then()
    TEXT.given().when(change(*ORIGINAL)).then()


def test_the_original_comes_back() -> None:
    TEXT.given(CHANGED).when(RestoreMailText(ADA, "invitation", "en")).then(RESTORED)
    TEXT.given(CHANGED).when(change(*ORIGINAL)).then(RESTORED)
    TEXT.given(CHANGED, RESTORED).when(RestoreMailText(ADA, "invitation", "en")).then()
    assert TEXT.given(CHANGED, RESTORED).state.wording is None


@pytest.mark.parametrize(
    ("command", "field", "said"),
    [
        (change(text="Choose a password."), "text", "{link} has to be in the text"),
        (change(text="{link} {pasword}"), "text", "There is no placeholder {pasword} in this mail. There are: {name}"),
        (change(subject="{token}"), "subject", "There is no placeholder {token}"),
        (change(subject=" "), "subject", "Please write something."),
        (change(subject="x" * 201), "subject", "at most 200 characters"),
        (change(text="{link}" + "x" * 5000), "text", "at most 5000 characters"),
    ],
)
def test_a_text_that_cannot_be_sent_is_refused_at_its_field(command: ChangeMailText, field: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        texts.decide_change_text(texts.Text(), command, NOW)
    assert list(refused.value.details["fields"]) == [field]
    assert said in refused.value.details["fields"][field][0]


def test_the_sender_is_changed() -> None:
    command = ChangeMailSender(ADA, " Weiß \n Portal ", "portal@supplier.example ", "desk@supplier.example")
    changed = MailSenderChanged("Weiß Portal", "portal@supplier.example", "desk@supplier.example", ADA)
    SENDER.given().when(command).then(changed)
    SENDER.given(changed).when(command).then()
    SENDER.given(changed).when(ChangeMailSender(ADA)).then(MailSenderChanged("", "", "", ADA))


@pytest.mark.parametrize(
    "address", ["portal", "a@b.example, c@d.example", "a@b.example\r\nBcc: c@d.example", "ü@b.example"]
)
def test_a_sender_that_is_no_address_is_refused_at_its_field(address: str) -> None:
    for command in (ChangeMailSender(ADA, address=address), ChangeMailSender(ADA, reply_to=address)):
        with pytest.raises(Invalid) as refused:
            texts.decide_change_sender(texts.Senders(), command, NOW)
        assert len(refused.value.details["fields"]) == 1
