"""Mails by SMTP to a real mail server, over TLS and with a password, read back by IMAP; and what its faults lead to."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chassis.codec import loads
from tests.service.identity.office import COMPANIES, NORDLICHT, Office
from tests.support.mailserver import DOMAIN, PASSWORD, MailServer
from tests.support.services import RunningService, answers
from tests.support.waiting import wait_until

FROM = "Weiß & Söhne <portal@supplier.example>"


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    """The mail server."""
    made = MailServer()
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder: a process dies at the points for which there is a file."""
    return tmp_path_factory.mktemp("points")


@pytest.fixture(scope="module")
def office(start_service: Callable[[str], RunningService], server: MailServer, points: Path) -> Iterator[Office]:
    """The running service with Nordlicht in it, whose mails go to the server."""
    secret = points / "password.txt"
    secret.write_text(PASSWORD + "\n")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "PORTICO_SMTP_URI": server.submission_uri,
            "PORTICO_SMTP_PASSWORD_FILE": str(secret),
            "PORTICO_MAIL_FROM": FROM,
            "PORTICO_ORIGIN": "https://portal.supplier.example",
            "PORTICO_MAIL_RETRY_SECONDS": "1,2,4",
            "PORTICO_KILL_AT": f"*:{points}",
            "SSL_CERT_FILE": str(server.certificate),
        }.items():
            patch.setenv(name, value)
        made = Office(start_service("identity"))
        made.record(NORDLICHT, COMPANIES)
        yield made
        made.close()


def row(office: Office, contact: str) -> dict[str, Any]:
    """The contact's one mail."""
    return office.service.wait_rows("SELECT * FROM mails_v1 WHERE contact_id = ?", contact, seconds=20)[0]


def wait_state(office: Office, contact: str, *states: str) -> dict[str, Any]:
    """The contact's one mail, once it is in one of these states."""

    def found() -> dict[str, Any] | None:
        one = row(office, contact)
        return one if one["state"] in states else None

    one = wait_until(found, 40, lambda: f"{states}, is {row(office, contact)}\n{office.service.worker.tail()}")
    assert one is not None
    return one


def told(office: Office) -> dict[str, Any]:
    """What the job says of itself, as `portico status` shows it."""
    with urllib.request.urlopen(f"http://127.0.0.1:{office.service.worker_port}/status", timeout=5) as response:
        part: dict[str, Any] = loads(response.read())["parts"]["job:send_mails"]
        return part


def invited(office: Office, name: str, called: str = "Hanna Weiss") -> str:
    """The id of a new contact `name`@DOMAIN, who was invited."""
    contact = office.create(f"{name}@{DOMAIN}", name=called)
    office.invite(contact)
    return contact


@pytest.mark.parametrize(("name", "called"), [("known1", "Jörg Weißgärber"), ("known2", "نور حداد")])
def test_a_mail_arrives_with_both_parts_and_every_letter(
    office: Office, server: MailServer, name: str, called: str
) -> None:
    contact = invited(office, name, called)
    sent = wait_state(office, contact, "sent")
    (message,) = wait_until(lambda: server.inbox(name), 20, "the mail in the mailbox")
    assert str(message["Message-ID"]) == f"<{sent['mail']}.{contact}@supplier.example>"
    assert str(message["To"]) == f"{called} <{name}@{DOMAIN}>"
    assert str(message["From"]) == FROM
    assert message["Return-Path"] == "<portal@supplier.example>"
    assert str(message["Subject"]) == "Your access to the customer portal of Portico"
    text, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    for part in (text.get_content(), html.get_content()):
        assert f"Hello {called}," in part
        assert "https://portal.supplier.example/invitation/" in part


def test_a_recipient_who_is_refused_is_given_up_at_once_with_the_reason(office: Office) -> None:
    contact = invited(office, "nobody")
    given_up = wait_state(office, contact, "given_up")
    assert "550 5.1.1" in given_up["reason"]
    assert "User unknown" in given_up["reason"]
    assert given_up["tries"] == 0
    assert DOMAIN not in given_up["reason"], "no event holds an address"


def test_a_contact_without_an_address_that_can_be_used_gets_no_mail(office: Office) -> None:
    contact = office.create("grüße@customer.example", name="Grüße")
    office.invite(contact)
    assert "no e-mail address that can be used" in wait_state(office, contact, "given_up")["reason"]


def test_a_mailbox_that_is_busy_delays_its_own_mail_alone(office: Office) -> None:
    busy = invited(office, "busy")
    assert "450 4.2.1" in wait_state(office, busy, "delayed")["reason"]
    assert wait_state(office, invited(office, "known3"), "sent")["tries"] == 0
    wait_until(lambda: row(office, busy)["tries"] >= 2, 20, "another try")
    office.do("DeactivateContact", {"contact_id": busy})
    assert "deactivated" in wait_state(office, busy, "not_needed")["reason"]


def test_a_server_that_is_away_delays_mails_and_nothing_else(office: Office, server: MailServer) -> None:
    server.stop_smtp()
    contact = invited(office, "known4")
    delayed = wait_state(office, contact, "delayed")
    assert "does not answer" in delayed["reason"]
    wait_until(lambda: "does not answer" in told(office)["away"], 10, "the job says so")
    assert told(office)["to"].startswith("smtp+starttls://localhost:")
    wait_until(lambda: told(office)["delayed"] == 1, 10, "and how many mails wait")
    assert office.sign_up("known5@customer.example"), "whoever has the link is let in meanwhile"
    office.service.worker.stop()
    office.service.worker.start(lambda: answers(office.service.worker_port), 30)
    assert row(office, contact)["state"] == "delayed", "a new start forgets nothing"
    server.start_smtp()
    assert wait_state(office, contact, "sent")["tries"] >= 1
    assert len(wait_until(lambda: server.inbox("known4"), 20, "the mail")) == 1
    counted = office.service.metrics(office.service.worker_port)
    assert 'portico_mail_tries_total{outcome="sent"}' in counted


def test_killed_between_the_servers_yes_and_the_note_the_same_mail_comes_again(
    office: Office, server: MailServer, points: Path
) -> None:
    contact = office.create(f"known6@{DOMAIN}")
    point = points / "worker" / "identity.after_mail"
    point.touch()
    office.invite(contact)
    worker = office.service.worker
    wait_until(lambda: worker.returncode is not None, 30, "the worker dead")
    assert row(office, contact)["state"] == "waiting"
    worker.start(lambda: answers(office.service.worker_port), 30)
    sent = wait_state(office, contact, "sent")
    first, second = wait_until(lambda: (found := server.inbox("known6"))[1:] and found, 20, "both")
    assert first["Message-ID"] == second["Message-ID"] == f"<{sent['mail']}.{contact}@supplier.example>"
    assert first.get_body(("plain",)).get_content() == second.get_body(("plain",)).get_content()  # type: ignore[union-attr]
