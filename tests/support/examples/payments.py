"""Northwind (C10010) owes for invoice 20112 (2,499.99 EUR, due in December) and has credit memo 30007 to its credit."""

from __future__ import annotations

from typing import Any

COMPANY, OTHER_COMPANY = "C10010", "C10020"


def line(amount: str, number: int = 1, **changes: Any) -> dict[str, Any]:
    """A line of one piece at this amount."""
    return {
        "line": number,
        "item": "SCN-100",
        "description": "Warehouse scanner",
        "quantity": "-1" if amount.startswith("-") else "1",
        "unit": "pcs",
        "price": amount.lstrip("-"),
        "amount": amount,
        "date": None,
        "status": "open",
        **changes,
    }


def document(number: str, total: str, **changes: Any) -> dict[str, Any]:
    """The normalised body of an invoice (or credit memo: negative total) with one line, open as a whole."""
    return {
        "number": number,
        "branch": "NORTH",
        "date": "2026-11-02",
        "due_date": "2026-12-02",
        "currency": "EUR",
        "reference": "PO-4700",
        "status": "open",
        "exact_total": total,
        "total": total,
        "open_amount": total,
        "portal_reference": "",
        "base": [{"kind": "delivery", "number": "5011"}],
        "note": "",
        "lines": [line(total)],
        **changes,
    }


def payment(number: str, amount: str, applied: list[dict[str, str]] | None, **changes: Any) -> dict[str, Any]:
    """The normalised body of a payment."""
    return {
        "number": number,
        "branch": "NORTH",
        "date": "2026-11-20",
        "currency": "EUR",
        "amount": amount,
        "reference": "Transfer 99",
        "method": "bank transfer",
        "applied": applied,
        **changes,
    }


INVOICE = document("20112", "2499.99")
CREDIT_MEMO = document("30007", "-120.00", due_date=None, base=[{"kind": "invoice", "number": "20112"}])
PART_PAID = {**INVOICE, "open_amount": "999.99"}
PAID = {**INVOICE, "open_amount": "0.00", "status": "closed"}
PAYMENT = payment("40021", "1500.00", [{"kind": "invoice", "number": "20112", "amount": "1500.00"}])
ON_ACCOUNT = payment("40022", "200.00", [{"kind": "invoice", "number": "20112", "amount": "150.00"}])
