"""The real export, read by the test itself: its documents, and small files made of whole ones."""

from __future__ import annotations

import csv
import gzip
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import islice
from pathlib import Path

from tests.chaos.checker import Document
from tests.chaos.erp import plain

FILE = Path(__file__).resolve().parents[3] / "shared/data/online_retail_ii_2009_2010.csv.gz"
LINES = 35_000
_PENNY = Decimal("0.01")

Row = dict[str, str]


class Source:
    """The export's first lines as whole invoices, dealt out to `parts` files."""

    def __init__(self, parts: int) -> None:
        if not FILE.exists():
            raise AssertionError(f"{FILE} is missing: the tests of the import need the real export there.")
        with gzip.open(FILE, "rt", encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            rows = list(islice(reader, LINES))
            self._columns = list(reader.fieldnames or ())
        invoices: dict[str, list[Row]] = {}
        for row in rows:
            invoices.setdefault(row["Invoice"], []).append(row)
        # The last one may go on behind the lines that were read.
        invoices.pop(rows[-1]["Invoice"])
        numbers = list(invoices)
        size = -(-len(numbers) // parts)
        self._parts = [[invoices[one] for one in numbers[at : at + size]] for at in range(0, len(numbers), size)]

    def write(self, part: int, folder: Path) -> Path:
        """The part as a file like the whole export."""
        path = folder / f"export-{part}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, self._columns)
            writer.writeheader()
            writer.writerows(row for invoice in self._parts[part] for row in invoice)
        return path

    def documents(self, parts: Iterable[int]) -> list[Document]:
        """What companies shall find in the portal after these parts were imported: invoices and credit memos."""
        return [_document(rows, content_of(_total(rows), _lines(rows))) for rows in self._invoices(parts)]

    def open_items(self, parts: Iterable[int]) -> list[Document]:
        """What they owe of each, where it is anything."""
        items = ((rows, _total(rows)) for rows in self._invoices(parts))
        return [_document(rows, owed(total)) for rows, total in items if total]

    def balances(self, parts: Iterable[int]) -> dict[str, Decimal]:
        """What each company owes in all, in pounds."""
        found: dict[str, Decimal] = {}
        for rows in self._invoices(parts):
            company, total = rows[0]["Customer ID"], _total(rows)
            if total:
                found[company] = found.get(company, Decimal()) + total
        return found

    def _invoices(self, parts: Iterable[int]) -> Iterator[Sequence[Row]]:
        invoices = (rows for part in parts for rows in self._parts[part])
        return (rows for rows in invoices if rows[0]["Customer ID"] and not rows[0]["Invoice"].startswith("A"))


def _document(rows: Sequence[Row], content: str) -> Document:
    number = rows[0]["Invoice"]
    return Document(rows[0]["Customer ID"], "credit_memo" if number.startswith("C") else "invoice", number, content)


def _lines(rows: Sequence[Row]) -> list[tuple[str, str, str]]:
    return [(row["StockCode"], row["Quantity"], row["Price"]) for row in rows]


def _total(rows: Sequence[Row]) -> Decimal:
    """The exact sum of the lines, rounded half up once to the penny."""
    exact = sum((Decimal(row["Quantity"]) * Decimal(row["Price"]) for row in rows), Decimal())
    return exact.quantize(_PENNY, ROUND_HALF_UP)


def owed(amount: Decimal) -> str:
    """The content of an open item."""
    return f"{amount:.2f} GBP open"


def content_of(total: Decimal, lines: Sequence[tuple[str, str, str]]) -> str:
    """A document's total, number of lines, and what tells its lines from others: item, quantity, price, in order."""
    digest = hashlib.sha256()
    for item, quantity, price in lines:
        digest.update(f"{item.strip()}|{plain(quantity)}|{plain(price)}\n".encode())
    return f"{total:.2f} GBP, {len(lines)} lines {digest.hexdigest()[:8]}"
