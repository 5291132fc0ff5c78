"""CSV that spreadsheets open without running what is in it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from gateway.exports.rows import Money

# What makes a spreadsheet take a text for a formula, wide forms included.
_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe(text: str) -> str:
    """The text as it can stand in a cell: what would be a formula is a text by the sign that spreadsheets know."""
    return f"'{text}" if text.lstrip(" ").startswith(_BEGINS) else text


class CsvFile:
    """A table as CSV: UTF-8 with a mark, ISO dates, plain numbers; an amount's currency has a column of its own."""

    def __init__(self, path: Path, heads: Sequence[tuple[str, str]]) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow([safe(head) for head, _shape in heads])

    def row(self, values: Sequence[Any]) -> None:
        """A row below the others."""
        self._writer.writerow([_text(value) for value in values])

    def close(self) -> None:
        """End the file."""
        self._file.close()


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return safe(value)
    if isinstance(value, Money):
        return format(value.amount, "f")
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    return format(value, "f") if not isinstance(value, int) else str(value)
