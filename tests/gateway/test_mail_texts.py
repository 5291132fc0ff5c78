"""The pages on which portal admins change mails' texts and sender, and contacts choose which they get."""

from __future__ import annotations

import pytest

from gateway.pages.mails import KIND_NAMES
from gateway.pages.settings import MailsForm
from services.identity.mails.kinds import CHOOSABLE, KINDS
from services.identity.projections.mail_choices import CHOICES
from services.identity.projections.mail_texts import SENDERS, TEXTS
from services.identity.projections.portal import SETTINGS
from tests.gateway.ground import CUSTOMER, STAFF, Ground, post

ADMIN = "sam@s.example"
PATH = "/mails/texts/invitation/en"
AT = "2026-11-22T09:00:00+00:00"


def put(ground: Ground, revision: int, subject: str = "", text: str = "") -> None:
    """Have identity know a change of the invitation; without a text it is back to the original."""
    what = {"kind": "invitation", "language": "en", "original": not text, "subject": subject, "text": text}
    ground.models["identity"].put(TEXTS, revision=revision, changed_by=STAFF, changed_at=AT, **what)


def test_the_original_is_there_to_begin_with(ground: Ground) -> None:
    browser = ground.signed_in(ADMIN)
    assert browser.get("/mails/texts").text.count("Original") >= 6
    page = browser.get(PATH).text
    assert "Your access to the customer portal of {supplier}" in page
    assert "<code>{link}</code> (needed)" in page
    assert "Back to the original" not in page


def test_a_preview_is_filled_in_and_saves_nothing(ground: Ground) -> None:
    form = {"subject": "Hello {name}", "text": "Come:\n\n{link} <b>", "action": "look"}
    page = post(ground.signed_in(ADMIN), PATH, PATH, **form).text
    assert "Hello Alex Sample" in page
    assert "&lt;b&gt;" in page
    assert 'value="Hello {name}"' in page, "what was typed is still in the form"
    assert ground.commands.sent == []


def test_a_preview_has_the_support_contact_of_now_and_an_example_for_every_placeholder(ground: Ground) -> None:
    ground.models["identity"].put(SETTINGS, setting="support_mail", value="help@s.example")
    admin = ground.signed_in(ADMIN)
    for kind, row in KINDS.items():
        path = f"/mails/texts/{kind}/en"
        text = " ".join(f"{{{one}}}" for one in row.placeholders)
        page = post(admin, path, path, subject="Hello", text=text, action="look").text
        shown = page.partition('class="mail-text"')[2].partition("</div>")[0]
        assert "help@s.example" in shown
        assert "{" not in shown


@pytest.mark.parametrize(
    ("text", "said"), [("Come in", "{link} has to be in the text"), ("{link} {nmae}", "no placeholder {nmae}")]
)
def test_a_text_that_cannot_be_sent_is_said_before_it_is_saved(ground: Ground, text: str, said: str) -> None:
    answer = post(ground.signed_in(ADMIN), PATH, PATH, subject="Hello", text=text, action="look")
    assert answer.status_code == 422
    assert said in answer.text
    assert "Alex Sample" not in answer.text


def test_a_text_is_saved_by_its_button(ground: Ground) -> None:
    answer = post(ground.signed_in(ADMIN), PATH, PATH, subject="Hello", text="{link}", action="save")
    assert answer.status_code == 302
    payload = {"kind": "invitation", "language": "en", "subject": "Hello", "text": "{link}"}
    assert ground.commands.sent[-1][1:3] == ("ChangeMailText", payload)


def test_the_history_names_authors_and_brings_an_earlier_text_back(ground: Ground) -> None:
    put(ground, 0, "First", "First text {link}")
    put(ground, 1, "Second", "Second text {link}")
    browser = ground.signed_in(ADMIN)
    page = browser.get(PATH).text
    assert 'value="Second"' in page
    assert page.count("Sam Steel, ") == 2
    assert 'value="First"' in browser.get(f"{PATH}?again=0").text
    assert "Changed" in browser.get("/mails/texts").text
    answer = post(browser, PATH, f"{PATH}/original")
    assert answer.status_code == 302
    assert ground.commands.sent[-1][1:3] == ("RestoreMailText", {"kind": "invitation", "language": "en"})
    put(ground, 2)
    assert "Your access to the customer portal" in browser.get(PATH).text


def test_the_sender_is_shown_and_changed(ground: Ground) -> None:
    facts = {"name": "Weiß Portal", "address": "portal@s.example", "reply_to": "desk@s.example"}
    ground.models["identity"].put(SENDERS, revision=0, changed_by=STAFF, changed_at=AT, **facts)
    browser = ground.signed_in(ADMIN)
    assert "Weiß Portal &lt;portal@s.example&gt;" in browser.get("/mails/texts").text
    assert 'value="desk@s.example"' in browser.get("/mails/sender").text
    post(browser, "/mails/sender", "/mails/sender", **(facts | {"reply_to": ""}))
    assert ground.commands.sent[-1][1:3] == ("ChangeMailSender", facts | {"reply_to": ""})


@pytest.mark.parametrize("path", ["/mails/texts/nothing/en", "/mails/texts/invitation/xx"])
def test_a_mail_that_there_is_not_has_no_page(ground: Ground, path: str) -> None:
    assert ground.signed_in(ADMIN).get(path).status_code == 404


@pytest.mark.parametrize("path", ["/mails/texts", PATH, "/mails/sender"])
def test_texts_are_portal_admins_alone(ground: Ground, path: str) -> None:
    assert ground.signed_in().get(path).status_code == 403
    assert ground.browser().get(path).status_code == 302


def test_contacts_choose_their_mails(ground: Ground) -> None:
    browser = ground.signed_in()
    assert browser.get("/settings/mails").text.count(" checked") == len(CHOOSABLE)
    assert 'href="/settings/mails"' in browser.get("/settings").text
    post(browser, "/settings/mails", "/settings/mails", wanted=["case_reply", "order_refused"])
    assert ground.commands.sent[-1][1:3] == ("ChooseMails", {"off": ["order_accepted", "access_changed"]})
    off = '["order_accepted", "access_changed"]'
    ground.models["identity"].put(CHOICES, contact_id=CUSTOMER, company="C-A", off=off)
    assert browser.get("/settings/mails").text.count(" checked") == 2
    assert ground.signed_in("bo@b.example").get("/settings/mails").text.count(" checked") == len(CHOOSABLE)


def test_every_kind_that_can_be_chosen_is_on_the_page_and_has_a_name(ground: Ground) -> None:
    assert [one.value for one in MailsForm.wanted.kwargs["choices"]] == list(CHOOSABLE)
    assert KIND_NAMES.keys() == KINDS.keys()


def test_staff_have_no_mails_to_choose(ground: Ground) -> None:
    assert ground.signed_in(ADMIN).get("/settings/mails").status_code == 403
    assert "/settings/mails" not in ground.signed_in(ADMIN).get("/settings").text
