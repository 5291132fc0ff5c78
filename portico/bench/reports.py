"""Reports of a company with 100,000 documents against one with 1,000, and what an export of them costs."""

from __future__ import annotations

import re
import tempfile
import time
from typing import Any

import psutil
import xlsxwriter

from portico.bench.bed import PASSWORD, Bed, Browser, Watch, token_of, wait_for
from portico.bench.invoices import LARGE, SMALL, give_invoices
from portico.bench.load import measure
from portico.bench.table import Row, milliseconds
from services.identity.contract import PERMISSIONS

_REPORTS = {
    "filtered, sorted, totalled": "/invoices?since=2025-01-15&status=open&sort=-total",
    "grouped by month, with subtotals": "/invoices?group=date&cols=date,number,total",
    "searched by number": "/invoices?q=0000123",
    "by an amount that few have": "/invoices?total_from=8950&sort=reference",
    "statement of account, running balance": "/statement?since=2024-07-10&until=2026-01-20",
}
_CELLS = 7  # columns of the report as it is
_FETCH = re.compile(r"/exports/[0-9a-f]{32}/file")


def report_rows(bed: Bed) -> list[Row]:
    """The first page of reports, asked for in several ways; and an Excel file of all rows."""
    give_invoices(bed)
    browsers = []
    for company, _count in (SMALL, LARGE):
        email = f"{company.lower()}@bench.example"
        bed.contact(company, email, list(PERMISSIONS))
        browsers.append(bed.browser(email, PASSWORD))
    rows = [_first_page(bed, what, path, *browsers) for what, path in _REPORTS.items()]
    return [*rows, *_export(browsers[1])]


def _first_page(bed: Bed, what: str, path: str, of_small: Browser, of_large: Browser) -> Row:
    small, large = (measure(bed.url + path, one.cookie, clients=1, seconds=4) for one in (of_small, of_large))
    ratio = large.p50 / small.p50
    return Row(
        f"report of 100,000 documents: {what}",
        f"p50 {milliseconds(large.p50)}, p99 {milliseconds(large.p99)}",
        f"the same of 1,000: p50 {milliseconds(small.p50)}",
        f"{ratio:.2f}",
        "≤ 2 or ≤ 50 ms",
        ratio <= 2 or large.p50 <= 0.05,
    )


def _export(browser: Browser) -> list[Row]:
    """Rows a second of an Excel file of 100,000 invoices, beside the writing of as many cells and nothing else."""
    peak, before = _Peak(), _files(browser)  # of an installation that was kept
    with peak:
        started = time.perf_counter()
        values = {"format": "xlsx", "address": "sort=-total", "csrf_token": token_of(browser.get("/settings"))}
        browser.send("/exports/invoice", values)
        wait_for(lambda: _files(browser) - before, 600, "the export")
        rate = LARGE[1] / (time.perf_counter() - started)
    alone = _written_alone()
    ratio = rate / alone
    return [
        Row(
            "Excel file of 100,000 rows, by a process of its own",
            f"{rate:,.0f} rows/s",
            f"as many cells written and nothing else: {alone:,.0f} rows/s",
            f"{ratio:.2f}",
            "≥ 0.3",
            ratio >= 0.3,
        ),
        Row("its memory at most", f"{peak.bytes / 1e6:.0f} MB", goal="≤ 200 MB", met=0 < peak.bytes <= 200e6),
    ]


def _files(browser: Browser) -> set[str]:
    return set(_FETCH.findall(browser.get("/exports")))


def _written_alone() -> float:
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        book = xlsxwriter.Workbook(f"{folder}/file", {"constant_memory": True, "tmpdir": folder})
        sheet = book.add_worksheet()
        for row in range(LARGE[1]):
            for column in range(_CELLS):
                sheet.write_number(row, column, row)
        book.close()
        return LARGE[1] / (time.perf_counter() - started)


class _Peak(Watch):
    """The most memory that an export's process has while this watches, in bytes."""

    def __init__(self) -> None:
        self.bytes = 0

    def look(self) -> None:
        """The export's process, if it runs."""
        for process in psutil.process_iter(["cmdline", "memory_info"]):
            found: dict[str, Any] = process.info
            if "gateway.exports.child" in (found["cmdline"] or ()) and found["memory_info"] is not None:
                self.bytes = max(self.bytes, found["memory_info"].rss)
