"""Writes a mail: placeholders filled in, a text part, and an HTML part made from it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from html import escape
from typing import Any

from services.identity.mails.kinds import Kind
from services.identity.mails.originals import FRAME, Wording
from services.identity.mails.settings import is_address
from services.identity.portal.colours import palette

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_URL = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)]")
_LINE = 998
# Seven bits on the wire: no server has to be asked whether it takes eight.
_POLICY = SMTP.clone(cte_type="7bit")
_LOGO_HEIGHT = 36
_OWN_LIGHT, _OWN_DARK = "#155e67", "#6fc3cd"
STYLE = """
body { margin: 0; padding: 24px 12px; background: #f5f6f7; color: #1c2327;
  font: 16px/1.5 -apple-system, "Segoe UI", Roboto, "Noto Sans", Arial, sans-serif; }
.mail { max-width: 560px; margin: 0 auto; background: #fff; border: 1px solid #dfe3e6; border-radius: 8px; }
.head { padding: 16px 24px; border-bottom: 1px solid #dfe3e6; font-weight: 600; color: #155e67; }
.body { padding: 8px 24px; overflow-wrap: anywhere; }
.button { display: inline-block; padding: 10px 20px; border-radius: 6px; background: #155e67; color: #fff; }
.foot { padding: 12px 24px; border-top: 1px solid #dfe3e6; font-size: 13px; color: #57616a; }
a { color: #155e67; }
a.button { color: #fff; text-decoration: none; }
@media (prefers-color-scheme: dark) {
  body { background: #121517; color: #e3e7ea; }
  .mail { background: #1a1e21; border-color: #2f363b; }
  .head, .foot { border-color: #2f363b; color: #9da7af; }
  a { color: #6fc3cd; }
}
"""


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom mails come from, and where answers go ("" for the sender)."""

    name: str
    address: str
    reply_to: str = ""


@dataclass(frozen=True, slots=True)
class Logo:
    """A PNG that goes with the mail, for who reads it may not reach the portal; sizes in pixels."""

    picture: str
    width: int
    height: int
    content: bytes

    @property
    def part(self) -> str:
        """What the HTML part calls it."""
        return f"{self.picture}@logo.portico.invalid"


@dataclass(frozen=True, slots=True)
class House:
    """What every mail says of the supplier. `settings_link` is where contacts choose their mails.

    `accent` is a colour like `#155e67`, "" for Portico's own.
    """

    supplier: str
    support_mail: str
    support_phone: str
    settings_link: str
    accent: str = ""
    logo: Logo | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """A mail's content: one line of subject, the text part, the HTML part."""

    subject: str
    text: str
    html: str


def unknown_placeholders(kind: Kind, text: str) -> list[str]:
    """What stands in braces and is no placeholder of this kind."""
    return sorted(set(_PLACEHOLDER.findall(text)) - set(kind.placeholders))


def missing_placeholders(kind: Kind, text: str) -> list[str]:
    """The placeholders without which a mail of this kind is of no use, and that are not there."""
    return sorted(set(kind.must) - set(_PLACEHOLDER.findall(text)))


def write(kind: Kind, wording: Wording, language: str, values: Mapping[str, str], house: House) -> Written:
    """The mail in this language. `values` has every placeholder of the kind."""
    frame = FRAME[language]
    reach = [one for one in (house.support_phone, house.support_mail) if one]
    choose = [] if kind.security else [frame.choose, house.settings_link]
    foot = " ".join(
        [_filled(frame.of, {"supplier": house.supplier}), *([frame.help, ", ".join(reach)] if reach else [])]
    )
    text = _filled(wording.text.replace("\r\n", "\n").strip(), values)
    foot_lines = [foot, *([" ".join(choose)] if choose else [])]
    plain = f"{text}\n\n-- \n" + "\n".join(foot_lines) + "\n"
    paragraphs = [_paragraph(one, values, frame.button) for one in re.split(r"\n\s*\n", wording.text.strip())]
    html = (
        f'<!doctype html>\n<html lang="{language}" dir="{frame.direction}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme"'
        f' content="light dark"><title>{escape(_subject(wording, values))}</title>'
        f"<style>{_style(house.accent)}</style></head>\n"
        f'<body><div class="mail"><div class="head">{_head(house)}</div>\n<div class="body">\n'
        + "\n".join(paragraphs)
        + '\n</div>\n<div class="foot">'
        + "".join(f"<p>{_linked(line)}</p>" for line in foot_lines)
        + "</div></div></body></html>\n"
    )
    return Written(_subject(wording, values), plain, html)


def _style(accent: str) -> str:
    if not accent:
        return STYLE
    made = palette(accent)
    return STYLE.replace(_OWN_LIGHT, made.light.accent).replace(_OWN_DARK, made.dark.accent)


def _head(house: House) -> str:
    if house.logo is None:
        return escape(house.supplier)
    width = round(_LOGO_HEIGHT * house.logo.width / house.logo.height)
    return f'<img src="cid:{house.logo.part}" alt="{escape(house.supplier)}" width="{width}" height="{_LOGO_HEIGHT}">'


def compose(
    written: Written,
    language: str,
    sender: Sender,
    to_name: str,
    to_address: str,
    message_id: str,
    at: datetime,
    logo: Logo | None = None,
) -> bytes:
    """The whole mail as it goes over the wire, with the logo that its HTML part shows.

    Raises ValueError where an address cannot be one.
    """
    if not is_address(to_address):
        raise ValueError("not one address")
    message = EmailMessage(_POLICY)
    message["Message-ID"] = message_id
    message["Date"] = at
    message["From"] = Address(one_line(sender.name), addr_spec=sender.address)
    message["To"] = Address(one_line(to_name), addr_spec=to_address)
    if sender.reply_to:
        message["Reply-To"] = Address(addr_spec=sender.reply_to)
    message["Subject"] = written.subject
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(written.text)
    message.add_alternative(written.html, subtype="html")
    if logo is not None:
        html: Any = message.get_payload(1)
        html.add_related(logo.content, "image", "png", cid=f"<{logo.part}>", filename="logo.png", disposition="inline")
    message["Content-Language"] = language
    return message.as_bytes()


def one_line(text: str) -> str:
    """The text without line breaks or other control characters: what may stand in a header."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _subject(wording: Wording, values: Mapping[str, str]) -> str:
    return one_line(_filled(wording.subject, values))[:_LINE]


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def _paragraph(text: str, values: Mapping[str, str], button: str) -> str:
    if text.strip() == "{link}":
        href = escape(values["link"])
        shown = f"<bdi>{href}</bdi>"
        return f'<p><a class="button" href="{href}">{escape(button)}</a></p>\n<p><a href="{href}">{shown}</a></p>'
    return f'<p dir="auto">{_linked(_filled(text, values))}</p>'


def _linked(text: str) -> str:
    """The text as HTML: escaped, its addresses made links, its line breaks kept."""
    parts: list[str] = []
    after = 0
    for found in _URL.finditer(text):
        parts += [escape(text[after : found.start()]), f'<a href="{escape(found[0])}">{escape(found[0])}</a>']
        after = found.end()
    return "".join([*parts, escape(text[after:])]).replace("\n", "<br>\n")
