"""How mail leaves: what the environment may say, and what is said where it cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from chassis.config import BadSetting
from services.identity.adapters.mail import Outbox, Smtp, carrier
from services.identity.mails.settings import MailSettings, SmtpServer
from tests.support.settings import make_settings

FROM = {"PORTICO_MAIL_FROM": "Weiß Portal <portal@supplier.example>", "PORTICO_ORIGIN": "https://portal.example/"}


def read(**env: str) -> MailSettings:
    """The settings of this environment."""
    return MailSettings.from_env(make_settings(Path("var")), env)


def test_without_a_server_mails_go_into_the_outbox() -> None:
    found = read(PORTICO_SUPPLIER="Northwind")
    assert isinstance(carrier(found), Outbox)
    assert (found.sender_name, found.sender_address) == ("Northwind", "portal@portico.invalid")
    assert found.outbox == Path("var/outbox").absolute()


@pytest.mark.parametrize(
    ("uri", "server"),
    [
        ("smtp://localhost", SmtpServer("localhost", 25, "smtp")),
        ("smtps://a%40b:hush%2Fw@mx.example", SmtpServer("mx.example", 465, "smtps", "a@b", "hush/w")),
        ("smtp+starttls://u:p@mx.example:2525", SmtpServer("mx.example", 2525, "smtp+starttls", "u", "p")),
    ],
)
def test_a_server_is_named_by_its_uri(uri: str, server: SmtpServer) -> None:
    found = read(PORTICO_SMTP_URI=uri, **FROM)
    assert found.smtp == server
    assert isinstance(carrier(found), Smtp)
    assert (found.sender_name, found.sender_address) == ("Weiß Portal", "portal@supplier.example")
    assert found.origin == "https://portal.example"
    assert "hush" not in repr(found)


def test_the_password_may_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("s3cret\n")
    found = read(PORTICO_SMTP_URI="smtps://u@mx.example", PORTICO_SMTP_PASSWORD_FILE=str(secret), **FROM)
    assert found.smtp is not None
    assert found.smtp.password == "s3cret"


def test_the_uri_may_come_from_a_file_with_its_password(tmp_path: Path) -> None:
    secret = tmp_path / "uri"
    secret.write_text("smtps://u:s3cret@mx.example\n")
    found = read(PORTICO_SMTP_URI_FILE=str(secret), **FROM)
    assert found.smtp == SmtpServer("mx.example", 465, "smtps", "u", "s3cret")


def test_the_password_may_stand_by_itself() -> None:
    found = read(PORTICO_SMTP_URI="smtps://u@mx.example", PORTICO_SMTP_PASSWORD="s3cret", **FROM)
    assert found.smtp == SmtpServer("mx.example", 465, "smtps", "u", "s3cret")


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"PORTICO_SMTP_URI": "mx.example:25"}, "PORTICO_SMTP_URI cannot be used: it is smtp"),
        ({"PORTICO_SMTP_URI": "http://u:hush@mx.example"}, "PORTICO_SMTP_URI cannot be used"),
        ({"PORTICO_SMTP_URI": "smtp://u:hush@mx.example:port"}, "PORTICO_SMTP_URI cannot be used"),
        ({"PORTICO_SMTP_URI": "smtps://u:hush@mx.example/?tls=no"}, "PORTICO_SMTP_URI cannot be used"),
        ({"PORTICO_SMTP_URI": "smtp://u:hush@mx.example"}, "would send its password unencrypted"),
        ({"PORTICO_SMTP_URI": "smtps://user@mx.example"}, "a user or a password, and not the other"),
        ({"PORTICO_SMTP_URI": "smtps://:hush@mx.example"}, "a user or a password, and not the other"),
        ({"PORTICO_SMTP_URI": "smtps://u@mx", "PORTICO_SMTP_PASSWORD_FILE": "/no/such"}, "/no/such cannot be read: No"),
        ({"PORTICO_SMTP_URI_FILE": "/no/such"}, "PORTICO_SMTP_URI_FILE=/no/such cannot be read: No"),
        (
            {"PORTICO_SMTP_URI": "smtps://u@mx", "PORTICO_SMTP_PASSWORD": "hush", "PORTICO_SMTP_PASSWORD_FILE": "/x"},
            "PORTICO_SMTP_PASSWORD and PORTICO_SMTP_PASSWORD_FILE are both set",
        ),
        ({"PORTICO_SMTP_URI": "smtp://localhost", "PORTICO_MAIL_FROM": ""}, "not PORTICO_MAIL_FROM"),
        ({"PORTICO_SMTP_URI": "smtp://localhost", "PORTICO_ORIGIN": ""}, "not PORTICO_ORIGIN"),
        ({"PORTICO_MAIL_FROM": "portal"}, "PORTICO_MAIL_FROM=portal cannot be used"),
        ({"PORTICO_MAIL_FROM": "a@b.example\r\nBcc: c@d.example"}, "cannot be used"),
        ({"PORTICO_MAIL_RETRY_SECONDS": "60,soon"}, "PORTICO_MAIL_RETRY_SECONDS=60,soon cannot be used"),
        ({"PORTICO_TIMEZONE": "Mars"}, "PORTICO_TIMEZONE=Mars cannot be used"),
    ],
)
def test_what_cannot_be_used_is_said_without_the_password(env: dict[str, str], said: str) -> None:
    with pytest.raises(BadSetting) as refused:
        read(**{**FROM, **env})
    assert said in str(refused.value)
    assert "hush" not in str(refused.value)
