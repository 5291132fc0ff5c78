"""The demo company's export: always the same, and sound as an ERP's books are."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from deploy.local.demo_data import FILES, write_export
from deploy.local.demo_data.customers import CUSTOMERS, MAIN

ANCHOR = date(2026, 11, 21)
_BASES = (("Quotation", "quotations"), ("Order", "orders"), ("Delivery", "deliveries"), ("Invoice", "invoices"))
DOCUMENTS = ("quotations", "orders", "deliveries", "invoices", "credit_memos")
Rows = dict[str, list[dict[str, str]]]


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """Every file's rows."""
    folder = tmp_path_factory.mktemp("demo")
    write_export(folder, ANCHOR)
    found = {}
    for name in FILES:
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            found[name] = list(csv.DictReader(file))
    return found


def documents(export: Rows, *names: str) -> Iterator[list[dict[str, str]]]:
    """The rows of each document."""
    for name in names:
        grouped = defaultdict(list)
        for row in export[name]:
            grouped[row["DocNo"]].append(row)
        yield from grouped.values()


def test_the_same_anchor_gives_the_same_bytes(tmp_path: Path) -> None:
    write_export(tmp_path / "one", ANCHOR)
    write_export(tmp_path / "two", ANCHOR)
    for name in FILES:
        assert (tmp_path / "one" / f"{name}.csv").read_bytes() == (tmp_path / "two" / f"{name}.csv").read_bytes()


def test_nothing_is_told_twice(export: Rows) -> None:
    for name, columns in {
        "companies": ["CustomerCode"],
        "contacts": ["ContactId"],
        "items": ["ItemCode"],
        "price_lists": ["PriceList", "ItemCode", "Currency", "MinQuantity"],
        "owned_products": ["LicenceId"],
        **{name: ["DocNo", "LineNo"] for name in DOCUMENTS},
    }.items():
        keys = [tuple(row[column] for column in columns) for row in export[name]]
        assert len(set(keys)) == len(keys) > 0


def test_a_document_is_the_sum_of_its_lines_rounded_once(export: Rows) -> None:
    for rows in documents(export, *DOCUMENTS):
        exact = sum(Decimal(row["Quantity"]) * Decimal(row["UnitPrice"]) for row in rows)
        assert sum(Decimal(row["LineAmount"]) for row in rows) == exact
        assert Decimal(rows[0]["DocTotal"]) == Decimal(exact).quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_every_base_document_exists_and_is_the_same_companys(export: Rows) -> None:
    owner = {(kind, row["DocNo"]): row["CustomerCode"] for kind, name in _BASES for row in export[name]}
    linked = [row for name in DOCUMENTS for row in export[name] if row["BaseNo"]]
    assert len(linked) > 1000
    for row in linked:
        assert owner[row["BaseType"], row["BaseNo"]] == row["CustomerCode"]


def test_what_is_open_is_the_total_less_what_payments_settled(export: Rows) -> None:
    settled: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in export["payments"]:
        if row["AppliedNo"]:
            settled[row["AppliedType"], row["AppliedNo"]] += Decimal(row["AppliedAmount"])
    for kind, name in (("Invoice", "invoices"), ("Credit Memo", "credit_memos")):
        for row in export[name]:
            owed = Decimal(row["DocTotal"]) - settled[kind, row["DocNo"]]
            assert Decimal(row["OpenAmount"]) == owed
            assert row["Status"] == ("Open" if owed else "Closed")


def test_a_payment_is_the_sum_of_what_it_settles(export: Rows) -> None:
    applied: dict[str, Decimal] = defaultdict(Decimal)
    for row in export["payments"]:
        applied[row["PaymentNo"]] += Decimal(row["AppliedAmount"] or row["Amount"])
    for row in export["payments"]:
        assert applied[row["PaymentNo"]] == Decimal(row["Amount"]) > 0


def test_nothing_happens_after_the_anchor(export: Rows) -> None:
    today = ANCHOR.isoformat()
    assert all(row["DocDate"] <= today and row["UpdatedAt"][:10] <= today for name in DOCUMENTS for row in export[name])
    assert all(row["Date"] <= today for row in export["payments"])


def test_every_price_of_a_line_stands_in_the_customers_list(export: Rows) -> None:
    customers = {one.code: one for one in CUSTOMERS}
    prices = {(row["PriceList"], row["ItemCode"], row["Currency"]) for row in export["price_lists"]}
    for row in export["orders"]:
        customer = customers[row["CustomerCode"]]
        assert row["Currency"] == customer.currency
        assert (customer.price_list, row["ItemCode"], customer.currency) in prices


def test_the_main_company_shows_everything(export: Rows) -> None:
    invoices = {row["DocNo"]: row for row in export["invoices"] if row["CustomerCode"] == MAIN}.values()
    owed = [row for row in invoices if Decimal(row["OpenAmount"])]
    assert any(row["DueDate"] < ANCHOR.isoformat() for row in owed), "overdue"
    assert any(row["DueDate"] > ANCHOR.isoformat() for row in owed), "not yet due"
    assert any(row["OpenAmount"] != row["DocTotal"] for row in owed), "part paid"
    assert {row["Branch"] for row in invoices} == {"LEEDS", "HULL"}
    mine = [rows for rows in documents(export, *DOCUMENTS) if rows[0]["CustomerCode"] == MAIN]
    assert {rows[0]["Status"] for rows in mine} == {"Open", "Closed", "Cancelled"}
    payments = {row["PaymentNo"] for row in export["payments"] if row["CustomerCode"] == MAIN}
    assert len(mine) + len(payments) > 250
