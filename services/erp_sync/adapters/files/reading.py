"""Opens an export file and gives its rows as lists of text, whatever it is written in.

What cannot be read at all raises Unreadable: the file is refused whole, with what is wrong and what to do.
"""

from __future__ import annotations

import csv
import difflib
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

from services.erp_sync.adapters.files.profile import Profile

_MIB = 1024 * 1024
MOST_UNPACKED, MOST_STRINGS, MOST_PARTS = 2048 * _MIB, 256 * _MIB, 2000
"""Bounds of a workbook, which is a zip: bytes of all its parts, of its texts (they are held in memory), parts."""
_TIGHTEST = 200  # times, of a part over 64 MiB: what people and programs write shrinks ten to forty times
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
MAX_CELL = 1_000_000
"""Characters of one cell; a quote that is never closed ends here, not with the file."""


class Unreadable(Exception):
    """The file cannot be read as the profile says; nothing of it is taken."""


class Rows:
    """The rows below the header. `line` is the line of the file (row of the sheet) that was read last, 1 the first."""

    def __init__(self, header: list[str], rows: Iterator[list[str]], line: Any, done: Any) -> None:
        self.header = header
        self._rows = rows
        self._line = line
        self._done = done

    def __iter__(self) -> Iterator[list[str]]:
        return self._rows

    @property
    def line(self) -> int:
        """The line that the last row ended on."""
        return int(self._line())

    @property
    def bytes_read(self) -> int:
        """How much of the file on disk has been read: progress."""
        return int(self._done())


@contextmanager
def open_rows(path: Path, profile: Profile) -> Iterator[Rows]:
    """The file's rows; raises Unreadable here or while they are read."""
    rows: Rows | None = None
    with path.open("rb") as raw:
        try:
            start = raw.read(4)
            raw.seek(0)
            if not start:
                raise Unreadable("The file is empty.")
            is_xlsx = start == _ZIP
            if is_xlsx != (profile.file.format == "xlsx") and profile.file.format:
                found = "an XLSX (or ZIP) file" if is_xlsx else "no XLSX file"
                raise Unreadable(f"This is {found}, but the profile says `format: {profile.file.format}`.")
            rows = _xlsx_rows(raw, profile) if is_xlsx else _csv_rows(raw, profile, start.startswith(_GZIP))
            _check_header(rows.header, profile)
            yield rows
        except csv.Error as error:
            raise Unreadable(
                f"Line {rows.line if rows else 1}: {error}. A quote that is not closed does this, or one inside a text"
                " that is not doubled; `file: quote: none` in the profile reads files that do not quote."
            ) from error
        except UnicodeDecodeError as error:
            byte = error.object[error.start]
            raise Unreadable(
                f"The file is not written in {profile.file.encoding}: byte 0x{byte:02x} ({error.reason})."
                " Set the profile's `file: encoding:` (cp1252 and iso-8859-15 are common) or export it as UTF-8."
            ) from error
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise Unreadable(
                f"The gzip file is damaged or cut off ({error}). Nothing was imported; copy it again, whole."
            ) from error


def _check_header(header: list[str], profile: Profile) -> None:
    twice = sorted({name for name in header if name and header.count(name) > 1} & profile.columns)
    if twice:
        raise Unreadable(f"The file has more than one column {', '.join(f'“{name}”' for name in twice)}.")
    missing = sorted(profile.columns - set(header))
    if not missing:
        return
    hints = []
    for name in missing:
        near = difflib.get_close_matches(name, header, 1, 0.6)
        hints.append(f"“{name}”" + (f" (did you mean “{near[0]}”?)" if near else ""))
    shown = ", ".join(header) if any(header) else "none"
    raise Unreadable(
        f"The file lacks columns that profile {profile.name} reads: {', '.join(hints)}. It has: {shown[:1000]}."
        " Is it the right file, delimiter and header row?"
    )


