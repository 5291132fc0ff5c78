"""The charts of a company with 100,000 documents, nothing cached, against those of one with 1,000."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from deploy.local.demo_data.export import COLUMNS
from portico.bench.bed import Bed
from portico.bench.load import Load, measure
from portico.bench.pages import another_gateway
from portico.bench.table import Row, milliseconds
from services.identity.contract import PERMISSIONS

LARGE, SMALL = ("BENCH-CHARTS-L", 100_000), ("BENCH-CHARTS-S", 1_000)
DAYS = 730


def charts_rows(bed: Bed) -> list[Row]:
    """Charts, and what was open on a day a year ago."""
    today = datetime.now(UTC).date()
    with tempfile.TemporaryDirectory() as folder:
        for name, rows in (("companies", _companies()), ("invoices", _invoices(today)), ("payments", _payments(today))):
            file = Path(folder) / f"{name}.csv"
            with file.open("w", newline="", encoding="utf-8") as out:
                writer = csv.DictWriter(out, COLUMNS[name].split(), restval="")
                writer.writeheader()
                writer.writerows(rows)
            bed.portico("import", str(file), "--profile", f"demo-{name}", "--json")
    year_ago = today - timedelta(days=365)
    found = []
    with another_gateway(bed, PORTICO_FRAGMENT_CHARS="0") as url:
        for what, path in (("charts", "/charts"), ("open on a day a year ago", f"/balance/past?on={year_ago}")):
            loads = []
            for company, _count in (SMALL, LARGE):
                email = f"{company.lower()}@bench.example"
                if what == "charts":
                    bed.contact(company, email, list(PERMISSIONS))
                loads.append(measure(url + path, bed.browser(email).cookie, clients=1, seconds=4))
            found.append(_row(what, *loads))
    return found


def _row(what: str, small: Load, large: Load) -> Row:
    ratio = large.p50 / small.p50
    figure = f"p50 {milliseconds(large.p50)}, p99 {milliseconds(large.p99)}"
    said = f"the same of 1,000: p50 {milliseconds(small.p50)}"
    if what != "charts":
        return Row(f"{what}, of 100,000 documents", figure, said, f"{ratio:.2f}")
    return Row(f"{what} of 100,000 documents, nothing cached", figure, said, f"{ratio:.2f}", "≤ 2", ratio <= 2)


def _companies() -> Iterator[dict[str, Any]]:
    yield from (
        {"CustomerCode": code, "CustomerName": code.title(), "Currency": "EUR"} for code, _count in (SMALL, LARGE)
    )


def _sold(today: date) -> Iterator[tuple[dict[str, Any], date, int]]:
    """What invoice and payment say alike, the invoice's day, and days until it is paid: two documents each."""
    for company, count in (SMALL, LARGE):
        for number in range(count // 2):
            common = {
                "CustomerCode": company,
                "DocNo": f"{company[-1]}{number:07}",
                "Currency": "EUR",
                "Amount": f"{number % 997 + 1}.{number % 100:02}",
            }
            yield common, today - timedelta(days=number * 7 % DAYS), 10 + number % 70


def _invoices(today: date) -> Iterator[dict[str, Any]]:
    for sold, day, until in _sold(today):
        amount = sold.pop("Amount")
        yield {
            **sold,
            "DocDate": day,
            "DueDate": day + timedelta(days=30),
            "OpenAmount": amount if day + timedelta(days=until) > today else "0",
            "LineNo": 1,
            "ItemCode": "BENCH",
            "Quantity": 1,
            "UnitPrice": amount,
            "LineAmount": amount,
        }


def _payments(today: date) -> Iterator[dict[str, Any]]:
    for sold, day, until in _sold(today):
        number, paid = sold.pop("DocNo"), day + timedelta(days=until)
        if paid <= today:
            applied = {"AppliedType": "Invoice", "AppliedNo": number, "AppliedAmount": sold["Amount"]}
            yield {**sold, **applied, "PaymentNo": f"P{number}", "Date": paid}
