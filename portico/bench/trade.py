"""Documents of every kind, two years of them, of a company with 100,000 and of one with 1,000."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from deploy.local.demo_data.export import COLUMNS
from portico.bench.bed import Bed

LARGE, SMALL = ("BENCH-TRADE-L", 100_000), ("BENCH-TRADE-S", 1_000)
DAYS = 730
A_TWENTY = {"quotations": 2, "orders": 4, "deliveries": 4, "invoices": 5, "credit_memos": 1}
"""So many of each kind are among twenty documents; four of the invoices are paid, by a payment each."""
PAID = 4
_ITEMS = 50


def give_trade(bed: Bed) -> None:
    """Import the documents of both companies, once a run; what an earlier one left there changes nothing."""
    if bed.has_trade:
        return
    today = datetime.now(UTC).date()
    written: dict[str, Callable[[str], Iterator[dict[str, Any]]]] = {
        "companies": lambda _name: _companies(),
        **dict.fromkeys(A_TWENTY, lambda name: _documents(name, today)),
        "payments": lambda _name: _payments(today),
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, rows in written.items():
            file = Path(folder) / f"{name}.csv"
            with file.open("w", newline="", encoding="utf-8") as out:
                writer = csv.DictWriter(out, COLUMNS[name].split(), restval="")
                writer.writeheader()
                writer.writerows(rows(name))
            bed.portico("import", str(file), "--profile", f"demo-{name.replace('_', '-')}", "--json")
    bed.has_trade = True


def _companies() -> Iterator[dict[str, Any]]:
    yield from (
        {"CustomerCode": code, "CustomerName": code.title(), "Currency": "EUR"} for code, _count in (SMALL, LARGE)
    )


def _numbers(a_twenty: int) -> Iterator[tuple[str, int, int]]:
    """Companies with the numbers of a kind's documents, and how many there are."""
    for company, count in (SMALL, LARGE):
        many = count // 20 * a_twenty
        for number in range(many):
            yield company, number, many


def _amount(number: int) -> str:
    return f"{number % 997 + 1}.{number % 100:02}"


def _day(number: int, today: date) -> date:
    return today - timedelta(days=number * 7 % DAYS)


def _paid_on(number: int, today: date) -> date | None:
    """When an invoice is paid: four of five, ten to eighty days after their day."""
    day = _day(number, today) + timedelta(days=10 + number % 70)
    return day if number % 5 < PAID and day <= today else None


def _documents(name: str, today: date) -> Iterator[dict[str, Any]]:
    sign = "-" if name == "credit_memos" else ""
    for company, number, many in _numbers(A_TWENTY[name]):
        amount, day = sign + _amount(number), _day(number, today)
        is_open = _paid_on(number, today) is None if name == "invoices" else number > many * 9 // 10
        owed = {"OpenAmount": amount if is_open else "0"} if name in ("invoices", "credit_memos") else {}
        yield {
            "CustomerCode": company,
            "DocNo": f"{company[-1]}{number:07}",
            "DocDate": day,
            "DueDate": day + timedelta(days=30),
            "Currency": "EUR",
            "CustomerRef": f"PO-{number:06}",
            "Status": "Open" if is_open else "Closed",
            "DocTotal": amount,
            "LineNo": 1,
            "ItemCode": f"BENCH{number % _ITEMS}",
            "Description": "Bench item",
            "Quantity": f"{sign}1",
            "UnitPrice": _amount(number),
            "LineAmount": amount,
            **owed,
        }


def _payments(today: date) -> Iterator[dict[str, Any]]:
    for company, number, _many in _numbers(A_TWENTY["invoices"]):
        day, invoice = _paid_on(number, today), f"{company[-1]}{number:07}"
        if day:
            yield {
                "CustomerCode": company,
                "PaymentNo": f"P{invoice}",
                "Date": day,
                "Currency": "EUR",
                "Amount": _amount(number),
                "Reference": invoice,
                "AppliedType": "Invoice",
                "AppliedNo": invoice,
                "AppliedAmount": _amount(number),
            }
