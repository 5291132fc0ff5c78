"""Small exports and what becomes of them, for these tests."""

from __future__ import annotations

import gzip
import io
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from services.erp_sync.adapters.files import profile as profiles
from services.erp_sync.adapters.files.stage import Staged, stage
from services.erp_sync.adapters.files.staging import Problem, Staging

ASKED_AT = "2026-11-21T09:30:00Z"

INVOICES = """
profile: test
currency: GBP
leave_out:
  - reason: no_customer
    where: {Customer: {empty: true}}
kinds:
  - kind: invoice
    where: {No: {not: {starts_with: C}}}
    company: Customer
    key: No
    fields: {date: Date}
    lines: {item: Item, description: Text, quantity: Qty, price: Price}
"""
HEADER = "No,Customer,Date,Item,Text,Qty,Price\n"


@dataclass(frozen=True)
class Result:
    """What stage 1 made of a file."""

    staged: Staged
    documents: list[dict[str, Any]]
    batches: list[tuple[str, int, list[str]]]
    """(service, partition, keys) of each message."""
    errors: list[Problem]

    def one(self, key: str) -> dict[str, Any]:
        """The body of the document with the key."""
        found: dict[str, Any] = next(one for one in self.documents if one["key"] == key)["body"]
        return found


def staged(tmp_path: Path, content: str | bytes, profile: str = INVOICES, name: str = "export.csv") -> Result:
    """Stage 1 of a file with this content."""
    file = tmp_path / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with closing(Staging.fresh(tmp_path / "run" / "staging.db")) as staging:
        made = stage(file, profiles.load(profile, "test.yaml"), staging, lambda rows, done: None, ASKED_AT)
        staging.seal()
        found = [staging.batch(number) for number, *_ in staging.plan()]
        batches = [(one, orjson.loads(one.body)) for one in found]
        return Result(
            made,
            [document for _, documents in batches for document in documents],
            [(one.service, one.partition, [d["key"] for d in documents]) for one, documents in batches],
            list(staging.errors()),
        )


def gzipped(text: str) -> bytes:
    """The text as a gzip file."""
    return gzip.compress(text.encode(), mtime=0)


def workbook(rows: list[list[Any]], sheet: str = "Sheet") -> bytes:
    """The rows as an XLSX workbook."""
    from openpyxl import Workbook

    book = Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    for row in rows:
        page.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
