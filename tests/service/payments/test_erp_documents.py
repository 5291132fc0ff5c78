"""The ERP's invoices, credit memos and payments, over the bus into documents and balance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chassis.codec import loads
from tests.support.examples.orders import erp
from tests.support.examples.payments import (
    COMPANY,
    CREDIT_MEMO,
    INVOICE,
    ON_ACCOUNT,
    OTHER_COMPANY,
    PAID,
    PART_PAID,
    document,
)
from tests.support.services import RunningService

LATER, LATEST = "2026-11-21T08:00:00Z", "2026-11-22T08:00:00Z"
WHOLE = [
    erp("invoice", "20112", INVOICE),
    erp("credit_memo", "30007", CREDIT_MEMO),
    erp("payment", "40022", ON_ACCOUNT),
]


@pytest.fixture(scope="module")
def payments(start_service: Callable[[str], RunningService]) -> RunningService:
    """The running service."""
    return start_service("payments")


def outcome(answer: dict[str, Any]) -> tuple[int, int, int, int]:
    """How many changed, stayed, were older, were refused."""
    return answer["changed"], answer["unchanged"], answer["stale"], len(answer["refused"])


def balance(payments: RunningService, company: str, items: int) -> int | None:
    """What is open of the company in cents, once so many items are."""
    sql = "SELECT COALESCE(SUM(open_minor), 0) AS owed, COUNT(*) AS items FROM open_items_v2 WHERE company = ?"
    [row] = payments.wait_rows(f"SELECT * FROM ({sql}) WHERE items = {items}", company)
    sums = payments.rows("SELECT SUM(open_minor) AS owed FROM balances_v2 WHERE company = ?", company)
    assert (sums[0]["owed"] or 0) == row["owed"]
    owed: int = row["owed"]
    return owed


def test_documents_are_rows_with_lines_and_a_balance(payments: RunningService) -> None:
    assert outcome(payments.record(COMPANY, WHOLE)) == (3, 0, 0, 0)
    payments.wait_rows("SELECT 1 FROM documents_v2 WHERE company = ? AND kind = 'payment'", COMPANY)
    rows = payments.rows("SELECT kind, number, status FROM documents_v2 WHERE company = ? ORDER BY 2", COMPANY)
    assert [tuple(row.values()) for row in rows] == [
        ("invoice", "20112", "open"),
        ("credit_memo", "30007", "open"),
        ("payment", "40022", "partly_paid"),
    ]
    [lines] = payments.rows("SELECT body FROM document_lines_v2 WHERE number = '20112'")
    assert loads(lines["body"])["lines"] == INVOICE["lines"]
    assert balance(payments, COMPANY, 3) == 249999 - 12000 - 5000


def test_the_same_again_changes_nothing(payments: RunningService) -> None:
    payments.record(COMPANY, WHOLE)
    assert outcome(payments.record(COMPANY, WHOLE)) == (0, 3, 0, 0)
    assert outcome(payments.record(COMPANY, [{**one, "stamp": LATER} for one in WHOLE])) == (0, 3, 0, 0)


def test_a_changed_one_alone_changes_and_totals_follow(payments: RunningService) -> None:
    first = [erp("invoice", str(n), document(str(n), "100.00", date="2026-10-31")) for n in range(1, 11)]
    payments.record(OTHER_COMPANY, first)
    paid = erp("invoice", "7", document("7", "100.00", date="2026-11-01", open_amount="0", status="closed"), LATER)
    assert outcome(payments.record(OTHER_COMPANY, [*first[:6], paid, *first[7:]])) == (1, 9, 0, 0)
    payments.wait_rows("SELECT 1 FROM documents_v2 WHERE company = ? AND status = 'paid'", OTHER_COMPANY)
    for table, period in (("document_totals_v2", "date"), ("document_months_v2", "month")):
        sums = payments.rows(
            f"SELECT {period}, status, count, total_minor, open_minor FROM {table} WHERE company = ? ORDER BY 1",
            OTHER_COMPANY,
        )
        assert [tuple(row.values())[1:] for row in sums] == [("open", 9, 90000, 90000), ("paid", 1, 10000, 0)]
    assert balance(payments, OTHER_COMPANY, 9) == 90000


def test_an_invoice_is_part_paid_then_settled_and_an_old_copy_reopens_nothing(payments: RunningService) -> None:
    company = "C10030"
    payments.record(company, [erp("invoice", "20112", INVOICE)])
    assert balance(payments, company, 1) == 249999
    payments.record(company, [erp("invoice", "20112", PART_PAID, LATER)])
    payments.wait_rows("SELECT 1 FROM open_items_v2 WHERE company = ? AND open_minor = 99999", company)
    payments.record(company, [erp("invoice", "20112", PAID, LATEST)])
    assert balance(payments, company, 0) == 0
    assert outcome(payments.record(company, [erp("invoice", "20112", PART_PAID, LATER)])) == (0, 0, 1, 0)
    payments.wait_rows("SELECT 1 FROM documents_v2 WHERE company = ? AND status = 'paid'", company)


def test_a_document_that_was_never_open_says_nothing_to_the_ledger(payments: RunningService) -> None:
    assert outcome(payments.record("C10040", [erp("invoice", "1", PAID)])) == (1, 0, 0, 0)
    payments.wait_rows("SELECT 1 FROM documents_v2 WHERE company = ?", "C10040")
    assert balance(payments, "C10040", 0) == 0


def test_what_does_not_add_up_is_refused_and_the_rest_taken(payments: RunningService) -> None:
    wrong = {**document("2", "100.00"), "total": "100.01"}
    answer = payments.record("C10050", [erp("invoice", "1", document("1", "100.00")), erp("invoice", "2", wrong)])
    assert outcome(answer) == (1, 0, 0, 1)
    assert answer["refused"][0]["errors"] == {
        "total": ["This is not 100.00 rounded half up to the currency's minor unit."]
    }
