"""What is alike for a search, whatever its case, accents, dashes and leading zeros; and the tables searched for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from chassis.finding import (
    WordWriter,
    asked_words,
    begins_number,
    is_number,
    match_of,
    number_words,
    parts_of,
    spans,
    word_table,
    words_of,
)
from chassis.readmodel import Projection, Rows
from chassis.sqlite_models import SqliteDatabase

WORDS = word_table("thing", 1)
WRITER = WordWriter(WORDS)
MODEL = Projection("search", 1, ("thing-",), (WORDS,), lambda event, rows: None)


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    database = SqliteDatabase(tmp_path / "read.db")
    connection = database.connect()
    database.create_tables(connection, [MODEL])
    return Rows(connection)


def found(rows: Rows, company: str, typed: str, branches: list[str] | None = None, **how: bool) -> list[str]:
    match = match_of(company, asked_words(typed), "order", branches, **how)
    sql = "SELECT w.key FROM thing_fts_v1 f JOIN thing_words_v1 w ON w.id = f.rowid WHERE thing_fts_v1 MATCH ?"
    keys = [row["key"] for row in rows.execute(sql + " ORDER BY f.rowid DESC", (match,))]
    if branches is None and "number" not in how:  # who looks at the rows one by one finds the same
        parts = parts_of(company, asked_words(typed), "order", **how)
        kept = rows.execute("SELECT key, words FROM thing_words_v1 ORDER BY id DESC").fetchall()
        assert keys == [row["key"] for row in kept if all(part in f" {row['words']} " for part in parts)]
    return keys


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("INV-000123", "inv 123"),
        ("INV-000123", "INV00012"),
        ("INV-000123", "00123"),
        ("123", "0123"),
        ("AB-100/5", "ab1005"),
        ("AB-100/5", "ab-100"),
        ("AB-100/5", "AB 100 5"),
        ("W-4RJT-8KLM", "w4rjt8k"),
        ("PO-4700/B", "po4700b"),
        ("Müller & Søn", "muller son"),
        ("Mu\u0308ller", "MÜLL"),
        ("Straße", "strasse"),
        ("مُحَمَّد", "محمد"),
        ("مكتبة", "مكتبه"),
        ("أحمد", "احمد"),
        ("طلب ١٢٣", "123"),
        ("don't panic", "dont"),
    ],
)
def test_what_is_typed_finds_what_is_alike(rows: Rows, text: str, typed: str) -> None:
    WRITER.put(rows, ("C-1", "order", "it"), words_of(text), 1)
    WRITER.put(rows, ("C-1", "order", "other"), words_of("nothing like 99 it"), 2)
    assert found(rows, "C-1", typed) == ["it"]


def test_every_word_must_be_there_and_the_latest_comes_first(rows: Rows) -> None:
    WRITER.put(rows, ("C-1", "order", "1"), words_of("red scanner"), 1)
    WRITER.put(rows, ("C-1", "order", "2"), words_of("red printer"), 2)
    WRITER.put(rows, ("C-1", "order", "3"), words_of("a scanner in red"), 3)
    assert found(rows, "C-1", "red scan") == ["3", "1"]
    assert found(rows, "C-1", "red scan", whole=True) == []
    assert found(rows, "C-1", "re scan") == []
    assert found(rows, "C-1", "re scan", loose=True) == ["3", "1"]


def test_another_company_kind_or_branch_is_not_found(rows: Rows) -> None:
    for position, (company, kind, branch) in enumerate(
        [("C-1", "order", "N"), ("C-2", "order", "N"), ("C-1", "invoice", "N"), ("C-1", "order", "S")], 1
    ):
        WRITER.put(rows, (company, kind, str(position)), words_of("scanner"), position, branch)
    assert found(rows, "C-1", "scanner") == ["4", "1"]
    assert found(rows, "C-1", "scanner", ["N"]) == ["1"]
    assert found(rows, "C-1", "scanner", []) == []
    assert found(rows, "C-2", "scanner", ["N", "S"]) == ["2"]


def test_what_is_no_longer_said_is_no_longer_found(rows: Rows) -> None:
    it = ("C-1", "order", "1")
    WRITER.put(rows, it, words_of("scanner"), 1)
    WRITER.put(rows, it, words_of("printer"), 2)
    assert (found(rows, "C-1", "scanner"), found(rows, "C-1", "printer")) == ([], ["1"])
    WRITER.add(rows, it, words_of("paper"), 3)
    assert found(rows, "C-1", "printer paper") == ["1"]
    WRITER.add(rows, ("C-1", "order", "unknown"), words_of("paper"), 4)
    WRITER.remove(rows, it)
    assert found(rows, "C-1", "paper") == []


def test_the_same_words_again_write_nothing(rows: Rows) -> None:
    WRITER.put(rows, ("C-1", "order", "1"), words_of("scanner"), 1)
    WRITER.put(rows, ("C-1", "order", "1"), words_of("scanner"), 2)
    assert rows.one("SELECT id FROM thing_words_v1")["id"] == 1


def test_what_has_a_number_is_told_from_what_speaks_of_it(rows: Rows) -> None:
    WRITER.put(rows, ("C-1", "order", "1"), words_of("INV-000123") | number_words("INV-000123", ""), 1)
    WRITER.put(rows, ("C-1", "order", "2"), words_of("instead of INV-000123") | number_words("INV-000124"), 2)
    for typed in ("INV-000123", "inv 123", "00123"):
        assert found(rows, "C-1", typed, whole=True) == ["2", "1"]
        assert found(rows, "C-1", typed, number=True) == ["1"]
    assert found(rows, "C-1", "instead", number=True) == found(rows, "C-1", "12", number=True) == []


def test_another_date_is_written_where_the_words_are_the_same(rows: Rows) -> None:
    it = ("C-1", "order", "1")

    def kept() -> tuple[object, ...]:
        return tuple(rows.one("SELECT id, date FROM thing_words_v1") or ())

    WRITER.put(rows, it, words_of("scanner"), 1, date="2026-01-05")
    WRITER.add(rows, it, words_of("scanner"), 2)
    assert kept() == (1, "2026-01-05")
    WRITER.put(rows, it, words_of("scanner"), 3, date="2026-01-06")
    assert kept() == (1, "2026-01-06")
    WRITER.add(rows, it, (), 4, date="2026-01-07")
    assert kept() == (1, "2026-01-07")
    WRITER.add(rows, it, words_of("printer"), 5)
    assert kept() == (5, "2026-01-07")


def test_words_of_the_index_language_are_words_as_others(rows: Rows) -> None:
    WRITER.put(rows, ("C-1", "order", "1"), words_of("not and or near"), 1)
    for typed in ("NOT and", "OR", 'near("not")', "and*", "words:or"):
        assert found(rows, "C-1", typed) == ([] if "words" in typed else ["1"])


def test_where_in_a_text_it_stands() -> None:
    def marked(text: str, typed: str) -> list[str]:
        return [text[first:last] for first, last in spans(text, asked_words(typed))]

    assert marked("INV-000123 <b>", "inv 123 b") == ["INV", "000123", "b"]
    assert marked("Warehouse scanner", "ware scan") == ["Ware", "scan"]
    assert marked("Große Müller", "mul gros") == ["Große", "Mül"]
    assert marked("unscanned", "scan") == []


def test_an_exact_number_is_told_from_one_that_only_begins_so() -> None:
    asked = asked_words("00123")
    assert is_number(asked, "INV-123")
    assert not is_number(asked, "INV-1234")
    assert begins_number(asked, "INV-1234")
    assert not begins_number(asked, "INV-9123")
    assert not is_number((), "1")
