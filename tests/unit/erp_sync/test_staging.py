"""From rows to normalised documents in batches: what is grouped, computed, left out and refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chassis.bus import partition_of
from services.erp_sync.adapters.files import stage as stage_module
from services.erp_sync.adapters.files.staging import Problem
from tests.unit.erp_sync.files import ASKED_AT, HEADER, INVOICES, gzipped, staged, workbook

CREDIT_MEMOS = (
    INVOICES
    + """
  - kind: credit_memo
    where: {No: {starts_with: C}}
    company: Customer
    key: No
    fields: {date: Date}
    lines: {item: Item, description: Text, quantity: Qty, price: Price}
"""
)


def test_an_invoice_is_its_rows(tmp_path: Path) -> None:
    rows = "1001,A1,2026-05-31,X1,Bolt,2,1.50\n1001,A1,2026-05-31,X2, Nut ,3,0.335\n"
    result = staged(tmp_path, HEADER + rows)
    assert result.documents == [
        {
            "company": "A1",
            "kind": "invoice",
            "key": "1001",
            "stamp": ASKED_AT,
            "body": {
                "number": "1001",
                "date": "2026-05-31",
                "due_date": "2026-05-31",
                "currency": "GBP",
                "status": "open",
                "exact_total": "4.005",
                "total": "4.01",
                "open_amount": "4.01",
                "base": [],
                "lines": [
                    {"line": 1, "item": "X1", "description": "Bolt", "quantity": "2", "price": "1.5", "amount": "3.0"},
                    {
                        "line": 2,
                        "item": "X2",
                        "description": "Nut",
                        "quantity": "3",
                        "price": "0.335",
                        "amount": "1.005",
                    },
                ],
            },
        }
    ]
    assert result.batches == [("payments", partition_of("A1"), ["1001"])]


def test_rows_of_a_document_need_not_stand_together(tmp_path: Path) -> None:
    rows = "1,A,2026-05-31,X1,,1,1\n2,B,2026-05-31,X1,,1,2\n1,A,2026-06-01,X2,,1,3\n"
    result = staged(tmp_path, HEADER + rows)
    assert [line["item"] for line in result.one("1")["lines"]] == ["X1", "X2"]
    assert result.one("1")["date"] == "2026-05-31"
    assert result.one("1")["total"] == "4.00"


@pytest.mark.parametrize("room", [1, 3, 50])
def test_what_does_not_fit_into_memory_is_put_together_again(
    room: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f"{n % 7},A{n % 2},2026-05-31,X{n},Text {n},{n},1.25\n" for n in range(60))
    whole = staged(tmp_path, HEADER + rows)
    monkeypatch.setattr(stage_module, "ROOM", room)
    pieces = staged(tmp_path, HEADER + rows)
    assert pieces.documents == whole.documents
    assert pieces.staged == whole.staged
    assert [line["line"] for line in pieces.one("3")["lines"]][:4] == [1, 2, 3, 4]


def test_the_same_number_of_two_companies_is_two_documents(tmp_path: Path) -> None:
    result = staged(tmp_path, HEADER + "1,A,2026-05-31,X1,,1,1\n1,B,2026-05-31,X2,,1,2\n")
    found = {(one["company"], one["key"], one["body"]["lines"][0]["item"]) for one in result.documents}
    assert found == {("A", "1", "X1"), ("B", "1", "X2")}


def test_exact_duplicates_are_lines_and_price_zero_and_no_description_are_kept(tmp_path: Path) -> None:
    result = staged(tmp_path, HEADER + "1,A,2026-05-31,X1,,1,0\n" * 2)
    assert result.one("1")["lines"] == [
        {"line": number, "item": "X1", "quantity": "1", "price": "0", "amount": "0"} for number in (1, 2)
    ]


def test_rows_left_out_are_counted_by_the_first_rule_that_fits(tmp_path: Path) -> None:
    profile = INVOICES.replace(
        "leave_out:\n", "leave_out:\n  - {reason: internal, where: {No: {starts_with: T}, Item: [X1, X2]}}\n"
    )
    starts = ("T1,,X1", "T1,,X9", "2,,X1", "2, ,X1", "3,A,X1")
    rows = "".join(f"{start[:-3]},2026-05-31{start[-3:]},,1,1\n" for start in starts)
    result = staged(tmp_path, HEADER + rows, profile)
    assert result.staged.left_out == {"internal": 1, "no_customer": 3}
    assert result.staged.left_out_documents == {"internal": 1, "no_customer": 2}
    assert result.staged.rows == 5
    assert [document["key"] for document in result.documents] == ["3"]


def test_a_bad_cell_refuses_its_document_whole_and_no_other(tmp_path: Path) -> None:
    rows = "1,A,2026-05-31,X1,,1,1\n1,A,2026-05-31,X2,,two,1\n2,A,2026-05-31,X1,,1,1\n1,A,2026-05-31,X3,,1,1\n"
    result = staged(tmp_path, HEADER + rows)
    assert [document["key"] for document in result.documents] == ["2"]
    assert result.errors == [
        Problem(3, "Qty", "two", "is not a number like 1234.56 (at most 12 digits and 6 decimals)")
    ]
    assert (result.staged.kinds["invoice"].documents, result.staged.kinds["invoice"].refused) == (1, 1)
    assert (result.staged.rows, result.staged.rows_refused) == (4, 3)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("1,A,31.05.2026,X1,,1,1", Problem(2, "Date", "31.05.2026", "is not a date like 2026-05-31")),
        ("1,A,,X1,,1,1", Problem(2, "Date", "", "is empty, but date is needed")),
        ("1,A,2026-05-31,X1,,,1", Problem(2, "Qty", "", "is empty, but quantity is needed")),
        (",A,2026-05-31,X1,,1,1", Problem(2, "No", "", "is empty, but a row of an invoice needs it")),
    ],
)
def test_the_error_names_line_column_value_and_reason(row: str, problem: Problem, tmp_path: Path) -> None:
    result = staged(tmp_path, HEADER + row + "\n2,A,2026-05-31,X1,,1,1\n")
    assert result.errors == [problem]
    assert [document["key"] for document in result.documents] == ["2"]


@pytest.mark.parametrize(
    ("row", "refused"),
    [
        ("1,A,2026-05-31,X1,,two,1", 2),  # a cell of a line
        ("1,A,2026-05-31,X1,,1", 2),  # a row cut off, and the document's other
        (",A,2026-05-31,X1,,1,1", 1),  # a row of no document
    ],
)
def test_rows_are_refused_with_their_documents(row: str, refused: int, tmp_path: Path) -> None:
    result = staged(tmp_path, HEADER + "1,A,2026-05-31,X1,,1,1\n" + row + "\n2,A,2026-05-31,X1,,1,1\n")
    assert (result.staged.rows, result.staged.rows_refused) == (3, refused)


def test_a_document_with_an_impossible_date_counts_all_its_rows_as_refused(tmp_path: Path) -> None:
    result = staged(tmp_path, HEADER + "1,A,2026-02-30,X1,,1,1\n" * 2 + "2,A,2026-05-31,X1,,1,1\n")
    assert (result.staged.rows, result.staged.rows_refused) == (3, 2)
    assert result.staged.kinds["invoice"].refused == 1


def test_rows_are_counted_once_whatever_kinds_are_made_of_them(tmp_path: Path) -> None:
    profile = INVOICES + "  - {kind: item, key: Item, fields: {name: Text}}\n"
    rows = "1,A,2026-05-31,X1,Bolt,1,1\n2,A,2026-05-31,X1,Nut,1,1\n3,A,never,X2,Washer,1,1\n"
    result = staged(tmp_path, HEADER + rows, profile)
    assert {name: count.refused for name, count in result.staged.kinds.items()} == {"invoice": 1, "item": 1}
    assert result.staged.rows_refused == 1


def test_rows_left_out_have_documents_also_where_no_kind_wants_them(tmp_path: Path) -> None:
    profile = INVOICES.replace("leave_out:\n", "leave_out:\n  - {reason: internal, where: {Text: TEST}}\n").replace(
        "{No: {not: {starts_with: C}}}", "{Text: {not: TEST}}"
    )
    result = staged(tmp_path, HEADER + "1,A,2026-05-31,X1,TEST,1,1\n" * 2 + "2,A,2026-05-31,X1,,1,1\n", profile)
    assert (result.staged.left_out["internal"], result.staged.left_out_documents["internal"]) == (2, 1)


def test_a_row_cut_off_refuses_the_document_it_is_of(tmp_path: Path) -> None:
    result = staged(tmp_path, HEADER + "1,A,2026-05-31,X1,,1,1\n1,A,2026-05-31,X2\n2,A,2026-05-31,X1,,1,1\n\n")
    assert [document["key"] for document in result.documents] == ["2"]
    assert result.errors[0].line == 3
    assert "4 cells instead of 7" in result.errors[0].reason


def test_cells_too_many_are_harmless_when_empty(tmp_path: Path) -> None:
    result = staged(tmp_path, HEADER + "1,A,2026-05-31,X1,,1,1,,\n")
    assert result.errors == []
    assert [document["key"] for document in result.documents] == ["1"]


def test_credit_memos_keep_their_signs_or_have_them_turned(tmp_path: Path) -> None:
    rows = HEADER + "C1,A,2026-05-31,X1,,{},1.25\n"
    kept = staged(tmp_path, rows.format(-2), CREDIT_MEMOS).one("C1")
    turned = staged(tmp_path, rows.format(2), CREDIT_MEMOS + "    sign: negate\n").one("C1")
    assert kept == turned
    assert kept["total"] == kept["open_amount"] == "-2.50"
    assert kept["lines"][0]["quantity"] == "-2"


def test_a_total_in_the_file_is_checked_against_the_lines(tmp_path: Path) -> None:
    profile = INVOICES.replace("{date: Date}", "{date: Date, total: Text}")
    rows = "1,A,2026-05-31,X1,2.01,2,1.004\n2,A,2026-05-31,X1,2.10,2,1\n"
    result = staged(tmp_path, HEADER + rows, profile)
    assert [document["key"] for document in result.documents] == ["1"]
    assert result.errors[0][:3] == (3, "Text", "2.1")
    assert "is not the sum of the document's lines, 2.00" in result.errors[0].reason


def test_a_document_without_lines_has_the_total_of_the_file(tmp_path: Path) -> None:
    profile = INVOICES[: INVOICES.index("    lines")].replace("{date: Date}", "{date: Date, total: Price}")
    result = staged(tmp_path, HEADER + "1,A,2026-05-31,,,,12.5\n2,A,2026-05-31,,,,\n", profile)
    assert (result.one("1")["total"], result.one("1")["exact_total"]) == ("12.50", "12.5")
    assert "needs its total" in result.errors[0].reason


def test_totals_are_rounded_half_up_once_to_the_currency(tmp_path: Path) -> None:
    profile = INVOICES.replace("currency: GBP\n", "").replace("{date: Date}", "{date: Date, currency: Text}")
    rows = "1,A,2026-05-31,X1,JPY,1,100.5\n2,A,2026-05-31,X1,KWD,1,0.0005\n3,A,2026-05-31,X1,EUR,1,-0.005\n"
    result = staged(tmp_path, HEADER + rows, profile)
    assert [result.one(key)["total"] for key in "123"] == ["101", "0.001", "-0.01"]


def test_a_closed_document_has_nothing_open(tmp_path: Path) -> None:
    profile = INVOICES.replace("{date: Date}", "{date: Date, status: {column: Text, map: {P: closed}, default: open}}")
    result = staged(tmp_path, HEADER + "1,A,2026-05-31,X1,P,1,5\n2,A,2026-05-31,X1,,1,5\n", profile)
    assert [(result.one(key)["status"], result.one(key)["open_amount"]) for key in "12"] == [
        ("closed", "0"),
        ("open", "5.00"),
    ]


ITEMS = """
profile: items
kinds:
  - kind: item
    key: Item
    fields: {name: {column: Text, pick: %s, default: "Item {Item}"}}
