"""The small markup of admins' own texts, and the HTML made of it: all else in a text is text. Pure.

An empty line begins a paragraph, `## ` a heading, `- ` an item of a list; `**bold**`, `*italic*`,
`[text](https://address)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from chassis.sentences import sentence

_LINK = re.compile(r"\[([^\[\]\n]+)\]\(([^()\s]*(?:\([^()\s]*\)[^()\s]*)?)\)")
_ALLOWED = re.compile(r"(?:https?://[^\s/]|mailto:[^\s]|tel:[+0-9]|/(?!/))[^\s\"'<>\\]*\Z", re.I)
_BOLD = re.compile(r"\*\*([^*\n]+)\*\*")
_ITALIC = re.compile(r"\*([^*\n]+)\*")


def is_address(text: str) -> bool:
    """Whether a link may lead there: a page (http, https), a mail address, a telephone, or a page of the portal."""
    return _ALLOWED.match(text) is not None


def faults(text: str) -> list[str]:
    """What is wrong with a text, in sentences for people."""
    return [
        sentence(
            "A link cannot lead to “%(address)s”: write an address like https://www.example.com,"
            " mailto:help@example.com or /support.",
            address=address,
        )
        for _label, address in _LINK.findall(text)
        if not is_address(address)
    ]


def html(text: str) -> str:
    """The text as HTML; links with addresses that are not allowed stay the text they are."""
    blocks = re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").strip())
    return "\n".join(made for block in blocks if block.strip() for made in _block(block.strip("\n")))


def _block(block: str) -> Iterator[str]:
    lines: list[str] = []
    kind = ""
    for line in block.split("\n"):
        own = next((mark for mark in ("## ", "- ") if line.startswith(mark)), "")
        if lines and (own != kind or kind == "## "):
            yield _made(kind, lines)
            lines = []
        kind = own
        lines.append(_inline(line[len(own) :].strip()))
    yield _made(kind, lines)


def _made(kind: str, lines: list[str]) -> str:
    if kind == "## ":
        return f"<h2>{lines[0]}</h2>"
    if kind == "- ":
        return f"<ul>{''.join(f'<li>{line}</li>' for line in lines)}</ul>"
    return f"<p>{'<br>'.join(lines)}</p>"


def _inline(text: str) -> str:
    parts: list[str] = []
    after = 0
    for found in _LINK.finditer(text):
        if is_address(found[2]):
            label = _emphasised(escape(found[1]))
            outside = "" if found[2].startswith("/") else ' rel="noopener noreferrer"'
            parts += [_emphasised(escape(text[after : found.start()]))]
            parts += [f'<a href="{escape(found[2])}"{outside}>{label}</a>']
            after = found.end()
    return "".join([*parts, _emphasised(escape(text[after:]))])


def _emphasised(text: str) -> str:
    return _ITALIC.sub(r"<em>\1</em>", _BOLD.sub(r"<strong>\1</strong>", text))
