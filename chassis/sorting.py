"""The order in which people look names up: letters before accents, capitals beside small ones.

CLDR's root order, as far as it goes without ICU, whose binding has no wheel: what a language has of its own (Spanish
ñ as a letter after n) is not in it. One order for all readers, so that it can be kept in a read model and paged by.
"""

from __future__ import annotations

import re
import unicodedata

_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ى": "ي", "ـ": ""}
)
_NOT_LOOKED_AT = re.compile(r"[^\w\s]|_")


def sort_key(text: str) -> str:
    """What to order by; equal for texts that differ in accents, capitals or signs only: the text itself comes next."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return " ".join(_NOT_LOOKED_AT.sub("", letters).split())


def by_name(pair: tuple[str, str]) -> tuple[str, str, str]:
    """The key for pairs of (key, name)."""
    return sort_key(pair[1]), pair[1], pair[0]
