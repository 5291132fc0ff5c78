"""CSV that spreadsheets open without running what is in it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from chassis.cells import harmless
from gateway.exports.rows import Money


class CsvFile:
    """A table as CSV: UTF-8 with a mark, ISO dates, plain numbers; an amount's currency has a column of its own."""

    def __init__(self, path: Path, heads: Sequence[tuple[str, str]]) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow([harmless(head) for head, _shape in heads])

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
        return harmless(value)
    if isinstance(value, Money):
        return format(value.amount, "f")
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    return format(value, "f") if not isinstance(value, int) else str(value)
