"""Quotations, orders and deliveries as reports and document pages show them.

An order placed here and the ERP's order that carries its reference are one row, in whatever order they are told: what
the ERP says of an order counts once it has said it; who placed it stays.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import BigInteger, Column, Integer, Text

from chassis.codec import dumps
from chassis.documents import DocumentRow, DocumentTables, DocumentWriter, document_tables
from chassis.messages import Recorded
from chassis.money import minor
from chassis.readmodel import Projection, Rows
from chassis.timeline import told_by

VERSION = 2
KINDS = ("quotation", "order", "delivery")
ORDERS: DocumentTables = document_tables(
    "order",
    VERSION,
    key="key",
    extra=(
        Column("erp_number", Text, nullable=False),
        Column("from_erp", Integer, nullable=False),
        Column("placed_by", Text, nullable=False),
        Column("message", Text, nullable=False),
        Column("position", BigInteger, nullable=False),
    ),
)
"""`orders_v2`, `order_lines_v2`, `order_totals_v2`, `order_months_v2`, `order_links_v2`, `order_search_v2`,
`order_timeline_v2`.

`key` names a document for good: the portal's reference of an order placed here, else the ERP's number. `number` is what
people see: the ERP's once it is known. `kind` is one of KINDS, `status` of domain.STATUSES. `message` is why it was
rejected or cancelled, `position` where it last changed.
"""
_WRITER = DocumentWriter(ORDERS)
_TABLE, _BODIES = ORDERS.documents.name, ORDERS.lines.name
_ROW = f"SELECT * FROM {_TABLE} WHERE company = ? AND kind = ? AND key = ?"
_BY_NUMBER = f"SELECT key FROM {_TABLE} WHERE company = ? AND kind = ? AND number = ?"
_BODY = f"SELECT body FROM {_BODIES} WHERE company = ? AND kind = ? AND key = ?"
_COLUMNS = DocumentRow._fields[:-1]
_OWN = ("erp_number", "from_erp", "placed_by", "message", "position")
_PORTAL_REFERENCE = re.compile(r"W-[0-9A-Z]{4}-[0-9A-Z]{4}\Z")
# Status and timeline's word.
_MOVED = {
    "OrderCancelled": ("cancelled", "cancelled"),
    "CancellationAsked": ("cancelling", "cancel_asked"),
    "CancellationTooLate": ("queued", "cancel_too_late"),
    "OrderQueued": ("queued", "queued"),
    "OrderRejected": ("rejected", "rejected"),
}
_TOO_LATE = "It was handed over before it could be taken back."


def project(event: Recorded, rows: Rows) -> None:
    """One event into the row of its document."""
    company = event.data["company"]
    match event.type:
        case "OrderPlaced":
            _placed(event, rows)
        case "OrderPosted":
            _posted(event, rows)
        case "OrderRecorded":
            _recorded_order(event, rows)
        case "DeliveryRecorded" | "QuotationRecorded":
            body = event.data["body"]
            kind = "delivery" if event.type == "DeliveryRecorded" else "quotation"
            row = _from_body(company, kind, body["number"], body)
            extra = (body["number"], 1, "", "", event.position)
            _WRITER.put(rows, row._replace(extra=extra), dumps(body), told_by(event), body["base"])
        case _:
            _moved(event, rows)
    rows.touch(company, event.position)


def _find(rows: Rows, company: str, key: str) -> tuple[DocumentRow, dict[str, Any]] | None:
    """An order's row, and its own columns by name."""
    found = rows.one(_ROW, company, "order", key)
    if found is None:
        return None
    own = {name: found[name] for name in _OWN}
    return DocumentRow(**{name: found[name] for name in _COLUMNS}), own


def _from_body(company: str, kind: str, key: str, body: dict[str, Any]) -> DocumentRow:
    currency, total = body["currency"], body["total"]
    # Where the ERP does not say what is open, an open document is open as a whole.
    still_open = body["open_amount"] or (total if body["status"] == "open" else "0")
    return DocumentRow(
        company,
        kind,
        key,
        body["number"],
        body["branch"],
        body["date"],
        body["due_date"] or "",
        currency,
        minor(total, currency),
        minor(still_open, currency),
        body["status"],
        body["reference"],
        body["portal_reference"],
    )


