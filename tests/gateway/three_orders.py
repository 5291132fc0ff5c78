"""Orders of Ann's company, for reports, layouts and exports."""

from __future__ import annotations

from services.orders.contract import ORDERS
from services.orders.projections import PROJECTIONS as orders
from tests.gateway.ground import Ground


def three_orders(ground: Ground) -> Ground:
    """Three orders of Ann's company in two branches and two currencies."""
    model = ground.model("orders", orders)
    for number, branch, currency, total, day in (
        ("A-1", "N", "EUR", 10000, "2026-05-01"),
        ("A-2", "S", "EUR", 25050, "2026-05-20"),
        ("A-3", "S", "JPY", 9000, "2026-06-02"),
    ):
        where = {"company": "C-A", "kind": "order", "key": number}
        facts = {"branch": branch, "currency": currency, "date": day, "total_minor": total, "status": "open"}
        model.put(ORDERS.documents, **where, **facts, number=number, number_key=number, reference=f"PO {number}")
        for table, period, value in ((ORDERS.totals, "date", day), (ORDERS.months, "month", day[:7])):
            group = {"branch": branch, "status": "open", "currency": currency, period: value}
            model.put(table, company="C-A", kind="order", **group, count=1, total_minor=total)
    for branch, name in (("N", "North"), ("S", "South")):
        ground.branch("C-A", branch, name)
    return ground
