"""What a search gives: hits in their order, and where in their texts the words stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from chassis.finding import begins_number, is_number, pieces, spans

_AROUND = 70


@dataclass(slots=True)
class Hit:
    """Something that was found. `name` is what it is called, `number` what it is known by, "" for what has none.

    `place` is where the list goes on behind it (gateway/finding/subjects.py); `total` an amount in minor units with its
    currency; `company` the name and `owner` the code of whose it is, where that may be anybody's.
    """

    place: tuple[str, int]
    path: str
    number: str
    name: str = ""
    date: str = ""
    status: str = ""
    total: int | None = None
    currency: str = ""
    reference: str = ""
    company: str = ""
    owner: str = ""
    key: str = ""
    texts: Sequence[str] = ()
    icon: str = ""

    def rank(self, asked: Sequence[str]) -> int:
        """0 for the number itself, 1 for what begins with it, 2 for the rest."""
        numbers = {self.number, self.key} - {""}
        if any(is_number(asked, number) for number in numbers):
            return 0
        return 1 if any(begins_number(asked, number) for number in numbers) else 2


def ranked(hits: Iterable[Hit], asked: Sequence[str]) -> list[Hit]:
    """The number itself first, then what begins so, each the newest first. One of each address."""
    found: dict[str, Hit] = {}
    for hit in hits:
        found.setdefault(hit.path, hit)
    newest = sorted(found.values(), key=lambda hit: hit.place, reverse=True)
    return sorted(newest, key=lambda hit: hit.rank(asked))


def marked(text: str, asked: Sequence[str]) -> Markup:
    """The text with what was asked for marked in it."""
    parts, end = [], 0
    for first, last in spans(text, asked):
        parts += [escape(text[end:first]), Markup("<mark>"), escape(text[first:last]), Markup("</mark>")]
        end = last
    return Markup("").join([*parts, escape(text[end:])])


def snippet(texts: Iterable[str], asked: Sequence[str]) -> Markup:
    """Of these texts the part where most of the words stand; empty where none does."""
    best, most = "", 0
    for text in texts:
        own = pieces(text)
        count = sum(any(word.startswith(one) for word in own) for one in asked)
        if count > most:
            best, most = text, count
    if not most:
        return Markup("")
    first = next(spans(best, asked), (0, 0))[0]
    begin = max(0, first - _AROUND)
    end = min(len(best), first + 2 * _AROUND)
    cut = " ".join(best[begin:end].split())
    return Markup("").join(["… " if begin else "", marked(cut, asked), " …" if end < len(best) else ""])


def texts_of(body: dict[str, Any]) -> list[str]:
    """The texts of a document's body: its lines' and its note."""
    lines = (
        " ".join(filter(None, (line.get("item"), line.get("description") or line.get("name"))))
        for line in body.get("lines") or ()
    )
    return [*lines, body.get("note") or ""]
