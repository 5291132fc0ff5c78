"""Files that are refused whole: nothing of them is taken, and the message says what to do."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from services.erp_sync.adapters.files import reading
from services.erp_sync.adapters.files.reading import Unreadable
from tests.unit.erp_sync.files import HEADER, INVOICES, gzipped, staged, workbook

ROW = "1,A,2026-05-31,X1,Bolt,2,1.50\n"


def refused(tmp_path: Path, content: str | bytes, profile: str = INVOICES) -> str:
    """Why the file is refused."""
    with pytest.raises(Unreadable) as caught:
        staged(tmp_path, content, profile)
    return str(caught.value)


def test_wrong_columns_are_named_beside_those_that_are_there(tmp_path: Path) -> None:
    said = refused(tmp_path, HEADER.replace("Price", "Prices").replace("Qty", "Pieces") + ROW)
    assert "“Price” (did you mean “Prices”?)" in said
    assert "“Qty”" in said
    assert "It has: No, Customer, Date, Item, Text, Pieces, Prices." in said


def test_a_wrong_delimiter_looks_like_wrong_columns(tmp_path: Path) -> None:
    assert "Is it the right file, delimiter and header row?" in refused(tmp_path, (HEADER + ROW).replace(",", ";"))


def test_a_wrong_encoding_names_the_byte(tmp_path: Path) -> None:
    said = refused(tmp_path, (HEADER + ROW.replace("Bolt", "Öse")).encode("cp1252"))
    assert "not written in utf-8: byte 0xd6" in said
    assert "encoding" in said


@pytest.mark.parametrize("kept", [30, -9, -1])
def test_a_gzip_that_is_cut_off(tmp_path: Path, kept: int) -> None:
    assert "damaged or cut off" in refused(tmp_path, gzipped(HEADER + ROW * 500)[:kept])


def test_a_gzip_that_is_damaged(tmp_path: Path) -> None:
    content = bytearray(gzipped(HEADER + "".join(f"{n},A,2026-05-31,X1,Bolt,2,1.50\n" for n in range(500))))
    content[len(content) // 2] ^= 0xFF
    assert "damaged or cut off" in refused(tmp_path, bytes(content))


def test_a_quote_that_is_never_closed_does_not_swallow_rows(tmp_path: Path) -> None:
    said = refused(tmp_path, HEADER + ROW.replace("Bolt", '"Bolt') + ROW)
    assert said.startswith("Line 3: unexpected end of data")
    assert "quote: none" in said


def test_a_quote_inside_a_quoted_text_is_told(tmp_path: Path) -> None:
    assert refused(tmp_path, HEADER + ROW.replace("Bolt", '"2" Bolt"')).startswith("Line 2: ")


def test_an_empty_file_and_one_without_rows(tmp_path: Path) -> None:
    assert refused(tmp_path, "") == "The file is empty."
    assert "no rows" in refused(tmp_path, HEADER)
    assert "no row 3" in refused(tmp_path, HEADER, "file: {header: 3}\n" + INVOICES)


def test_what_only_looks_like_a_workbook(tmp_path: Path) -> None:
    assert "not an XLSX workbook" in refused(tmp_path, b"PK\x03\x04 nothing behind it")
    assert "not an XLSX workbook" in refused(tmp_path, workbook([["No"]])[:400])


def test_a_sheet_that_is_not_there(tmp_path: Path) -> None:
    said = refused(tmp_path, workbook([["No"]], "Lines"), "file: {sheet: Invoices}\n" + INVOICES)
    assert said == "The workbook has no sheet “Invoices”. It has: Lines."


def test_the_format_may_be_insisted_on(tmp_path: Path) -> None:
    assert "no XLSX file" in refused(tmp_path, HEADER + ROW, "file: {format: xlsx}\n" + INVOICES)
    assert "an XLSX (or ZIP) file" in refused(tmp_path, workbook([["No"]]), "file: {format: csv}\n" + INVOICES)


def test_a_column_twice(tmp_path: Path) -> None:
    assert "more than one column “No”" in refused(tmp_path, HEADER.replace("Text", "No") + ROW)


def padded(part: str, size: int) -> bytes:
    """A workbook with another part of so many bytes, which take next to none packed."""
    content = io.BytesIO(workbook([HEADER.strip().split(",")]))
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(part, b" " * size)
    return content.getvalue()


def test_a_small_workbook_that_becomes_too_much_is_refused_before_it_does(tmp_path: Path) -> None:
    content = padded("xl/worksheets/sheet9.xml", 65 * 1024 * 1024)
    assert len(content) < 100_000
    said = refused(tmp_path, content)
    assert said.startswith("The workbook would become 65 MiB in ")
    assert "Save it as CSV" in said


@pytest.mark.parametrize(("bound", "most"), [("MOST_UNPACKED", 50_000), ("MOST_STRINGS", 50_000), ("MOST_PARTS", 5)])
def test_each_bound_of_a_workbook_holds(bound: str, most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, bound, most)
    assert "when it is unpacked" in refused(tmp_path, padded("xl/sharedStrings.xml", 60_000))
