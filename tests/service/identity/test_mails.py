"""Mails into the outbox folder: what leads to one, what is in it, and when none is sent."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from chassis import bus
from chassis.codec import dumps
from chassis.errors import Invalid, NotAllowed
from chassis.link import Message, Publisher
from chassis.messages import ALL_COMPANIES, Recorded
from chassis.statedb import StateDb
from tests.service.identity.office import ADMIN, NORDLICHT, PASSWORD, Office
from tests.support.services import RunningService
from tests.support.waiting import wait_until

NEW = "six swans on a lake"


def mails(office: Office, contact: str, kind: str, count: int = 1) -> list[dict[str, Any]]:
    """The rows of so many mails of a kind to the contact, the oldest first, once none of them waits."""

    def ended() -> list[dict[str, Any]]:
        rows = office.service.rows(
            "SELECT * FROM mails_v1 WHERE contact_id = ? AND kind = ? ORDER BY requested_at", contact, kind
        )
        return rows if len(rows) == count and all(row["state"] != "waiting" for row in rows) else []

    return wait_until(ended, 20, lambda: f"{count} {kind}\n{office.service.worker.tail()}")


def letter(office: Office, row: dict[str, Any]) -> dict[str, Any]:
    """A mail as the outbox has it."""
    answer = office.ask("outbox", key=f"{row['mail']}.{row['contact_id']}")
    assert answer["status"] == "done", answer
    found: dict[str, Any] = answer["mails"][0]
    return found


def token(found: dict[str, Any]) -> str:
    """The token in a mail's link, which is the same in both of its parts."""
    in_text, in_html = (re.findall(r"http://localhost:\d+/\w+/([\w-]{20,})", found[part]) for part in ("text", "html"))
    assert set(in_text) == set(in_html)
    assert len(in_text) == 1
    return in_text[0]


def ask_reset(office: Office, email: str) -> None:
    """Somebody types the address into the form for forgotten passwords."""
    assert office.ask("ask_reset", email=email, command_id=str(uuid4())) == {"status": "done"}


def test_who_is_invited_gets_the_link_by_mail(office: Office) -> None:
    contact = office.create("jörg@nordlicht.example".replace("ö", "oe"), name="Jörg Weiß")
    shown = office.invite(contact)
    (row,) = mails(office, contact, "invitation")
    found = letter(office, row)
    assert row["state"] == "sent"
    assert found["recipient"] == "Jörg Weiß <joerg@nordlicht.example>"
    assert found["subject"] == "Your access to the customer portal of Portico"
    assert "Hello Jörg Weiß," in found["text"]
    assert token(found) == shown, "the link that the admin was shown"
    assert office.ask("accept_invitation", token=token(found), password=PASSWORD)["status"] == "done"


def test_the_mail_is_in_the_contacts_language_or_the_companys(office: Office) -> None:
    company = {"name": "Föhr KG", "currency": "EUR", "language": "de-DE"}
    office.record("F300", [{"kind": "company", "key": "F300", "stamp": "1", "body": company}])
    own = office.create("heike@nordlicht.example", name="Heike Weiß", language="de")
    of_company = office.create("antje@foehr.example", name="Antje Boysen", for_company="F300")
    for contact, name in ((own, "Heike Weiß"), (of_company, "Antje Boysen")):
        office.invite(contact)
        found = letter(office, mails(office, contact, "invitation")[0])
        assert found["subject"] == "Ihr Zugang zum Kundenportal von Portico"
        assert f"Guten Tag {name}," in found["text"]