def _placed(event: Recorded, rows: Rows) -> None:
    data = event.data
    company, key = data["company"], data["order"]
    found, told = _find(rows, company, key), told_by(event, "placed", data["placed_by"])
    if found is not None:
        row, own = found
        extra = tuple((own | {"placed_by": data["placed_by"], "position": event.position}).values())
        _WRITER.put(rows, row._replace(portal_reference=key, extra=extra), None, told, _base(rows, row))
        return
    body = _placed_body(data)
    extra = ("", 0, data["placed_by"], "", event.position)
    row = _from_body(company, "order", key, body)._replace(status="accepted", extra=extra)
    _WRITER.put(rows, row, dumps(body), told)


def _placed_body(data: dict[str, Any]) -> dict[str, Any]:
    """The placed order in the shape of an ERP's, with the proof of its prices beside."""
    lines = [
        {**line, "description": line["name"], "date": data["ship_date"], "status": "open"} for line in data["lines"]
    ]
    taken = ("branch", "currency", "reference", "note", "exact_total", "total", "price_list", "discount_percent")
    return {
        **{name: data[name] for name in taken},
        "number": data["order"],
        "date": data["placed_at"][:10],
        "due_date": data["ship_date"],
        "status": "open",
        "open_amount": data["total"],
        "portal_reference": data["order"],
        "base": [],
        "lines": lines,
    }


def _moved(event: Recorded, rows: Rows) -> None:
    data = event.data
    found = _find(rows, data["company"], data["order"])
    if found is None or found[1]["from_erp"]:
        return
    row, own = found
    status, word = _MOVED[event.type]
    still_open = row.total_minor if status in ("queued", "cancelling") else 0
    message = _TOO_LATE if event.type == "CancellationTooLate" else data.get("reason", "")
    extra = tuple((own | {"message": message, "position": event.position}).values())
    told = told_by(event, word, data.get("cancelled_by") or data.get("asked_by") or "")
    moved = row._replace(status=status, open_minor=still_open, extra=extra)
    _WRITER.put(rows, moved, None, told, reason=data.get("reason", ""))


def _posted(event: Recorded, rows: Rows) -> None:
    data = event.data
    company, key, number = data["company"], data["order"], data["erp_number"]
    found, told = _find(rows, company, key), told_by(event, "posted")
    if found is None or found[1]["from_erp"]:
        return
    row, own = found
    was_cancelled = row.status == "cancelled"
    message = "Cancelled here when the ERP already had it." if was_cancelled else ""
    own |= {"erp_number": number, "message": message, "position": event.position}
    erps = _find(rows, company, number)
    if erps is not None:
        # The ERP told of the order before, without our reference.
        body = rows.one(_BODY, company, "order", number)
        base = _base(rows, erps[0])
        _WRITER.remove(rows, company, "order", number, key)
        extra = tuple((own | {"from_erp": 1}).values())
        merged = erps[0]._replace(key=key, portal_reference=key, extra=extra)
        _WRITER.put(rows, merged, None if body is None else bytes(body["body"]), told, base)
        return
    posted = row._replace(number=number, status="posted", open_minor=row.total_minor, extra=tuple(own.values()))
    _WRITER.put(rows, posted, None, told)


def _recorded_order(event: Recorded, rows: Rows) -> None:
    company, body = event.data["company"], event.data["body"]
    number, reference = body["number"], body["portal_reference"]
    key = _key_of(rows, company, number, reference)
    if key != number:
        _WRITER.remove(rows, company, "order", number, key)
    told = _find(rows, company, key)
    row = _from_body(company, "order", key, body)
    placed_by, message = "", ""
    if told is not None:
        placed_by, message = told[1]["placed_by"], told[1]["message"]
        row = row._replace(portal_reference=reference or told[0].portal_reference)
    extra = (number, 1, placed_by, message, event.position)
    _WRITER.put(rows, row._replace(extra=extra), dumps(body), told_by(event), body["base"])


def _key_of(rows: Rows, company: str, number: str, reference: str) -> str:
    """The row of the ERP's order: that of our order it names, unless that is another ERP order's already."""
    if _PORTAL_REFERENCE.match(reference):
        named = rows.one(_ROW, company, "order", reference)
        if named is None or named["erp_number"] in ("", number):
            return reference
    known = rows.one(_BY_NUMBER, company, "order", number)
    return number if known is None else known["key"]


def _base(rows: Rows, row: DocumentRow) -> list[dict[str, str]]:
    links = ORDERS.links.name
    found = rows.execute(
        f"SELECT base_kind AS kind, base_number AS number FROM {links} WHERE company = ? AND kind = ? AND number = ?",
        (row.company, row.kind, row.number),
    )
    return [dict(one) for one in found]


PROJECTION = Projection("orders", VERSION, ("order-", "salesdocuments-"), ORDERS.all, project)
