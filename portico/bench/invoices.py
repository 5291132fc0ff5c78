"""Invoices of two companies, one with a hundred times as many as the other; and of others beside them."""

from __future__ import annotations

import csv
import tempfile
from datetime import date, timedelta
from pathlib import Path

from chassis.readmodel import NotThere, database
from portico.bench.bed import Bed
from services.payments.contract import DOCUMENTS_MODEL, SERVICE

LARGE, SMALL = ("BENCH-LARGE", 100_000), ("BENCH-SMALL", 1_000)
_COUNT = f"SELECT SUM(count) AS count FROM document_months_{DOCUMENTS_MODEL.rpartition('_')[2]} WHERE company = ?"


def give_invoices(bed: Bed) -> None:
    """Import the invoices of both companies; what is there already changes nothing."""
    _give(bed, SMALL, LARGE)


def give_others(bed: Bed, documents: int) -> None:
    """Import so many invoices of other companies, 100,000 each. A company that has its own already is passed over."""
    for start in range(0, documents, LARGE[1]):
        company = f"BENCH-OTHER-{start // LARGE[1]}", min(LARGE[1], documents - start)
        if _has(bed, company[0]) < company[1]:
            _give(bed, company)


def _has(bed: Bed, company: str) -> int:
    try:
        with database(bed.settings, SERVICE).reading() as execute:
            return int(execute(_COUNT, (company,)).fetchone()["count"] or 0)
    except NotThere:
        return 0


def _give(bed: Bed, *companies: tuple[str, int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bench-invoices.csv"
        _write_invoices(file, companies)
        bed.portico("import", str(file), "--profile", "online-retail", "--json")


def _write_invoices(file: Path, companies: tuple[tuple[str, int], ...]) -> None:
    """Invoices of one line each in the columns of the online-retail profile, over two years."""
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(
            ["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country"]
        )
        for company, count in companies:
            letter = company[-1] if company[-1].isdigit() else company[6]
            for number in range(count):
                day = date(2024, 6, 1) + timedelta(days=number * 7 % 730)
                name = f"{letter}{number:07}"
                price = f"{number % 997 + 1}.{number % 100:02}"
                writer.writerow(
                    [name, f"BENCH{number % 50}", "Bench item", number % 9 + 1, f"{day} 09:00:00", price, company, "GB"]
                )