def test_a_forgotten_password_is_chosen_anew_with_the_mailed_link(office: Office) -> None:
    email = "forgot@nordlicht.example"
    contact = office.sign_up(email)
    ask_reset(office, f" {email.upper()} ")
    link = token(letter(office, mails(office, contact, "password_reset")[0]))
    assert office.ask("reset", token=link) == {"status": "done", "contact_id": contact, "email": email}
    command_id = str(uuid4())
    done = office.ask("accept_reset", token=link, password=NEW, command_id=command_id)
    assert office.ask("accept_reset", token=link, password=NEW, command_id=command_id) == done
    assert office.ask("accept_reset", token=link, password=PASSWORD)["code"] == "ResetUsed"
    assert (office.signs_in(email), office.signs_in(email, NEW)) == (False, True)
    changed_at = datetime.fromisoformat(office.row(contact, done["position"])["password_changed_at"])
    assert datetime.now(UTC) - changed_at < timedelta(minutes=5), "older sessions have ended"
    assert mails(office, contact, "password_changed")[0]["state"] == "sent"


def test_a_changed_address_is_told_to_the_old_one(office: Office) -> None:
    contact = office.sign_up("before@nordlicht.example", name="Hana Weis")
    details = {"contact_id": contact, "name": "Hanna Weiss", "email": "after@nordlicht.example"}
    office.do("CorrectContact", details, actor=office.admin())
    found = letter(office, mails(office, contact, "address_changed")[0])
    assert found["recipient"] == "Hanna Weiss <before@nordlicht.example>"
    assert found["subject"] == "You log in with another e-mail address now"
    assert "after@nordlicht.example" not in found["text"], "who reads the old mailbox learns nothing new"
    ask_reset(office, "after@nordlicht.example")
    assert "after@nordlicht.example" in letter(office, mails(office, contact, "password_reset")[0])["recipient"]


def test_a_newer_link_to_a_new_password_makes_the_older_useless(office: Office) -> None:
    contact = office.sign_up("twice@nordlicht.example")
    ask_reset(office, "twice@nordlicht.example")
    older = token(letter(office, mails(office, contact, "password_reset")[0]))
    ask_reset(office, "twice@nordlicht.example")
    newer = token(letter(office, mails(office, contact, "password_reset", 2)[1]))
    assert office.ask("reset", token=older)["code"] == "ResetUsed"
    assert office.ask("accept_reset", token=older, password=NEW)["code"] == "ResetUsed"
    assert office.ask("reset", token=newer)["status"] == "done"


def test_a_link_to_a_new_password_expires_after_an_hour(office: Office) -> None:
    contact = office.sign_up("slowly@nordlicht.example")
    ask_reset(office, "slowly@nordlicht.example")
    link = token(letter(office, mails(office, contact, "password_reset")[0]))
    state = StateDb(office.service.settings.state_db("identity"))
    (row,) = state.rows("SELECT expires_at FROM invitations WHERE contact = ? AND kind = 'reset'", contact)
    left = datetime.fromisoformat(row["expires_at"]) - datetime.now(UTC)
    assert timedelta(minutes=50) < left <= timedelta(hours=1)
    with state.transaction() as connection:
        connection.execute("UPDATE invitations SET expires_at = '2026-01-01T00:00:00+00:00' WHERE kind = 'reset'")
    assert office.ask("reset", token=link)["code"] == "ResetExpired"
    assert office.ask("accept_reset", token=link, password=NEW)["code"] == "ResetExpired"


def test_an_address_that_nobody_has_is_answered_alike_and_gets_nothing(office: Office) -> None:
    invited = office.create("notyet@nordlicht.example")
    inactive = office.sign_up("gone@nordlicht.example")
    office.do("DeactivateContact", {"contact_id": inactive})
    for email in ("nobody@nordlicht.example", "notyet@nordlicht.example", "gone@nordlicht.example", "no address"):
        ask_reset(office, email)
    known = office.sign_up("last@nordlicht.example")
    ask_reset(office, "last@nordlicht.example")
    mails(office, known, "password_reset")  # in order: those before were looked up before
    rows = office.service.rows("SELECT contact_id FROM mails_v1 WHERE kind = 'password_reset'")
    assert not {invited, inactive} & {row["contact_id"] for row in rows}


