"""Invoices of two companies, one with a hundred times as many as the other."""

from __future__ import annotations

import csv
import tempfile
from datetime import date, timedelta
from pathlib import Path

from portico.bench.bed import Bed

LARGE, SMALL = ("BENCH-LARGE", 100_000), ("BENCH-SMALL", 1_000)


def give_invoices(bed: Bed) -> None:
    """Import the invoices of both companies; what is there already changes nothing."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bench-invoices.csv"
        _write_invoices(file)
        bed.portico("import", str(file), "--profile", "online-retail", "--json")


def _write_invoices(file: Path) -> None:
    """Invoices of one line each in the columns of the online-retail profile, over two years."""
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(
            ["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country"]
        )
        for company, count in (SMALL, LARGE):
            for number in range(count):
                day = date(2024, 6, 1) + timedelta(days=number * 7 % 730)
                name = f"{company[6]}{number:07}"
                price = f"{number % 997 + 1}.{number % 100:02}"
                writer.writerow(
                    [name, f"BENCH{number % 50}", "Bench item", number % 9 + 1, f"{day} 09:00:00", price, company, "GB"]
                )