def _csv_rows(raw: BinaryIO, profile: Profile, zipped: bool) -> Rows:
    form = profile.file
    encoding = "utf-8-sig" if form.encoding.lower().replace("_", "-") in ("utf-8", "utf8") else form.encoding
    source: Any = io.BufferedReader(gzip.GzipFile(fileobj=raw), 1 << 20) if zipped else raw
    text = io.TextIOWrapper(source, encoding=encoding, newline="")
    csv.field_size_limit(MAX_CELL)
    reader = csv.reader(
        text,
        delimiter=form.delimiter,
        quotechar=form.quote or None,
        quoting=csv.QUOTE_MINIMAL if form.quote else csv.QUOTE_NONE,
        strict=True,
    )
    return Rows(_header(reader, form.header), reader, lambda: reader.line_num, raw.tell)


def _header(rows: Iterator[list[str]], number: int) -> list[str]:
    row: list[str] | None = None
    for _ in range(number):
        row = next(rows, None)
    if row is None:
        raise Unreadable(f"The file has no row {number}, where the profile expects the column names.")
    return [name.strip() for name in row]


def _xlsx_rows(raw: BinaryIO, profile: Profile) -> Rows:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    _refuse_bomb(raw)
    try:
        book = load_workbook(raw, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, OSError, ValueError) as error:
        raise Unreadable(f"This is not an XLSX workbook that can be read ({error}). Save it again as .xlsx.") from error
    names = book.sheetnames
    if profile.file.sheet and profile.file.sheet not in names:
        raise Unreadable(f"The workbook has no sheet “{profile.file.sheet}”. It has: {', '.join(names)}.")
    sheet = book[profile.file.sheet] if profile.file.sheet else book.worksheets[0]
    if hasattr(sheet, "reset_dimensions"):
        sheet.reset_dimensions()  # some programs write a wrong size, and cells beyond it would be lost
    at = _Counter()
    rows = _sheet_rows(sheet.iter_rows(values_only=True), at, profile)
    header = _header(rows, profile.file.header)
    while header and not header[-1]:
        header.pop()
    return Rows(header, rows, lambda: at.row, raw.tell)


def _refuse_bomb(raw: BinaryIO) -> None:
    """Raise Unreadable for a zip that becomes too much; no part of one becomes more than its directory says."""
    try:
        with zipfile.ZipFile(raw) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return  # the reader says it better
    finally:
        raw.seek(0)
    strings = sum(part.file_size for part in parts if part.filename.lower().endswith("sharedstrings.xml"))
    tight = any(
        part.file_size > 64 * _MIB and part.file_size > _TIGHTEST * max(1, part.compress_size) for part in parts
    )
    size = sum(part.file_size for part in parts)
    if tight or size > MOST_UNPACKED or strings > MOST_STRINGS or len(parts) > MOST_PARTS:
        raise Unreadable(
            f"The workbook would become {size // _MIB} MiB in {len(parts)} parts when it is unpacked, or is packed"
            f" tighter than any program does it. At most {MOST_UNPACKED // _MIB} MiB in {MOST_PARTS} parts are read."
            " Save it as CSV, or in several files."
        )


class _Counter:
    row = 0


def _sheet_rows(values: Iterable[tuple[Any, ...]], at: _Counter, profile: Profile) -> Iterator[list[str]]:
    width = 0
    try:
        for cells in values:
            at.row += 1
            row = [_cell_text(cell, profile) for cell in cells]
            if at.row == profile.file.header:
                width = len(row)
            elif len(row) < width:  # trailing empty cells are not stored
                row += [""] * (width - len(row))
            yield row if any(row) else []
    except (zipfile.BadZipFile, zlib.error, KeyError, SyntaxError) as error:
        raise Unreadable(f"The workbook is damaged behind row {at.row} ({error}). Save it again as .xlsx.") from error


def _cell_text(cell: Any, profile: Profile) -> str:
    """A typed cell in the notation in which the profile's texts are read."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        # Fifteen digits are what Excel itself shows; behind them is the noise of binary fractions.
        text = format(Decimal(format(cell, ".15g")), "f")
        return text.replace(".", profile.decimal)
    if isinstance(cell, (datetime, date)):
        return cell.isoformat()  # which every reader of dates knows beside the profile's own formats
    if isinstance(cell, time):
        return cell.isoformat()
    return str(cell)