"""


@pytest.mark.parametrize(
    ("pick", "name"), [("first", "Bolt"), ("last", "Bolt"), ("most_frequent", "Nut"), ("min", "Bolt")]
)
def test_one_of_several_texts_is_picked(pick: str, name: str, tmp_path: Path) -> None:
    texts = ["Bolt", "Nut", "Nut", "", "Bolt"] if pick == "last" else ["Bolt", "Nut", "", "Nut"]
    rows = "".join(f"1,A,2026-05-31,X1,{text},1,1\n" for text in texts)
    if pick == "first":
        rows = rows.splitlines(keepends=True)[0]
    assert staged(tmp_path, HEADER + rows, ITEMS % pick).one("X1") == {"name": name, "sellable": True}


def test_of_equally_frequent_texts_the_first_in_the_alphabet_and_of_none_the_default(tmp_path: Path) -> None:
    rows = "1,A,2026-05-31,X1,Nut,1,1\n1,A,2026-05-31,X1,Bolt,1,1\n1,A,2026-05-31,X2,,1,1\n"
    result = staged(tmp_path, HEADER + rows, ITEMS % "most_frequent")
    assert (result.one("X1")["name"], result.one("X2")["name"]) == ("Bolt", "Item X2")


def test_rows_that_say_different_things_of_one_item_refuse_it(tmp_path: Path) -> None:
    rows = "1,A,2026-05-31,X1,Nut,1,1\n1,A,2026-05-31,X1,Nut,2,2\n1,A,2026-05-31,X1,Bolt,1,1\n1,A,2026-05-31,X2,,1,1\n"
    result = staged(tmp_path, HEADER + rows, ITEMS % "first")
    assert [document["key"] for document in result.documents] == ["X2"]
    assert result.errors[0][:3] == (4, "Item", "X1")
    assert "other things of the same item than line 2" in result.errors[0].reason


def test_a_customer_with_a_price_list_also_says_its_terms(tmp_path: Path) -> None:
    profile = """
