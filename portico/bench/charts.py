"""The charts of a company with 100,000 documents, nothing cached, against those of one with 1,000."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from portico.bench.bed import Bed
from portico.bench.load import Load, measure
from portico.bench.pages import another_gateway
from portico.bench.table import Row, milliseconds
from portico.bench.trade import LARGE, SMALL, give_trade
from services.identity.contract import PERMISSIONS


def charts_rows(bed: Bed) -> list[Row]:
    """Charts, and what was open on a day a year ago."""
    give_trade(bed)
    year_ago = datetime.now(UTC).date() - timedelta(days=365)
    found = []
    with another_gateway(bed, PORTICO_FRAGMENT_CHARS="0") as url:
        for what, path in (("charts", "/charts"), ("open on a day a year ago", f"/balance/past?on={year_ago}")):
            loads = []
            for company, _count in (SMALL, LARGE):
                email = f"charts-{company.lower()}@bench.example"
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
