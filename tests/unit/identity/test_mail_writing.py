"""What a mail looks like on the wire: both parts, any script, and nothing that gets into a header."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from services.identity.mails.kinds import KINDS
from services.identity.mails.originals import FRAME, ORIGINALS, Wording, language_of, original
from services.identity.mails.texts import text_faults
from services.identity.mails.writing import House, Sender, Written, compose, unknown_placeholders, write
from tests.support.given import NOW

HOUSE = House("Weiß & Söhne", "help@supplier.example", "+49 40 1", "https://portal.example/settings/mails")
SENDER = Sender("Weiß & Söhne", "portal@supplier.example", "desk@supplier.example")
LINK = "https://portal.example/invitation/tok-en"
VALUES = {"name": "نور حداد", "supplier": HOUSE.supplier, "link": LINK, "until": "tomorrow"}
KIND = KINDS["invitation"]
MESSAGE_ID = "<q4f7.hanna@supplier.example>"


def written(wording: Wording | None = None, language: str = "en", **values: str) -> Written:
    """The invitation, or another text, with values."""
    return write(KIND, wording or original("invitation", language), language, VALUES | values, HOUSE)


def on_the_wire(mail: Written, to_name: str = "نور حداد", to: str = "nour@customer.example") -> EmailMessage:
    """The mail, composed and read back."""
    content = compose(mail, "en", SENDER, to_name, to, MESSAGE_ID, NOW)
    assert content.isascii()
    assert max(len(line) for line in content.split(b"\r\n")) <= 998
    assert b"\n" not in content.replace(b"\r\n", b"")
    return message_from_bytes(content, _class=EmailMessage, policy=policy.default)


def part(message: EmailMessage, kind: str) -> str:
    """The text of one of its parts."""
    found = message.get_body((kind,))
    assert found is not None
    return str(found.get_content())


def test_every_kind_is_written_in_every_language_with_known_placeholders_alone() -> None:
    assert ORIGINALS.keys() == KINDS.keys()
    for kind in KINDS.values():
        assert ORIGINALS[kind.name].keys() == FRAME.keys()
        for wording in ORIGINALS[kind.name].values():
            assert text_faults(kind, wording) == {}


def test_it_has_both_parts_and_the_headers_of_a_machines_mail() -> None:
    message = on_the_wire(written())
    assert message.get_content_type() == "multipart/alternative"
    assert str(message["Subject"]) == "Your access to the customer portal of Weiß & Söhne"
    assert str(message["From"]) == "Weiß & Söhne <portal@supplier.example>"
    assert str(message["To"]) == "نور حداد <nour@customer.example>"
    assert str(message["Reply-To"]) == "desk@supplier.example"
    assert str(message["Message-ID"]) == MESSAGE_ID
    assert message["Date"].datetime == NOW
    assert (message["Auto-Submitted"], message["Content-Language"]) == ("auto-generated", "en")
    for kind in ("plain", "html"):
        assert LINK in part(message, kind)
        assert "نور حداد" in part(message, kind)


def test_it_promises_no_way_to_reach_us_where_none_is_known() -> None:
    nobody = House("Weiß & Söhne", "", "", HOUSE.settings_link)
    for language, promise in (("en", "reach us"), ("de", "erreichen")):
        known, unknown = (
            write(KIND, original("invitation", language), language, VALUES, one) for one in (HOUSE, nobody)
        )
        assert promise in known.text
        assert "+49 40 1, help@supplier.example" in known.text
        assert promise not in unknown.text + unknown.html
        assert "Weiß & Söhne" in unknown.text.partition("-- ")[2]


def test_what_people_are_called_is_text_in_the_html_part() -> None:
    html = written(name='<img src="x"> & "Co"').html
    assert "&lt;i&gt; <a href=" in written(Wording("x", "{name} {link}"), name="<i>").html
    assert "&lt;img src=&quot;x&quot;&gt; &amp; &quot;Co&quot;" in html
    assert "<img" not in html


@pytest.mark.parametrize(
    "name", ["Eve\r\nBcc: all@customer.example", "Eve\x00\x1b[31m", "Eve\nSubject: x", "Eve\x0bX\x85Y\u2028Z", ' "@,<>']
)
def test_a_name_gets_into_no_other_header(name: str) -> None:
    message = on_the_wire(written(Wording("For {name}", "{link}"), name=name), to_name=name)
    assert [str(key) for key in message].count("Bcc") == 0
    assert len(message.get_all("Subject", [])) == 1
    assert str(message["Subject"]).isprintable()
    assert str(message["To"]).isprintable()
    assert [one.addr_spec for one in message["To"].addresses] == ["nour@customer.example"]


@pytest.mark.parametrize(
    "address", ["eve@x.example\r\nBcc: all@x.example", "eve@x.example, all@x.example", "eve", "@x"]
)
def test_an_address_that_is_more_than_one_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="not one address"):
        compose(written(), "en", SENDER, "Eve", address, MESSAGE_ID, NOW)


def test_what_stands_in_a_value_is_not_taken_for_a_placeholder() -> None:
    mail = written(Wording("{name}", "{name}"), name="{link} {until}")
    assert mail.subject == "{link} {until}"
    assert LINK not in mail.text


def test_an_unknown_placeholder_is_named() -> None:
    assert unknown_placeholders(KIND, "{nme} {link} {password} {0}") == ["0", "nme", "password"]


def test_security_mails_offer_no_choice_and_others_do() -> None:
    assert HOUSE.settings_link not in written().text


def test_languages_fall_back_to_english() -> None:
    assert [language_of(one) for one in ("de", "de-AT", "DE_de", "", "xx")] == ["de", "de", "de", "en", "en"]


def test_a_very_long_subject_stays_within_the_limits_of_a_line() -> None:
    message = on_the_wire(written(Wording("{name}", "{link}"), name="ä" * 5000))
    assert len(str(message["Subject"])) <= 998
