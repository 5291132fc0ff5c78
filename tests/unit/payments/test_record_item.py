"""What the ledger says of a document: opened, adjusted, settled, or nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

import pytest

from chassis.config import Settings
from chassis.ingest import StreamRule
from services.payments.domain import Item, Ledger, decide_record_item, evolve, item_of, open_amount, status_of
from services.payments.events import ItemAdjusted, ItemOpened, ItemSettled
from services.payments.ingest import ingest_kinds
from tests.support.examples.payments import COMPANY, CREDIT_MEMO, INVOICE, ON_ACCOUNT, PAID, PART_PAID, PAYMENT, payment

ITEM = Item(
    COMPANY,
    "invoice",
    "20112",
    "NORTH",
    "EUR",
    amount=Decimal("2499.99"),
    open_amount=Decimal("2499.99"),
    date=dt.date(2026, 11, 2),
    due_date=dt.date(2026, 12, 2),
    reference="PO-4700",
)
PART = replace(ITEM, open_amount=Decimal("999.99"))
SETTLED = ItemSettled(COMPANY, "invoice", "20112")


def ledger_rule(kind: str) -> StreamRule:
    """The rule by which documents of the kind go to the ledger."""
    rule = ingest_kinds(Settings.from_env({}))[kind].rules[1]
    assert rule.stream(COMPANY, {}) == "ledger-C10010"
    return rule


def test_an_open_document_opens_an_item() -> None:
    assert decide_record_item(ITEM, known=False) == ItemOpened(**asdict(ITEM))


def test_a_known_one_is_adjusted() -> None:
    assert decide_record_item(PART, known=True) == ItemAdjusted(**asdict(PART))


def test_a_known_one_with_nothing_open_is_settled() -> None:
    assert decide_record_item(replace(ITEM, open_amount=Decimal()), known=True) == SETTLED


def test_one_that_was_never_open_says_nothing() -> None:
    assert decide_record_item(replace(ITEM, open_amount=Decimal("0.00")), known=False) is None


def test_the_ledger_has_the_open_items_alone() -> None:
    credit = item_of(COMPANY, "credit_memo", CREDIT_MEMO)
    state = Ledger()
    for event in (ItemOpened(**asdict(ITEM)), ItemOpened(**asdict(credit)), ItemAdjusted(**asdict(PART))):
        state = evolve(state, event)
    assert state == Ledger(COMPANY, {("invoice", "20112"): PART, ("credit_memo", "30007"): credit})
    assert evolve(state, SETTLED) == Ledger(COMPANY, {("credit_memo", "30007"): credit})


def test_an_invoice_becomes_an_item() -> None:
    assert item_of(COMPANY, "invoice", INVOICE) == ITEM
    assert item_of(COMPANY, "invoice", PART_PAID) == PART


def test_a_credit_memo_is_open_with_its_sign_and_without_a_due_date() -> None:
    item = item_of(COMPANY, "credit_memo", CREDIT_MEMO)
    assert (item.amount, item.open_amount, item.due_date) == (Decimal("-120.00"), Decimal("-120.00"), None)


def test_a_cancelled_document_owes_nothing() -> None:
    assert open_amount("invoice", {**INVOICE, "status": "cancelled"}) == 0


def test_an_erp_that_does_not_say_what_is_open_leaves_nothing_open() -> None:
    assert open_amount("invoice", {**INVOICE, "open_amount": None}) == 0


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (PAYMENT, "0.00"),
        (ON_ACCOUNT, "-50.00"),
        (payment("40023", "200.00", []), "-200.00"),
        (payment("40024", "200.00", None), "0"),
    ],
)
def test_what_a_payment_was_not_applied_to_stands_to_the_companys_credit(body: dict[str, Any], expected: str) -> None:
    assert open_amount("payment", body) == Decimal(expected)


@pytest.mark.parametrize(
    ("kind", "erp_status", "total", "still_open", "status"),
    [
        ("invoice", "open", "100", "100", "open"),
        ("invoice", "open", "100", "40", "partly_paid"),
        ("invoice", "closed", "100", "0", "paid"),
        ("invoice", "open", "0", "0", "paid"),
        ("invoice", "cancelled", "100", "0", "cancelled"),
        ("credit_memo", "open", "-100", "-100", "open"),
        ("credit_memo", "open", "-100", "-40", "partly_paid"),
        ("credit_memo", "closed", "-100", "0", "closed"),
        ("payment", "", "100", "0", "closed"),
        ("payment", "", "100", "-100", "open"),
        ("payment", "", "100", "-40", "partly_paid"),
    ],
)
def test_the_status_people_see(kind: str, erp_status: str, total: str, still_open: str, status: str) -> None:
    assert status_of(kind, erp_status, Decimal(total), Decimal(still_open)) == status


def test_a_change_that_is_none_to_the_ledger_leaves_it_alone() -> None:
    fingerprint = ledger_rule("invoice").fingerprint
    assert fingerprint(INVOICE) == fingerprint({**INVOICE, "note": "Thank you", "lines": []})
    assert fingerprint(INVOICE) != fingerprint(PART_PAID)
    assert fingerprint(PAID) == fingerprint({**PAID, "reference": "PO-4701"}), "a settled item has no more to say"


def test_the_ledgers_event_comes_from_the_document() -> None:
    event = ledger_rule("invoice").event
    assert event(COMPANY, INVOICE, False) == ItemOpened(**asdict(ITEM))
    assert event(COMPANY, PAID, True) == SETTLED
    assert event(COMPANY, PAID, False) is None
