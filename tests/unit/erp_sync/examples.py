"""An order on its way to the ERP, as orders publishes it."""

from __future__ import annotations

from typing import Any

from services.erp_sync.domain import Posting, evolve_posting
from services.erp_sync.events import OrderQueuedForErp, PostedToErp, PostingRequested, PostingWritten, RefusedByErp

REFERENCE, COMPANY = "W-7K3Q-M2XA", "C10010"
DOCUMENT: dict[str, Any] = {
    "order": REFERENCE,
    "company": COMPANY,
    "placed_by": "contact-1",
    "placed_at": "2026-11-21T09:30:00Z",
    "branch": "HULL",
    "reference": "PO 4711, bay 3",
    "ship_date": None,
    "note": 'Ring "gate 2"\nbefore noon',
    "currency": "GBP",
    "price_list": "TRADE",
    "discount_percent": "5",
    "lines": [
        {
            "line": line,
            "item": item,
            "name": name,
            "unit": "pc",
            "quantity": quantity,
            "list_price": "2.00",
            "break_quantity": "1",
            "price": "1.90",
            "amount": amount,
        }
        for line, item, name, quantity, amount in (
            (1, "BV-1-2", 'Ball valve, 1/2"', "10", "19.00"),
            (2, "PG-25", "Gauge", "1", "1.90"),
        )
    ],
    "exact_total": "20.90",
    "total": "20.90",
    "catalogue_position": 77,
}
REQUESTED = PostingRequested("order", REFERENCE, COMPANY, "files", DOCUMENT, 1)
QUEUED = OrderQueuedForErp(REFERENCE, COMPANY)
WRITTEN = PostingWritten(REFERENCE, f"{REFERENCE}.csv", "aa" * 32)
POSTED = PostedToErp("order", REFERENCE, COMPANY, "SO-1")
REFUSED = RefusedByErp("order", REFERENCE, COMPANY, "Item PG-25 is blocked.")


def posting(*events: object) -> Posting:
    """The posting after these events."""
    state = Posting()
    for event in events:
        state = evolve_posting(state, event)  # type: ignore[arg-type]
    return state
