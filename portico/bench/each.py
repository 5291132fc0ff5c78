"""The first page of each report, filtered and sorted, of a company with 100,000 documents of all kinds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from portico.bench.bed import Bed
from portico.bench.load import measure
from portico.bench.table import Row, milliseconds
from portico.bench.trade import A_TWENTY, LARGE, PAID, SMALL, give_trade
from services.identity.contract import PERMISSIONS

CASES = 20, 2_000
"""Of the small company and of the large one: cases are written by people, not by an ERP."""
_INVOICES, _YEAR = A_TWENTY["invoices"], "since={year_ago}"
EACH = (
    ("orders", A_TWENTY["orders"], f"/orders?{_YEAR}&status=open&sort=-total"),
    ("quotes", A_TWENTY["quotations"], "/quotes?status=open&sort=-total"),
    ("deliveries", A_TWENTY["deliveries"], f"/deliveries?{_YEAR}&sort=-number"),
    ("invoices", _INVOICES, f"/invoices?{_YEAR}&status=open&sort=-total"),
    ("invoices, by a text in a column", _INVOICES, "/invoices?reference_has=004500&sort=date"),
    ("payments", PAID, f"/payments?{_YEAR}&sort=-total"),
    ("credit memos", A_TWENTY["credit_memos"], "/credit-memos?status=open&sort=-total"),
    ("open items", _INVOICES, "/open-items?overdue=1&sort=-open"),
    ("items bought", _INVOICES, f"/items-bought?{_YEAR}&sort=-amount"),
    ("support cases", 0, "/support?status=new&sort=-date"),
)
"""Each report, of how many in twenty documents it is made (none: of cases), and what is asked for."""


def each_rows(bed: Bed) -> list[Row]:
    """p50 and p99 of each, one at a time, against the same of 1,000 documents."""
    give_trade(bed)
    cookies = []
    for (company, _count), cases in zip((SMALL, LARGE), CASES, strict=True):
        email = f"each-{company.lower()}@bench.example"
        bed.contact(company, email, list(PERMISSIONS))
        for number in range(cases):
            case = {"summary": f"Case {number}", "detail": "What happened."}
            bed.commands.send("cases", "OpenCase", case, bed.context(company))
        cookies.append(bed.browser(email).cookie)
    year_ago, rows = datetime.now(UTC).date() - timedelta(days=365), []
    for what, in_twenty, path in EACH:
        url = bed.url + path.format(year_ago=year_ago)
        small, large = (measure(url, cookie, clients=1, seconds=4) for cookie in cookies)
        many = LARGE[1] // 20 * in_twenty or CASES[1]
        ratio = large.p50 / small.p50
        rows.append(
            Row(
                f"first page of {what}, of {many:,}",
                f"p50 {milliseconds(large.p50)}, p99 {milliseconds(large.p99)}",
                f"of a hundredth: p50 {milliseconds(small.p50)}, p99 {milliseconds(small.p99)}",
                f"{ratio:.2f}",
                "≤ 2 or ≤ 50 ms",
                ratio <= 2 or large.p50 <= 0.05,
            )
        )
    return rows