def test_neither_link_works_for_the_other_purpose(office: Office) -> None:
    contact = office.sign_up("both@nordlicht.example")
    invitation = office.invite(contact)
    ask_reset(office, "both@nordlicht.example")
    link = token(letter(office, mails(office, contact, "password_reset")[0]))
    assert office.ask("accept_invitation", token=link, password=NEW)["code"] == "InvitationUnknown"
    assert office.ask("accept_reset", token=invitation, password=NEW)["code"] == "ResetUnknown"
    assert office.ask("invitation", token=invitation)["status"] == "done", "asking for one ends none of the others"


def test_a_changed_password_is_told(office: Office) -> None:
    contact = office.sign_up("told@nordlicht.example")
    office.do("ChangePassword", {"current": PASSWORD, "new": NEW}, NORDLICHT, contact)
    found = letter(office, mails(office, contact, "password_changed")[0])
    assert found["subject"] == "Your password was changed"


def test_no_token_and_no_address_stands_in_an_event(office: Office) -> None:
    email = "private@nordlicht.example"
    contact = office.sign_up(email)
    ask_reset(office, email)
    link = token(letter(office, mails(office, contact, "password_reset")[0]))
    events = (office.service.settings.var.parent / "localstore" / "events.db").read_bytes()
    events += (office.service.settings.var.parent / "localstore" / "events.db-wal").read_bytes()
    assert b"password_reset" in events
    assert link.encode() not in events
    assert email.encode() not in events
    state = (office.service.settings.state_db("identity")).read_bytes()
    assert link.encode() not in state


def test_what_is_in_the_outbox_of_an_erased_contact_goes(office: Office) -> None:
    contact = office.create("erase@nordlicht.example")
    office.invite(contact)
    (row,) = mails(office, contact, "invitation")
    letter(office, row)
    office.do("EraseContact", {"contact_id": contact})
    key = f"{row['mail']}.{contact}"
    wait_until(lambda: office.ask("outbox", key=key).get("code") == "NotFound", 10, "the file gone")


def test_staff_have_a_mail_sent_again_and_it_replaces_the_first(office: Office) -> None:
    contact = office.create("again@nordlicht.example")
    office.invite(contact)
    (row,) = mails(office, contact, "invitation")
    first = letter(office, row)
    path = office.service.settings.var / "outbox" / f"{first['key']}.eml"
    path.unlink()
    done = office.do("SendMailAgain", {"mail": row["mail"]})
    office.service.wait_position("mails_v1", done["position"])
    wait_until(path.exists, 10, "the file again")
    assert letter(office, row) == first
    assert len(list(path.parent.glob(f"{row['mail']}.*"))) == 1


def test_mails_have_the_text_and_the_sender_that_admins_chose(office: Office) -> None:
    text = {"kind": "password_changed", "language": "en", "subject": "New key, {name}", "text": "Tell us:\n\n{link}"}
    office.do("ChangeMailText", text)
    office.do("ChangeMailSender", {"name": "Weiß Portal", "address": "p@s.example", "reply_to": "desk@s.example"})
    contact = office.sign_up("chosen@nordlicht.example", name="Jörg")
    office.do("ChangePassword", {"current": PASSWORD, "new": NEW}, NORDLICHT, contact)
    (row,) = mails(office, contact, "password_changed")
    found = letter(office, row)
    assert (found["subject"], found["sender"]) == ("New key, Jörg", "Weiß Portal <p@s.example>")
    assert found["text"].startswith("Tell us:\n\nhttp://localhost")
    office.do("RestoreMailText", {"kind": "password_changed", "language": "en"})
    done = office.do("SendMailAgain", {"mail": row["mail"]})
    office.service.wait_position("mails_v1", done["position"])
    wait_until(lambda: letter(office, row)["subject"] == "Your password was changed", 10, "the original text")
    history = office.service.rows("SELECT original, changed_by FROM mail_texts_v1 ORDER BY revision")
    assert [bool(one["original"]) for one in history] == [False, True]
    assert {one["changed_by"] for one in history} == {ADMIN}
    with pytest.raises(Invalid) as refused:
        office.do("ChangeMailText", {**text, "text": "{nme}"})
    assert list(refused.value.details["fields"]) == ["text"]
    with pytest.raises(NotAllowed):
        office.do("ChangeMailText", text, NORDLICHT, contact)


