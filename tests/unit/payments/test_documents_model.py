"""The documents read model: rows, lines, totals, links and search terms of what the ERP tells."""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.codec import loads
from chassis.documents import SORTS, list_index, periods, search_range
from chassis.messages import Event
from services.payments.contract import CODEC, DOCUMENTS, STATUSES
from services.payments.events import CreditMemoRecorded, InvoiceRecorded, PaymentRecorded
from services.payments.projections import documents
from tests.support.examples.payments import (
    COMPANY,
    CREDIT_MEMO,
    INVOICE,
    ON_ACCOUNT,
    OTHER_COMPANY,
    PAID,
    PART_PAID,
    PAYMENT,
    document,
)
from tests.support.projecting import ReadModel, kept, recount

_folders = itertools.count()


def invoice(body: dict[str, Any], company: str = COMPANY) -> InvoiceRecorded:
    """The event of an invoice."""
    return InvoiceRecorded(company, body["number"], body)


@pytest.fixture
def model(tmp_path: Path) -> ReadModel:
    """An empty read model."""
    return ReadModel(tmp_path, documents.PROJECTION, CODEC)


def test_an_invoice_is_one_row(model: ReadModel) -> None:
    model.see(invoice(INVOICE))
    assert model.rows("SELECT * FROM documents_v2") == [
        {
            "company": COMPANY,
            "kind": "invoice",
            "number": "20112",
            "number_key": "000000020112",
            "branch": "NORTH",
            "date": "2026-11-02",
            "due_date": "2026-12-02",
            "currency": "EUR",
            "total_minor": 249999,
            "open_minor": 249999,
            "status": "open",
            "reference": "PO-4700",
            "portal_reference": "",
        }
    ]
    [lines] = model.rows("SELECT * FROM document_lines_v2")
    assert loads(lines["body"]) == INVOICE
    assert model.companies == {COMPANY: 1}


def test_the_same_document_again_is_the_same_row_as_it_is_now(model: ReadModel) -> None:
    model.see(invoice(INVOICE), invoice(PART_PAID), invoice(PAID))
    [row] = model.rows("SELECT status, open_minor, total_minor FROM documents_v2")
    assert row == {"status": "paid", "open_minor": 0, "total_minor": 249999}
    [lines] = model.rows("SELECT body FROM document_lines_v2")
    assert loads(lines["body"]) == PAID


def test_payments_and_credit_memos_are_documents_too(model: ReadModel) -> None:
    model.see(
        CreditMemoRecorded(COMPANY, "30007", CREDIT_MEMO),
        PaymentRecorded(COMPANY, "40021", PAYMENT),
        PaymentRecorded(COMPANY, "40022", ON_ACCOUNT),
    )
    rows = model.rows(
        "SELECT kind, number, total_minor, open_minor, status, due_date FROM documents_v2 ORDER BY number"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("credit_memo", "30007", -12000, -12000, "open", ""),
        ("payment", "40021", 150000, 0, "closed", ""),
        ("payment", "40022", 20000, -5000, "partly_paid", ""),
    ]


def test_linked_documents_are_found_both_ways(model: ReadModel) -> None:
    model.see(invoice(INVOICE), PaymentRecorded(COMPANY, "40021", PAYMENT))
    made_from = "SELECT base_kind, base_number FROM document_links_v2 WHERE company = ? AND kind = ? AND number = ?"
    led_to = "SELECT kind, number FROM document_links_v2 WHERE company = ? AND base_kind = ? AND base_number = ?"
    assert model.rows(made_from, COMPANY, "invoice", "20112") == [{"base_kind": "delivery", "base_number": "5011"}]
    assert model.rows(led_to, COMPANY, "invoice", "20112") == [{"kind": "payment", "number": "40021"}]
    model.see(invoice({**INVOICE, "base": []}))
    assert model.rows(made_from, COMPANY, "invoice", "20112") == []


@pytest.mark.parametrize(
    "typed", ["INV-20112", "inv 20112", "20112", "inv", "inv-2", "po-4700/B", "4700", "PO4700B", "b"]
)
def test_a_search_finds_beginnings_of_numbers_and_references_in_any_case(model: ReadModel, typed: str) -> None:
    model.see(invoice({**INVOICE, "number": "INV-20112", "reference": "PO-4700/B"}))
    assert found(model, COMPANY, typed) == ["INV-20112"]


@pytest.mark.parametrize("typed", ["112", "700", "x", "INV-20113"])
def test_a_search_finds_nothing_else(model: ReadModel, typed: str) -> None:
    model.see(invoice({**INVOICE, "number": "INV-20112", "reference": "PO-4700/B"}))
    assert found(model, COMPANY, typed) == []


def test_a_search_sees_one_company_and_what_is_true_now(model: ReadModel) -> None:
    model.see(invoice(INVOICE), invoice({**INVOICE, "reference": "PO-9000"}), invoice(INVOICE, OTHER_COMPANY))
    assert found(model, COMPANY, "PO-4700") == []
    assert found(model, COMPANY, "PO-9000") == ["20112"]
    assert found(model, OTHER_COMPANY, "PO-4700") == ["20112"]


