"""The first page of a search in a company with 100,000 documents, against the same in one with 1,000."""

from __future__ import annotations

from urllib.parse import quote

from portico.bench.bed import PASSWORD, Bed
from portico.bench.invoices import LARGE, SMALL, give_invoices
from portico.bench.load import measure
from portico.bench.table import Row, milliseconds
from services.identity.contract import PERMISSIONS

ASKED = (("number", "{letter}0000123"), ("word", "bench item"), ("prefix", "bench 4"))
"""What is typed: one number; words that all documents have; the beginning of a word that many have."""


def search_rows(bed: Bed) -> list[Row]:
    """p50 and p99 of each kind of search, one at a time."""
    give_invoices(bed)
    found: dict[str, list[tuple[float, float]]] = {what: [] for what, _ in ASKED}
    for company, _count in (SMALL, LARGE):
        email = f"search-{company.lower()}@bench.example"
        bed.contact(company, email, list(PERMISSIONS))
        cookie = bed.browser(email, PASSWORD).cookie
        for what, typed in ASKED:
            path = "/search?q=" + quote(typed.format(letter=company[6]))
            load = measure(bed.url + path, cookie, clients=1, seconds=4)
            found[what].append((load.p50, load.p99))
    return [_row(what, small, large) for what, (small, large) in found.items()]


def _row(what: str, small: tuple[float, float], large: tuple[float, float]) -> Row:
    ratio = large[0] / small[0]
    return Row(
        f"search of 100,000 documents: {what}",
        f"p50 {milliseconds(large[0])}, p99 {milliseconds(large[1])}",
        f"the same of 1,000: p50 {milliseconds(small[0])}",
        f"{ratio:.2f}",
        "≤ 2",
        ratio <= 2,
    )