def publish(office: Office, reaction: str, event_type: str, data: dict[str, Any]) -> None:
    """Give an event of another service to a reaction, as the relay does that catches it up."""
    stream = f"order-{data['order']}"
    event = Recorded(uuid4(), event_type, stream, 3, 100, data, {"$correlationId": "t"}, datetime.now(UTC))
    message = Message("", bus.reaction_queue("identity", reaction), dumps(event), str(event.id))
    publisher = Publisher(office.service.settings.amqp_uri, "test-orders")
    publisher.publish([message, message])  # at least once: the second is the same mail
    publisher.stop()


def test_who_ordered_hears_what_the_erp_made_of_it(office: Office) -> None:
    contact = office.sign_up("orders@nordlicht.example")
    order = {"order": "W-7K3Q-M2XA", "company": NORDLICHT, "placed_by": contact}
    publish(office, "mail_order_accepted", "OrderPosted", {**order, "erp_number": "10234"})
    publish(office, "mail_order_refused", "OrderRejected", {**order, "reason": "Credit limit <exceeded>"})
    accepted = letter(office, mails(office, contact, "order_accepted")[0])
    assert accepted["subject"] == "Your order W-7K3Q-M2XA is accepted"
    assert "Its number with us is 10234." in accepted["text"]
    assert "/orders/W-7K3Q-M2XA" in accepted["text"]
    refused = letter(office, mails(office, contact, "order_refused")[0])
    assert "Credit limit <exceeded>" in refused["text"]
    assert "Credit limit &lt;exceeded&gt;" in refused["html"]
    assert "/settings/mails" in refused["text"], "where fewer of them can be had"


def test_who_asked_hears_of_the_answer_unless_they_want_none(
    office: Office, start_service: Callable[[str], RunningService]
) -> None:
    cases = start_service("cases")
    wants, wants_none = office.sign_up("asks@nordlicht.example"), office.sign_up("quiet@nordlicht.example")
    office.do("ChooseMails", {"off": ["case_reply"]}, NORDLICHT, wants_none)
    numbers = []
    for contact in (wants_none, wants):
        number = cases.send("OpenCase", {"summary": "Scanner", "detail": "It logs off."}, NORDLICHT, contact)["id"]
        cases.send("AnswerCase", {"case": number, "text": "Which version?"}, ALL_COMPANIES, ADMIN)
        numbers.append(number)
    found = letter(office, mails(office, wants, "case_reply")[0])
    assert found["subject"] == f"Our answer to your request {numbers[1]}"
    assert f"/support/{numbers[1]}" in found["text"]
    office.do("ChangePassword", {"current": PASSWORD, "new": NEW}, NORDLICHT, wants_none)
    mails(office, wants_none, "password_changed")  # security mails come whatever was chosen
    assert office.service.rows("SELECT 1 FROM mails_v1 WHERE contact_id = ? AND kind = 'case_reply'", wants_none) == []


def test_a_changed_access_is_told_to_those_who_have_one(office: Office) -> None:
    contact, not_yet = office.sign_up("more@nordlicht.example"), office.create("later@nordlicht.example")
    for one in (not_yet, contact):
        payload = {"contact_id": one, "permissions": ["order"], "branches": None}
        office.do("SetPermissions", payload, actor=office.admin())
    found = letter(office, mails(office, contact, "access_changed")[0])
    assert found["subject"] == "What you can do in the customer portal has changed"
    assert office.service.rows("SELECT 1 FROM mails_v1 WHERE contact_id = ?", not_yet) == []
