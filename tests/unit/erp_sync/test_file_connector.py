"""The way out by files: one whole file an order, each answer recorded once, bad answers put aside with the reason."""

from __future__ import annotations

import csv
import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from services.erp_sync.adapters.files import answers as answers_module
from services.erp_sync.adapters.files.outbox import COLUMNS, FileConnector
from services.erp_sync.domain import Answer, Posting
from services.erp_sync.errors import UnknownPosting
from tests.unit.erp_sync.examples import DOCUMENT, QUEUED, REFERENCE, REQUESTED, WRITTEN, posting

HEADER = "reference,status,erp_number,message\n"
ORDER: Posting = posting(REQUESTED, QUEUED)


@pytest.fixture
def connector(tmp_path: Path) -> FileConnector:
    """A connector on a folder of the test's own."""
    return FileConnector(tmp_path, "csv")


def told(connector: FileConnector) -> list[Answer]:
    """What two looks at the answers bring: a file counts when it has not changed between them."""
    found: list[Answer] = []
    connector.answers(found.append)
    connector.answers(found.append)
    return found


def test_an_order_is_one_row_a_line(tmp_path: Path, connector: FileConnector) -> None:
    posted = connector.post(ORDER)
    assert posted is not None
    with (tmp_path / "outbox" / posted.place).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [(row["LineNo"], row["ItemCode"], row["Quantity"], row["UnitPrice"], row["LineAmount"]) for row in rows] == [
        ("1", "BV-1-2", "10", "1.90", "19.00"),
        ("2", "PG-25", "1", "1.90", "1.90"),
    ]
    assert {row["Reference"] for row in rows} == {REFERENCE}
    assert rows[0]["Note"] == DOCUMENT["note"]
    assert rows[0]["Total"] == "20.90"


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("=HYPERLINK(A1)", "'=HYPERLINK(A1)"),
        ("@SUM(1)", "'@SUM(1)"),
        ("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"),
        ("+1*A2", "'+1*A2"),
        ("\t=1", "'\t=1"),
        ("＝1+1", "'＝1+1"),
        ("-4711", "-4711"),
        ("+49 30 123", "+49 30 123"),
        ("-1,250.50", "-1,250.50"),
        ("PO 4711 = urgent", "PO 4711 = urgent"),
        ("", ""),
    ],
)
def test_what_a_customer_typed_is_no_formula(
    typed: str, written: str, tmp_path: Path, connector: FileConnector
) -> None:
    lines = [{**line, "item": "-X=1"} for line in DOCUMENT["lines"]]
    document = {**DOCUMENT, "note": typed, "reference": typed, "lines": lines}
    connector.post(replace(ORDER, document=document))
    with (tmp_path / "outbox" / f"{REFERENCE}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["Note"], row["CustomerRef"]) for row in rows} == {(written, written)}
    assert {row["ItemCode"] for row in rows} == {"-X=1"}, "a code that the ERP looks up stays as it is"


def test_json_has_the_document_whole(tmp_path: Path) -> None:
    posted = FileConnector(tmp_path, "json").post(ORDER)
    assert posted is not None
    assert json.loads((tmp_path / "outbox" / f"{REFERENCE}.json").read_text())["document"] == DOCUMENT


@pytest.mark.parametrize("folder", ["outbox", "sent"])
def test_what_is_there_is_not_written_again(folder: str, tmp_path: Path, connector: FileConnector) -> None:
    first = connector.post(ORDER)
    (tmp_path / "outbox" / f"{REFERENCE}.csv").rename(tmp_path / folder / f"{REFERENCE}.csv")
    assert connector.post(ORDER) == first
    assert len(list(tmp_path.glob(f"*/{REFERENCE}.csv"))) == 1


def test_an_answer_that_waits_holds_posting_back(tmp_path: Path, connector: FileConnector) -> None:
    (tmp_path / "answers" / "a.csv").write_text(f"{HEADER}{REFERENCE},posted,SO-1,\n")
    assert connector.post(ORDER) is None
    assert not connector.take_back(ORDER)


def test_answers_are_told_and_their_files_done(tmp_path: Path, connector: FileConnector) -> None:
    connector.post(ORDER)
    text = f"{HEADER}{REFERENCE},Posted,SO-1,\nW-1111-1111,refused,,Blocked; ask us\n\n"
    (tmp_path / "answers" / "monday.csv").write_text(text)
    assert told(connector) == [
        Answer(REFERENCE, "posted", "SO-1", ""),
        Answer("W-1111-1111", "refused", "", "Blocked; ask us"),
    ]
    assert (tmp_path / "answers" / "done" / "monday.csv").read_text() == text
    assert (tmp_path / "sent" / f"{REFERENCE}.csv").exists()
    assert not list((tmp_path / "outbox").iterdir())


def test_semicolons_other_columns_and_a_byte_order_mark_are_fine(tmp_path: Path, connector: FileConnector) -> None:
    (tmp_path / "answers" / "a.csv").write_text(
        f"\ufeffERP_Number;Status;When;Reference\nSO-1;posted;today;{REFERENCE}\n", encoding="utf-8"
    )
    assert told(connector) == [Answer(REFERENCE, "posted", "SO-1", "")]


def test_a_file_half_written_waits_until_it_is_whole(tmp_path: Path, connector: FileConnector) -> None:
    file = tmp_path / "answers" / "a.csv"
    file.write_text(HEADER + REFERENCE + ",pos")
    assert told(connector) == []
    with file.open("a") as more:
        more.write("ted,SO-1,\n")
    assert told(connector) == [Answer(REFERENCE, "posted", "SO-1", "")]


def test_names_of_files_being_written_are_not_looked_at(tmp_path: Path, connector: FileConnector) -> None:
    for name in (".a.csv", "a.csv.half", "a.tmp"):
        (tmp_path / "answers" / name).write_text(f"{HEADER}{REFERENCE},posted,SO-1,\n")
    assert told(connector) == []


def test_a_file_that_never_gets_whole_is_taken_as_it_is(tmp_path: Path, connector: FileConnector) -> None:
    file = tmp_path / "answers" / "a.csv"
    file.write_text(f"{HEADER}{REFERENCE},posted,SO-1")
    old = time.time() - answers_module.PATIENCE_SECONDS - 1
    os.utime(file, (old, old))
    assert told(connector) == [Answer(REFERENCE, "posted", "SO-1", "")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("order,result\nW-1,ok\n", "The first line lacks reference, status"),
        (f"{HEADER}{REFERENCE},done,SO-1,\n", "Line 2: The status is “done”; it is posted or refused."),
        (f"{HEADER}{REFERENCE},posted,,\n", "erp_number is empty"),
        (f"{HEADER}{REFERENCE},refused,,\n", "message is empty"),
        (f"{HEADER}../../etc,posted,SO-1,\n", "is not a reference of Portico's"),
        (b"\xff\xfe\x00\n", "The file is not UTF-8"),
    ],
)
def test_bad_answers_are_put_aside_with_the_reason(
    text: str | bytes, reason: str, tmp_path: Path, connector: FileConnector
) -> None:
    content = text.encode() if isinstance(text, str) else text
    (tmp_path / "answers" / "bad.csv").write_bytes(content)
    assert told(connector) == []
    assert (tmp_path / "answers" / "refused" / "bad.csv").read_bytes() == content
    assert reason in (tmp_path / "answers" / "refused" / "bad.csv.reason").read_text()


