"""Cells of CSV files that somebody may open in a spreadsheet."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"[+-]?[0-9][0-9.,' ]*")
_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def harmless(text: str) -> str:
    """What somebody typed, with an apostrophe before it where a spreadsheet would take it for a formula.

    Numbers stay as they are, signs and all. Not for codes that a program looks up: it would not find them.
    """
    return f"'{text}" if text.lstrip(" ").startswith(_BEGINS) and not _NUMBER.fullmatch(text) else text
