"""Excel files with real types, written row by row: memory stays flat whatever their length."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from chassis.money import digits
from gateway.exports.rows import Money

MOST_ROWS = 1_048_576
"""Rows of a sheet, its head among them: Excel's own limit. What is more goes on in a further sheet."""
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")
_WIDTHS = {"text": 28, "date": 12, "moment": 18, "money": 16, "status": 14, "branch": 22}


class Sheets:
    """A workbook of one table, on as many sheets as it needs. Not usable before `close`, which ends the file."""

    def __init__(self, path: Path, title: str, heads: Sequence[tuple[str, str]], most_rows: int = MOST_ROWS) -> None:
        """`heads` are the columns' titles and shapes; temporary files go beside `path`."""
        options = {
            "constant_memory": True,
            "tmpdir": str(path.parent),
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self._book = xlsxwriter.Workbook(str(path), options)
        self._title = _FORBIDDEN.sub(" ", title)[:26].strip() or "Report"
        self._heads = heads
        self._most = most_rows
        self._bold = self._book.add_format({"bold": True, "bottom": 1})
        # 14 is the day as the reader's own Excel writes days, 22 the same with the time.
        self._day, self._moment = (self._book.add_format({"num_format": number}) for number in (14, 22))
        self._money: dict[tuple[str, bool], Format] = {}
        self._sheets = 0
        self._sheet: Worksheet = self._further()

    def row(self, values: Sequence[Any], bold: bool = False) -> None:
        """A row below the others."""
        if self._at >= self._most:
            self._end()
            self._sheet = self._further()
        for column, value in enumerate(values):
            self._put(column, value, bold)
        self._at += 1

    def table(self, title: str, heads: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]) -> None:
        """A further sheet with a table of its own; the last thing before `close`."""
        self._end()
        self._heads, self._title, self._sheets = heads, _FORBIDDEN.sub(" ", title)[:26].strip(), 0
        self._sheet = self._further()
        for values in rows:
            self.row(values)

    def totals(self, rows: Sequence[Sequence[Any]]) -> None:
        """Rows below the table that are not among what Excel filters."""
        self._last = self._at
        for values in rows:
            self.row(values, bold=True)

    def close(self) -> None:
        """Write the file."""
        self._end()
        self._book.close()

    def _further(self) -> Worksheet:
        self._sheets += 1
        sheet = self._book.add_worksheet(f"{self._title} {self._sheets}" if self._sheets > 1 else self._title)
        for column, (head, shape) in enumerate(self._heads):
            sheet.set_column(column, column, max(_WIDTHS.get(shape, 14), min(len(head) + 4, 40)))
            sheet.write_string(0, column, head, self._bold)
        sheet.freeze_panes(1, 0)
        self._at, self._last = 1, 0
        return sheet

    def _end(self) -> None:
        self._sheet.autofilter(0, 0, max((self._last or self._at) - 1, 0), len(self._heads) - 1)

    def _put(self, column: int, value: Any, bold: bool) -> None:
        sheet, row = self._sheet, self._at
        if isinstance(value, str):
            if value:
                sheet.write_string(row, column, value, self._bold if bold else None)
        elif isinstance(value, Money):
            sheet.write_number(row, column, float(value.amount), self._money_format(value.currency, bold))
        elif isinstance(value, datetime):
            sheet.write_datetime(row, column, value, self._moment)
        elif isinstance(value, date):
            sheet.write_datetime(row, column, value, self._day)
        elif isinstance(value, int | Decimal):
            sheet.write_number(row, column, float(value), self._bold if bold else None)

    def _money_format(self, currency: str, bold: bool) -> Format:
        found = self._money.get((currency, bold))
        if found is None:
            places = f".{'0' * digits(currency)}" if digits(currency) else ""
            shape: dict[str, Any] = {"num_format": f"#,##0{places}\\ [${currency}]"}
            found = self._book.add_format(shape | ({"bold": True, "bottom": 1} if bold else {}))
            self._money[currency, bold] = found
        return found