def test_the_good_rows_of_a_bad_file_are_taken(tmp_path: Path, connector: FileConnector) -> None:
    found: list[Answer] = []

    def record(answer: Answer) -> None:
        if answer.reference != REFERENCE:
            raise UnknownPosting(answer.reference)
        found.append(answer)

    text = f"{HEADER}W-0000-0000,posted,SO-9,\n{REFERENCE},posted,SO-1,\n"
    (tmp_path / "answers" / "mixed.csv").write_text(text)
    connector.answers(record)
    connector.answers(record)
    assert [answer.erp_number for answer in found] == ["SO-1"]
    reason = (tmp_path / "answers" / "refused" / "mixed.csv.reason").read_text()
    assert reason == "Line 2: “W-0000-0000” is not the reference of anything Portico posted.\n"


def test_two_files_of_one_name_are_both_kept(tmp_path: Path, connector: FileConnector) -> None:
    for number in ("SO-1", "SO-2"):
        (tmp_path / "answers" / "a.csv").write_text(f"{HEADER}{REFERENCE},posted,{number},\n")
        told(connector)
    assert len(list((tmp_path / "answers" / "done").iterdir())) == 2


def test_taking_back_moves_the_file_once(tmp_path: Path, connector: FileConnector) -> None:
    connector.post(ORDER)
    assert connector.take_back(ORDER)
    assert connector.take_back(ORDER)
    assert (tmp_path / "withdrawn" / f"{REFERENCE}.csv").exists()
    assert not list((tmp_path / "outbox").iterdir())


def test_what_the_erp_took_is_not_taken_back(tmp_path: Path, connector: FileConnector) -> None:
    connector.post(ORDER)
    (tmp_path / "outbox" / f"{REFERENCE}.csv").rename(tmp_path / "sent" / f"{REFERENCE}.csv")
    assert not connector.take_back(ORDER)


def test_what_never_got_out_is_taken_back(connector: FileConnector) -> None:
    assert connector.take_back(ORDER)


def test_what_is_known_to_be_out_and_is_not_there_is_not_taken_back(connector: FileConnector) -> None:
    assert not connector.take_back(posting(REQUESTED, QUEUED, WRITTEN))


def test_a_file_that_cannot_be_read_holds_up_neither_other_answers_nor_orders(
    tmp_path: Path, connector: FileConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "answers" / "a.csv").write_text(f"{HEADER}W-1111-1111,posted,SO-9,\n")
    (tmp_path / "answers" / "b.csv").write_text(f"{HEADER}W-2222-2222,posted,SO-8,\n")
    read = Path.read_bytes

    def guarded(path: Path) -> bytes:
        if path.name == "a.csv":
            raise PermissionError(13, "Permission denied", str(path))
        return read(path)

    # A file's mode keeps nothing from a test that runs as root.
    monkeypatch.setattr(Path, "read_bytes", guarded)
    assert told(connector) == [Answer("W-2222-2222", "posted", "SO-8")]
    assert connector.post(ORDER) is not None
    assert (tmp_path / "answers" / "a.csv").exists()
