"""Writes the export files; columns and meaning are in docs/demo-export-set.md."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from deploy.local.demo_data import catalogue, customers, holdings
from deploy.local.demo_data.documents import Document, Payment
from deploy.local.demo_data.trade import DAYS, trade

_DOCUMENT = (
    "DocNo CustomerCode Branch DocDate DueDate Currency CustomerRef Status DocTotal OpenAmount PortalRef Remarks "
    "LineNo ItemCode Description Quantity Unit UnitPrice LineAmount ShipDate LineStatus BaseType BaseNo UpdatedAt"
)
# File name without .csv: its columns. The order is that of the import; the bench writes such files too.
COLUMNS = {
    "companies": "CustomerCode CustomerName Currency PriceList DiscountPercent Country Language Phone Email Address "
    "UpdatedAt",
    "branches": "CustomerCode BranchCode BranchName UpdatedAt",
    "contacts": "CustomerCode ContactId Name Email Phone Language UpdatedAt",
    "items": "ItemCode Description Unit ItemGroup Sellable Available UpdatedAt",
    "price_lists": "PriceList ItemCode Currency MinQuantity Price UpdatedAt",
    "quotations": _DOCUMENT,
    "orders": _DOCUMENT,
    "deliveries": _DOCUMENT,
    "invoices": _DOCUMENT,
    "credit_memos": _DOCUMENT,
    "payments": "PaymentNo CustomerCode Branch Date Currency Amount Reference Method AppliedType AppliedNo "
    "AppliedAmount UpdatedAt",
    "owned_products": "CustomerCode LicenceId ProductCode ProductName Version LicenceType Users MaintenanceUntil "
    "SerialNo UpdatedAt",
    "projects": "CustomerCode ProjectNo ProjectName Status PercentDone DueDate Reference TaskName TaskStatus "
    "TaskPercentDone TaskNote UpdatedAt",
}
FILES = tuple(COLUMNS)
"""The export files without `.csv`, in the order in which they are imported; the profile is `demo-<name>`."""


def write_export(folder: Path, anchor: date) -> None:
    """Write all files for a company that is looked at on `anchor`; each appears whole or not at all."""
    items = catalogue.items()
    prices = catalogue.prices(items)
    done = trade(anchor, items, prices)
    long_ago = _stamp(anchor - timedelta(days=DAYS + 20))
    rows: dict[str, Iterable[Iterable[object]]] = {
        "companies": _companies(long_ago),
        "branches": [(one.code, code, name, long_ago) for one in customers.CUSTOMERS for code, name in one.branches],
        "contacts": [
            (one.code, key, name, email, one.phone, one.language, long_ago)
            for one in customers.CUSTOMERS
            for key, name, email in customers.people(one)
        ],
        "items": [
            (one.code, one.name, one.unit, one.group, "Y" if one.sellable else "N", one.available, _stamp(anchor))
            for one in items
        ],
        "price_lists": [(*price, long_ago) for price in prices],
        "quotations": _documents(done.quotations),
        "orders": _documents(done.orders),
        "deliveries": _documents(done.deliveries),
        "invoices": _documents(done.invoices),
        "credit_memos": _documents(done.credit_memos),
        "payments": _payments(done.payments),
        "owned_products": [(*row, _stamp(day)) for *row, day in holdings.owned_products(anchor)],
        "projects": [(*row, _stamp(anchor - timedelta(days=1))) for row in holdings.projects(anchor)],
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        _write(folder / f"{name}.csv", COLUMNS[name].split(), rows[name])


def _write(path: Path, columns: list[str], rows: Iterable[Iterable[object]]) -> None:
    partial = path.with_suffix(".part")
    with partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    os.replace(partial, path)


def _stamp(day: date, hour: int = 9) -> str:
    return f"{day.isoformat()}T{hour:02}:30:00Z"


def _text(value: Decimal) -> str:
    return format(value, "f")


def _companies(stamp: str) -> Iterator[tuple[str, ...]]:
    for one in customers.CUSTOMERS:
        terms = (one.currency, one.price_list, one.discount)
        yield (one.code, one.name, *terms, one.country, one.language, one.phone, one.email, one.address, stamp)


def _documents(documents: list[Document]) -> Iterator[tuple[str, ...]]:
    for one in documents:
        owed = _text(one.open_amount) if one.kind in ("Invoice", "Credit Memo") else ""
        days = (one.day.isoformat(), one.due.isoformat())
        total = _text(one.total)
        head = (one.number, one.company, one.branch, *days, one.currency, one.reference, one.status, total, owed)
        for number, line in enumerate(one.lines, 1):
            base = (line.base.kind, line.base.number) if line.base else ("", "")
            amounts = (_text(line.quantity), line.unit, _text(line.price), _text(line.amount))
            state = (line.ships.isoformat(), "Open" if line.open else "Closed")
            body = (str(number), line.item, line.name, *amounts, *state, *base)
            yield (*head, "", one.note, *body, _stamp(one.touched, 16))


def _payments(payments: list[Payment]) -> Iterator[tuple[str, ...]]:
    for one in payments:
        head = (one.number, one.company, one.branch, one.day.isoformat(), one.currency, _text(one.amount))
        for document, amount in one.applied:
            applied = (document.kind, document.number, _text(amount))
            yield (*head, one.reference, one.method, *applied, _stamp(one.day, 16))
        if not one.applied:
            yield (*head, one.reference, one.method, "", "", "", _stamp(one.day, 16))