def found(model: ReadModel, company: str, typed: str) -> list[str]:
    """The numbers of the documents that a search for what was typed finds."""
    sql = "SELECT DISTINCT number FROM document_search_v2 WHERE company = ? AND term >= ? AND term < ?"
    return [row["number"] for row in model.rows(sql, company, *search_range(typed))]


DAYS = st.dates(dt.date(2026, 10, 25), dt.date(2026, 12, 5)).map(dt.date.isoformat)
BODIES = st.builds(
    lambda number, cents, paid, **facts: document(
        number, f"{cents // 100}.{cents % 100:02}", open_amount="0" if paid else f"{cents // 100}.00", **facts
    ),
    number=st.sampled_from(["1", "2", "3", "A-10"]),
    cents=st.integers(0, 100_000),
    paid=st.booleans(),
    branch=st.sampled_from(["", "NORTH"]),
    status=st.sampled_from(["open", "closed", "cancelled"]),
    currency=st.sampled_from(["EUR", "USD"]),
    date=DAYS,
    reference=st.sampled_from(["", "PO-1", "PO-2"]),
)
EVENTS = st.lists(st.builds(invoice, BODIES, st.sampled_from([COMPANY, OTHER_COMPANY])), min_size=1, max_size=25)
PROPERTY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def fresh(tmp_path: Path, events: list[Event]) -> ReadModel:
    """A new read model that has seen the events."""
    folder = tmp_path / str(next(_folders))
    folder.mkdir()
    model = ReadModel(folder, documents.PROJECTION, CODEC)
    model.see(*events)
    return model


@PROPERTY
@given(events=EVENTS)
def test_totals_are_what_the_documents_add_up_to(tmp_path: Path, events: list[Event]) -> None:
    model = fresh(tmp_path, events)
    assert kept(model, "document_totals_v2") == recount(model, DOCUMENTS, 10)
    assert kept(model, "document_months_v2") == recount(model, DOCUMENTS, 7)


@PROPERTY
@given(
    events=EVENTS,
    since=st.none() | st.dates(dt.date(2026, 10, 20), dt.date(2026, 12, 10)),
    until=st.none() | st.dates(dt.date(2026, 10, 20), dt.date(2026, 12, 10)),
    branches=st.sampled_from([(), ("NORTH",), ("", "NORTH")]),
    statuses=st.sampled_from([(), ("open", "partly_paid"), ("paid",)]),
)
def test_a_reports_totals_are_those_of_its_rows(
    tmp_path: Path,
    events: list[Event],
    since: dt.date | None,
    until: dt.date | None,
    branches: tuple[str, ...],
    statuses: tuple[str, ...],
) -> None:
    model = fresh(tmp_path, events)
    expected: dict[str, list[int]] = {}
    for row in model.rows("SELECT * FROM documents_v2 WHERE company = ?", COMPANY):
        day = dt.date.fromisoformat(row["date"])
        inside = (since is None or day >= since) and (until is None or day <= until)
        if inside and row["branch"] in (branches or ("", "NORTH")) and row["status"] in (statuses or STATUSES):
            sums = expected.setdefault(row["currency"], [0, 0, 0])
            for index, value in enumerate((1, row["total_minor"], row["open_minor"])):
                sums[index] += value
    assert totals(model, since, until, branches, statuses) == expected


def totals(
    model: ReadModel, since: dt.date | None, until: dt.date | None, branches: tuple[str, ...], statuses: tuple[str, ...]
) -> dict[str, list[int]]:
    """Count, total and what is open by currency, from the sums by month and day."""
    found: dict[str, list[int]] = {}
    for period, first, last in periods(since, until):
        table = DOCUMENTS.months if period == "month" else DOCUMENTS.totals
        where = f"company = ? AND kind = 'invoice' AND {period} BETWEEN ? AND ?"
        for row in model.rows(f"SELECT * FROM {table.name} WHERE {where}", COMPANY, first, last):
            if row["branch"] in (branches or ("", "NORTH")) and row["status"] in (statuses or STATUSES):
                sums = found.setdefault(row["currency"], [0, 0, 0])
                for index, name in enumerate(("count", "total_minor", "open_minor")):
                    sums[index] += row[name]
    return found


FILTERS = {"status": "status = 'open'", "branch": "branch = 'NORTH'", "dated": "date >= '2026-01-01'"}


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("used", [(), ("status",), ("branch",), ("dated",), ("status", "dated"), tuple(FILTERS)])
@pytest.mark.parametrize("matching", [10, 90_000])
def test_a_list_is_read_by_an_index_that_serves_it(
    model: ReadModel, sort: str, used: tuple[str, ...], matching: int
) -> None:
    index = list_index("documents_v2", sort, **{name: name in used for name in FILTERS}, matching=matching, of=100_000)
    where = " AND ".join(["company = ?", "kind = 'invoice'", *(FILTERS[name] for name in used)])
    order = ", ".join(f"{column} DESC" for column in SORTS[sort])
    sql = f"SELECT * FROM documents_v2 INDEXED BY {index} WHERE {where} ORDER BY {order} LIMIT 51"
    plan = [row["detail"] for row in model.rows("EXPLAIN QUERY PLAN " + sql, COMPANY)]
    assert f"USING INDEX {index} (company=? AND kind=?" in plan[0]
    sorts = any("TEMP B-TREE" in step for step in plan)
    assert not (sorts and (matching > 10 or not used)), "many documents are never sorted"