profile: companies
currency: GBP
kinds:
  - kind: company
    key: No
    fields: {name: Text, price_list: Item, discount_percent: Qty}
"""
    result = staged(tmp_path, HEADER + "A,,,TRADE,Ash Ltd,5,\nB,,,,Birch Ltd,,\n", profile)
    assert [(one["kind"], one["key"], one["body"]) for one in result.documents] == [
        ("company", "A", {"currency": "GBP", "name": "Ash Ltd", "price_list": "TRADE"}),
        ("company", "B", {"currency": "GBP", "name": "Birch Ltd"}),
        ("customer_terms", "A", {"currency": "GBP", "discount_percent": "5", "price_list": "TRADE"}),
    ]


def test_base_documents_are_named_once(tmp_path: Path) -> None:
    profile = INVOICES + "    base: {kind: {constant: Delivery}, number: Text}\n"
    rows = "".join(f"1,A,2026-05-31,X1,{base},1,1\n" for base in ("D1", "D2", "D1", ""))
    assert staged(tmp_path, HEADER + rows, profile).one("1")["base"] == [
        {"kind": "delivery", "number": "D1"},
        {"kind": "delivery", "number": "D2"},
    ]


def test_the_latest_stamp_of_a_documents_rows_counts(tmp_path: Path) -> None:
    profile = "time_zone: Europe/Berlin\ndates: ['%Y-%m-%d', '%d.%m.%Y %H:%M']\n" + INVOICES + "    stamp: Text\n"
    rows = "1,A,2026-05-31,X1,09.06.2026 10:00,1,1\n1,A,2026-05-31,X1,10.06.2026 09:00,1,1\n"
    assert staged(tmp_path, HEADER + rows, profile).documents[0]["stamp"] == "2026-06-10T07:00:00Z"


def test_large_partitions_are_cut_into_messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage_module, "MESSAGE_BYTES", 1000)
    rows = "".join(f"{n:03},A,2026-05-31,X1,,1,1\n" for n in range(20))
    result = staged(tmp_path, HEADER + rows)
    assert len(result.batches) > 3
    assert [key for *_, keys in result.batches for key in keys] == [f"{n:03}" for n in range(20)]


def test_text_gzip_and_workbook_say_the_same(tmp_path: Path) -> None:
    import datetime as dt

    text = HEADER + "1001,A1,2026-05-31,X1,Bolt,2,1.1\n"
    typed: list[list[Any]] = [
        HEADER.strip().split(","),
        [1001, "A1", dt.datetime(2026, 5, 31), "X1", "Bolt", 2, 1.1],
        [None] * 7,
    ]
    plain = staged(tmp_path, text).documents
    assert staged(tmp_path, gzipped(text)).documents == plain
    assert staged(tmp_path, workbook(typed)).documents == plain


def test_semicolons_decimal_commas_bom_and_a_title_above(tmp_path: Path) -> None:
    profile = (
        "file: {delimiter: ';', header: 2, quote: none}\ndecimal: ','\nthousands: '.'\ndates: ['%d.%m.%Y']\n" + INVOICES
    )
    text = "\ufeffExport of today\n" + HEADER.replace(",", ";") + '1;A;31.05.2026;X1;3" pipe;1.000,5;2,50\n'
    body = staged(tmp_path, text, profile).one("1")
    assert (body["date"], body["total"], body["lines"][0]["description"]) == ("2026-05-31", "2501.25", '3" pipe')


def test_the_error_tells_nothing_of_what_stands_in_a_contacts_cell(tmp_path: Path) -> None:
    fields = "company: Customer, key: No, stamp: Date, fields: {name: Text}"
    contacts = f"profile: test\nkinds:\n  - {{kind: contact, {fields}}}\n"
    result = staged(tmp_path, HEADER + "1,A,hanna@n.example,,Hanna,,\n", contacts)
    assert [(one.column, one.value) for one in result.errors] == [("Date", "")]
