"""What was bought: each item's quantity and amount, invoiced less credited, of all time and by month.

Line amounts are the ERP's own; a credit memo's are negative. Cancelled documents and lines without an item's number do
not count. A document that is told again with the same lines, as each of its payments has it, costs one read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import BigInteger, Column, Index, MetaData, Table, Text

from chassis.messages import Recorded
from chassis.money import minor
from chassis.readmodel import Projection, Rows, upsert

VERSION = 1
SORTS = {
    "item": ("item", "branch", "currency"),
    "name": ("name", "item", "branch", "currency"),
    "amount": ("amount_minor", "item", "branch", "currency"),
    "date": ("last_date", "item", "branch", "currency"),
}
"""What items can be sorted by → the columns of the keyset, each behind the company in an index."""
MILLION = 1_000_000
"""Quantities are integers, in millionths of the unit."""
_meta = MetaData()
_SUMS = ("quantity_millionths", "amount_minor", "invoice_count", "document_count")


def _sums() -> tuple[Column[Any], ...]:
    return (*(Column(name, BigInteger, nullable=False) for name in _SUMS), Column("last_date", Text, nullable=False))


ITEMS = Table(
    f"items_v{VERSION}",
    _meta,
    *(Column(name, Text, primary_key=True) for name in ("company", "item", "branch", "currency")),
    Column("name", Text, nullable=False),
    Column("unit", Text, nullable=False),
    *_sums(),
    *(Index(f"items_v{VERSION}_by_{sort}", "company", *columns) for sort, columns in SORTS.items() if sort != "item"),
    sqlite_with_rowid=False,
)
"""All that was bought of an item: `last_date` is its newest invoice's ("" with credit memos alone), `name` and `unit`
what that one says. They stay when it is taken back, until a newer one says otherwise.
"""
ITEM_MONTHS = Table(
    f"item_months_v{VERSION}",
    _meta,
    *(Column(name, Text, primary_key=True) for name in ("company", "month", "item", "branch", "currency", "kind")),
    *_sums(),
    Index(f"item_months_v{VERSION}_item", "company", "item", "branch", "currency", "kind", "month"),
    sqlite_with_rowid=False,
)
"""The same by the documents' month (YYYY-MM) and kind: "invoice" or "credit_memo"."""
ITEM_DOCUMENTS = Table(
    f"item_documents_v{VERSION}",
    _meta,
    *(Column(name, Text, primary_key=True) for name in ("company", "kind", "number")),
    Column("date", Text, nullable=False),
    Column("branch", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("lines", Text, nullable=False),
    Index(f"item_documents_v{VERSION}_date", "company", "kind", "date"),
    sqlite_with_rowid=False,
)
"""What each document counted for, to be taken back when it changes: `lines` is JSON, item → [name, unit, quantity in
millionths, amount in minor units].
"""

_Part = tuple[str, str, int, int]
_KINDS = {"InvoiceRecorded": "invoice", "CreditMemoRecorded": "credit_memo"}
_GROUP = "company = ? AND item = ? AND branch = ? AND currency = ?"
_NEW = upsert(ITEM_DOCUMENTS).partition(" DO UPDATE")[0] + " DO NOTHING"
_PUT = upsert(ITEM_DOCUMENTS)
_OLD = f"SELECT date, branch, currency, lines FROM {ITEM_DOCUMENTS.name} WHERE company = ? AND kind = ? AND number = ?"
_OF_MONTH = (
    f"SELECT date, branch, currency, lines FROM {ITEM_DOCUMENTS.name}"
    " WHERE company = ? AND kind = 'invoice' AND date >= ? AND date < ? ORDER BY date DESC"
)
_NEWEST = f"SELECT MAX(last_date) AS last_date FROM {ITEM_MONTHS.name} WHERE {_GROUP} AND kind = 'invoice'"
_LAST_OF_MONTH = f"UPDATE {ITEM_MONTHS.name} SET last_date = ? WHERE {_GROUP} AND month = ? AND kind = 'invoice'"
_LAST = f"UPDATE {ITEMS.name} SET last_date = ? WHERE {_GROUP}"
_NO_MONTH = f"DELETE FROM {ITEM_MONTHS.name} WHERE {_GROUP} AND month = ? AND kind = ? AND document_count = 0"
_NO_ITEM = f"DELETE FROM {ITEMS.name} WHERE {_GROUP} AND document_count = 0"


def _adding(table: Table, newest: tuple[str, ...] = ()) -> str:
    """Sums are added; `newest` columns go with the newest date."""
    added = [f"{name} = {table.name}.{name} + excluded.{name}" for name in _SUMS]
    later = f"CASE WHEN excluded.last_date >= {table.name}.last_date THEN excluded.%s ELSE {table.name}.%s END"
    added += [f"{name} = {later % (name, name)}" for name in (*newest, "last_date")]
    return upsert(table).partition(" DO UPDATE")[0] + f" DO UPDATE SET {', '.join(added)}"


_ADD, _ADD_MONTH = _adding(ITEMS, ("name", "unit")), _adding(ITEM_MONTHS)


def project(event: Recorded, rows: Rows) -> None:
    """The document's part in the sums of its items, instead of the one it had."""
    kind = _KINDS.get(event.type)
    if kind is None:
        return
    company, body = event.data["company"], event.data["body"]
    number, place = body["number"], (body["date"], body["branch"], body["currency"])
    lines = parts_of(body)
    now = (*place, orjson.dumps(lines).decode())
    if rows.execute(_NEW, (company, kind, number, *now)).rowcount != 1:
        old = tuple(rows.execute(_OLD, (company, kind, number)).fetchone())
        if old == now:
            return
        rows.execute(_PUT, (company, kind, number, *now))
        _take_back(rows, company, kind, old)
    invoices = int(kind == "invoice")
    day, branch, currency = place
    last = day if invoices else ""
    for item, (name, unit, quantity, amount) in lines.items():
        sums = (quantity, amount, invoices, 1, last)
        rows.execute(_ADD, (company, item, branch, currency, name, unit, *sums))
        rows.execute(_ADD_MONTH, (company, day[:7], item, branch, currency, kind, *sums))
    rows.touch(company, event.position)


def parts_of(body: Mapping[str, Any]) -> dict[str, _Part]:
    """What a document's normalised body counts for, by item; nothing of a cancelled one."""
    if body["status"] == "cancelled":
        return {}
    found: dict[str, tuple[str, str, Decimal, Decimal]] = {}
    for line in body["lines"]:
        item = line["item"]
        if item:
            quantity, amount = Decimal(line["quantity"]), Decimal(line["amount"])
            own = found.get(item)
            if own is not None:
                quantity, amount = quantity + own[2], amount + own[3]
            found[item] = (line["description"], line["unit"], quantity, amount)
    currency = body["currency"]
    return {
        item: (name, unit, int(round(quantity * MILLION)), minor(amount, currency))
        for item, (name, unit, quantity, amount) in found.items()
    }


def _take_back(rows: Rows, company: str, kind: str, old: tuple[Any, ...]) -> None:
    """Undo what the document counted for; where it was an item's newest, another is from now on."""
    day, branch, currency, lines = old
    invoices = int(kind == "invoice")
    groups = []
    for item, (name, unit, quantity, amount) in orjson.loads(lines).items():
        group, sums = (company, item, branch, currency), (-quantity, -amount, -invoices, -1, "")
        rows.execute(_ADD, (*group, name, unit, *sums))
        rows.execute(_ADD_MONTH, (company, day[:7], item, branch, currency, kind, *sums))
        rows.execute(_NO_MONTH, (*group, day[:7], kind))
        rows.execute(_NO_ITEM, group)
        groups.append(group)
    if invoices:
        _find_newest(rows, day[:7], groups)


def _find_newest(rows: Rows, month: str, groups: Sequence[tuple[str, ...]]) -> None:
    """Say anew when each was last bought in this month, and at all."""
    if not groups:
        return
    left: dict[tuple[str, ...], str] = dict.fromkeys(groups, "")
    for one in rows.execute(_OF_MONTH, (groups[0][0], month, month + "~")):
        for item in orjson.loads(one["lines"]):
            group: tuple[str, ...] = (groups[0][0], item, one["branch"], one["currency"])
            if not left.get(group, "~"):
                left[group] = one["date"]
    for group, day in left.items():
        rows.execute(_LAST_OF_MONTH, (day, *group, month))
        newest = rows.execute(_NEWEST, group).fetchone()["last_date"]
        rows.execute(_LAST, (newest or "", *group))


PROJECTION = Projection("items", VERSION, ("documents-",), (ITEMS, ITEM_MONTHS, ITEM_DOCUMENTS), project)
