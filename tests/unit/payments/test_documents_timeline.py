"""What happened to an invoice, credit memo or payment: entries with what was not as it had been."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chassis.timeline import MOST
from services.payments.contract import CODEC, DOCUMENTS
from services.payments.events import InvoiceRecorded, PaymentRecorded
from services.payments.projections import documents
from tests.support.examples.payments import COMPANY, INVOICE, PAID, PART_PAID, document, line, payment
from tests.support.projecting import ReadModel

FIRST: tuple[Any, ...] = ("recorded", "", "erp", [])


@pytest.fixture
def model(tmp_path: Path) -> ReadModel:
    """An empty read model."""
    return ReadModel(tmp_path, documents.PROJECTION, CODEC)


def told(model: ReadModel, *bodies: dict[str, Any]) -> list[tuple[Any, ...]]:
    """What happened to an invoice that the ERP told of so, one time after the other."""
    for body in bodies:
        model.see(InvoiceRecorded(COMPANY, body["number"], body), channel="erp")
    return model.timeline(DOCUMENTS, bodies[0]["number"])


def change(field: str, old: Any, new: Any, **more: Any) -> dict[str, Any]:
    """A change as an entry has it."""
    return {"field": field, "old": old, "new": new, **more}


def lines_changed(model: ReadModel, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the entry says when nothing but the lines is otherwise."""
    entries = told(model, {**INVOICE, "lines": before}, {**INVOICE, "lines": after})
    return list(entries[0][3]) if entries[1:] else []


def test_the_first_entry_says_that_the_erp_told_of_it(model: ReadModel) -> None:
    assert told(model, INVOICE) == [FIRST]


def test_a_part_payment_and_the_rest_are_entries_newest_first(model: ReadModel) -> None:
    assert told(model, INVOICE, PART_PAID, PAID) == [
        ("changed", "", "erp", [change("status", "partly_paid", "paid"), change("open", 99999, 0)]),
        ("changed", "", "erp", [change("status", "open", "partly_paid"), change("open", 249999, 99999)]),
        FIRST,
    ]


def test_what_the_erp_tells_again_unchanged_leaves_no_entry(model: ReadModel) -> None:
    assert told(model, INVOICE, INVOICE, {**INVOICE, "lines": [{**INVOICE["lines"][0], "quantity": "1.0"}]}) == [FIRST]


def test_header_fields_are_told_before_and_after(model: ReadModel) -> None:
    changed = {"due_date": None, "reference": "PO-4701", "branch": "SOUTH", "note": "Leave at gate 3."}
    assert told(model, INVOICE, {**INVOICE, **changed})[0][3] == [
        change("branch", "NORTH", "SOUTH"),
        change("reference", "PO-4700", "PO-4701"),
        change("due_date", "2026-12-02", ""),
        change("note", "", "Leave at gate 3."),
    ]


@pytest.mark.parametrize(
    ("after", "changes"),
    [
        ([line("2499.99", quantity="2")], [change("quantity", "1", "2", line=1, item="SCN-100")]),
        ([line("2499.99", price="2000.00")], [change("price", "2499.99", "2000.00", line=1, item="SCN-100")]),
        ([line("2400.00", price="2499.99")], [change("amount", "2499.99", "2400.00", line=1, item="SCN-100")]),
        (
            [line("2499.99", item="LBL-20", description="Label")],
            [change("item", "SCN-100", "LBL-20", line=1, item="LBL-20")],
        ),
        ([line("2499.99", status="", date=None, unit="", description="")], []),
        ([line("2499.99", date="2026-12-01")], [change("date", None, "2026-12-01", line=1, item="SCN-100")]),
        (
            [line("2499.99"), line("5.00", 2, item="LBL-20")],
            [change("line", None, {"quantity": "1", "unit": "pcs", "amount": "5.00"}, line=2, item="LBL-20")],
        ),
        ([], [change("line", {"quantity": "1", "unit": "pcs", "amount": "2499.99"}, None, line=1, item="SCN-100")]),
        (
            [line("2499.99"), line("7.00")],
            [change("line", None, {"quantity": "1", "unit": "pcs", "amount": "7.00"}, line=1, item="SCN-100")],
        ),
    ],
)
def test_lines_are_told_by_their_number(
    model: ReadModel, after: list[dict[str, Any]], changes: list[dict[str, Any]]
) -> None:
    assert lines_changed(model, [line("2499.99")], after) == changes


def test_an_entry_has_so_many_changes_and_counts_the_rest(model: ReadModel) -> None:
    before = [line("1.00", number) for number in range(1, MOST + 31)]
    changes = lines_changed(model, before, [{**one, "quantity": "3"} for one in before])
    assert len(changes) == MOST + 1
    assert changes[-1] == change("more", None, 30)


def test_what_was_paid_with_a_payment_is_told_by_document(model: ReadModel) -> None:
    def applied(**amounts: str) -> list[dict[str, str]]:
        return [{"kind": "invoice", "number": f"2{key}", "amount": amount} for key, amount in amounts.items()]

    for parts in (None, applied(a="150.00", b="50.00"), applied(a="120.00", c="80.00")):
        model.see(PaymentRecorded(COMPANY, "40022", payment("40022", "200.00", parts)), channel="erp")
    assert model.timeline(DOCUMENTS, "40022")[0][3] == [
        change("applied", "150.00", "120.00", of=["invoice", "2a"]),
        change("applied", "50.00", None, of=["invoice", "2b"]),
        change("applied", None, "80.00", of=["invoice", "2c"]),
    ]


def test_each_document_has_its_own(model: ReadModel) -> None:
    told(model, document("20113", "5.00"))
    assert told(model, INVOICE) == [FIRST]


def test_a_rebuild_gives_the_same_entries(tmp_path: Path, model: ReadModel) -> None:
    bodies = (INVOICE, PART_PAID, {**PART_PAID, "lines": []}, PAID)
    folder = tmp_path / "again"
    folder.mkdir()
    at_once = ReadModel(folder, documents.PROJECTION, CODEC)
    at_once.see(*(InvoiceRecorded(COMPANY, "20112", body) for body in bodies), channel="erp")
    told(model, *bodies)
    select = f"SELECT * FROM {DOCUMENTS.timeline.name} ORDER BY position"
    assert at_once.rows(select) == model.rows(select)
    assert len(model.rows(select)) == 4
