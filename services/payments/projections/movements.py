"""What was open at any time, by effective date: each item's movements, and their sums by month and age.

An item is opened on its own day, and every payment that was applied to it moves it on the payment's. What the ERP's
open amount says beyond those moves it too, without a source: on the day it became known; of a document that was
settled when it first came, on its due day, for nobody can know better.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import UTC, date
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import orjson
from sqlalchemy import BigInteger, Column, Index, MetaData, Table, Text

from chassis.messages import Recorded
from chassis.money import minor
from chassis.readmodel import Projection, Rows, upsert
from services.payments.domain import open_amount

VERSION = 2
_meta = MetaData()
_ITEM_KEY = ("company", "kind", "number")
MOVED_ITEMS = Table(
    f"moved_items_v{VERSION}",
    _meta,
    *(Column(name, Text, primary_key=True) for name in _ITEM_KEY),
    Column("branch", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("date", Text, nullable=False),
    Column("due_date", Text, nullable=False),
    Column("total_minor", BigInteger, nullable=False),
    Column("open_minor", BigInteger, nullable=False),
    Column("applied", Text, nullable=False),
    Column("opened", Text, nullable=False),
    Column("closed", Text, nullable=False),
    Index(f"moved_items_v{VERSION}_closed", "company", "closed", "opened"),
    sqlite_with_rowid=False,
)
"""Each item that is or was open: `total_minor` from `date` on, changed by its movements; nothing is open of it before
`opened` and from `closed` on (STILL_OPEN while something is).

`applied`: JSON, what a payment was applied to; its `total_minor` is what stands to the company's credit (negative).
"""
STILL_OPEN = "~"
MOVEMENTS = Table(
    f"movements_v{VERSION}",
    _meta,
    *(Column(name, Text, primary_key=True) for name in (*_ITEM_KEY, "date", "source_kind", "source_number")),
    *(Column(name, Text, primary_key=True) for name in ("currency", "source_branch")),
    Column("minor", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""By how much an item's open amount changed from `date` on, and by which document; none where the ERP does not say.

An item's total and its movements in its own currency add up to its open amount. The item may not have come yet.
"""
TRANSFERS = Table(
    f"transfers_v{VERSION}",
    _meta,
    *(Column(name, Text, primary_key=True) for name in ("company", "date", "payment", "payment_branch", "currency")),
    *(Column(name, Text, primary_key=True) for name in ("kind", "number", "branch")),
    Column("minor", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""The movements by payments of another branch than the item's: `kind`, `number` and `branch` are the item's.

What a branch owes falls by them, and what the payment's branch owes does not: its payment did not pay for it.
"""
AGEING_MONTHS = Table(
    f"ageing_months_v{VERSION}",
    _meta,
    *(Column(name, Text, primary_key=True) for name in ("company", "branch", "currency", "month")),
    Column("late", BigInteger, primary_key=True, autoincrement=False),
    Column("minor", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""By how much more (or less) of this age was open at the end of `month` (YYYY-MM) than at the end of the one before.

`late` is the place in BUCKETS. The sum of all months up to one is what was open at its end; months to come have what
will be late by then if nothing is paid.
"""
BUCKETS = (1, 31, 61, 91)
"""An item whose open amount is owed is in bucket n from so many days after its due date on, in 0 before; credit is
never late, nor what has no due date."""


class _Item(NamedTuple):
    branch: str
    currency: str
    date: str
    due_date: str
    total_minor: int
    open_minor: int
    applied: str = ""


class _Source(NamedTuple):
    date: str
    kind: str
    number: str
    currency: str
    branch: str = ""


_Moves = dict[_Source, int]
_Key = tuple[str, str, str]
_K = TypeVar("_K", bound=Hashable)
_WHERE = " AND ".join(f"{name} = ?" for name in _ITEM_KEY)
_OLD = f"SELECT {', '.join(_Item._fields)} FROM {MOVED_ITEMS.name} WHERE {_WHERE}"
_PUT = upsert(MOVED_ITEMS)
_DROP = f"DELETE FROM {MOVED_ITEMS.name} WHERE {_WHERE}"
_MOVES = f"SELECT date, source_kind, source_number, currency, source_branch, minor FROM {MOVEMENTS.name} WHERE {_WHERE}"
_MOVE = upsert(MOVEMENTS)
_NO_MOVE = (
    f"DELETE FROM {MOVEMENTS.name} WHERE {_WHERE}"
    " AND date = ? AND source_kind = ? AND source_number = ? AND currency = ? AND source_branch = ?"
)
_TRANSFER = upsert(TRANSFERS)
_NO_TRANSFER = f"DELETE FROM {TRANSFERS.name} WHERE {' AND '.join(f'{key.name} = ?' for key in TRANSFERS.primary_key)}"
_SUM = (
    upsert(AGEING_MONTHS).partition(" DO UPDATE")[0]
    + f" DO UPDATE SET minor = {AGEING_MONTHS.name}.minor + excluded.minor"
)
_KINDS = {"InvoiceRecorded": "invoice", "CreditMemoRecorded": "credit_memo", "PaymentRecorded": "payment"}


def project(event: Recorded, rows: Rows) -> None:
    """The item's row, its movements and those it gives others, and the sums."""
    company, body = event.data["company"], event.data["body"]
    kind, known = _KINDS[event.type], event.recorded_at.astimezone(UTC).date().isoformat()
    key = (company, kind, body["number"])
    item, old = _item_of(kind, body), _old(rows, key)
    if kind == "payment":
        by = _applied(key[2], item)
        for target, moves in _applied(key[2], old).items():
            own = by.setdefault(target, {})
            for source, moved in moves.items():
                _add(own, source, -moved)
        for target, moves in by.items():
            if any(moves.values()):
                its = _old(rows, (company, *target))
                _change(rows, (company, *target), its, its, moves, known)
    elif old is None and item is not None:
        known = min(known, item.due_date or item.date)
    _change(rows, key, old, item, {}, known)
    rows.touch(company, event.position)


def _item_of(kind: str, body: Mapping[str, Any]) -> _Item | None:
    """The item of a body; None of what never is open: it is cancelled, or the ERP does not say what is open."""
    currency = body["currency"]
    still_open = minor(open_amount(kind, body), currency)
    place = (body["branch"], currency, body["date"], body.get("due_date") or "")
    if kind == "payment":
        if body["applied"] is None:
            return None
        return _Item(*place, still_open, still_open, orjson.dumps(body["applied"]).decode())
    if body["status"] == "cancelled" or body["open_amount"] is None:
        return None
    return _Item(*place, minor(Decimal(body["total"]), currency), still_open)


def _applied(number: str, payment: _Item | None) -> dict[tuple[str, str], _Moves]:
    """(kind, number) of each document the payment was applied to, and how that moves it."""
    found: dict[tuple[str, str], _Moves] = {}
    if payment is not None:
        source = _Source(payment.date, "payment", number, payment.currency, payment.branch)
        for one in orjson.loads(payment.applied):
            moves = found.setdefault((one["kind"], one["number"]), {})
            _add(moves, source, -minor(one["amount"], payment.currency))
    return found


def _old(rows: Rows, key: _Key) -> _Item | None:
    row = rows.execute(_OLD, key).fetchone()
    return None if row is None else _Item(*tuple(row))


def _change(rows: Rows, key: _Key, old: _Item | None, item: _Item | None, by: _Moves, known: str) -> None:
    """Make the item what it is now and move it `by` these; keep the sums in step."""
    if old is item is None and not by:
        return
    was = {_Source(*row[:5]): row[5] for row in (tuple(one) for one in rows.execute(_MOVES, key))}
    now = dict(was)
    for source, moved in by.items():
        _add(now, source, moved)
    if item is None:
        now = {source: moved for source, moved in now.items() if source.kind}
    else:
        _level(item, now, max(known, item.date))
    before, after = _course(old, was), _course(item, now)
    _put(rows, key, old and (*old, *_days(old, before)), item and (*item, *_days(item, after)))
    _replace(rows, _MOVE, _NO_MOVE, _keyed(key, was), _keyed(key, now))
    _replace(rows, _TRANSFER, _NO_TRANSFER, _transfers(key, old, was), _transfers(key, item, now))
    sums = _steps(item, after)
    for group, moved in _steps(old, before).items():
        _add(sums, group, -moved)
    for group, moved in sums.items():
        if moved:
            rows.execute(_SUM, (key[0], *group, moved))


def _put(rows: Rows, key: _Key, old: tuple[Any, ...] | None, row: tuple[Any, ...] | None) -> None:
    if row is not None and row != old:
        rows.execute(_PUT, (*key, *row))
    elif row is None and old is not None:
        rows.execute(_DROP, key)


def _replace(
    rows: Rows, put: str, drop: str, before: Mapping[tuple[str, ...], int], after: Mapping[tuple[str, ...], int]
) -> None:
    """Have the rows of a table say these minor units by key, and no longer those."""
    for key in before.keys() | after.keys():
        minor_units = after.get(key, 0)
        if minor_units != before.get(key, 0):
            rows.execute(*((put, (*key, minor_units)) if minor_units else (drop, key)))


def _keyed(key: _Key, moves: _Moves) -> dict[tuple[str, ...], int]:
    """The item's movements by the key of MOVEMENTS."""
    return {(*key, *source): moved for source, moved in moves.items()}


def _transfers(key: _Key, item: _Item | None, moves: _Moves) -> dict[tuple[str, ...], int]:
    """What payments of other branches moved of the item, by the key of TRANSFERS."""
    if item is None:
        return {}
    return {
        (key[0], source.date, source.number, source.branch, source.currency, *key[1:], item.branch): moved
        for source, moved in moves.items()
        if source.kind and source.branch != item.branch and source.currency == item.currency
    }


def _level(item: _Item, moves: _Moves, day: str) -> None:
    """Have total and movements add up to the open amount: what has no source yet is put on this day, and what has
    found one since is taken from what had none, the latest first."""
    own = sum([moved for source, moved in moves.items() if source.currency == item.currency])
    missing = item.open_minor - item.total_minor - own
    for source in sorted([one for one in moves if not one.kind], reverse=True):
        if source.currency != item.currency:
            moves[source] = 0
        elif moves[source] * missing < 0:
            part = missing if abs(missing) < abs(moves[source]) else -moves[source]
            moves[source] += part
            missing -= part
    if missing:
        _add(moves, _Source(day, "", "", item.currency), missing)


def _course(item: _Item | None, moves: _Moves) -> dict[str, int]:
    """By how much the item's open amount changes, day by day."""
    if item is None:
        return {}
    found = {item.date: item.total_minor}
    for source, moved in moves.items():
        if source.currency == item.currency:
            _add(found, source.date, moved)
    return found


def _days(item: _Item, course: dict[str, int]) -> tuple[str, str]:
    """From when on something is open of the item, and from when on nothing any more."""
    days = [day for day, moved in course.items() if moved]
    if not days:
        return item.date, item.date
    return min(days), STILL_OPEN if item.open_minor else max(days)


def _steps(item: _Item | None, course: dict[str, int]) -> dict[tuple[str, str, str, int], int]:
    """The item's part in AGEING_MONTHS: (branch, currency, month, late) → minor."""
    found: dict[tuple[str, str, str, int], int] = {}
    if item is None:
        return found
    by_month: dict[str, int] = {}
    for day, moved in course.items():
        _add(by_month, day[:7], moved)
    borders = _borders(item.due_date)
    still_open = late = 0
    for month in sorted({*by_month, *borders}):
        before, was_late = still_open, late
        still_open += by_month.get(month, 0)
        late = sum([border <= month for border in borders]) if still_open > 0 else 0
        if (late, still_open) != (was_late, before):
            _add(found, (item.branch, item.currency, month, was_late), -before)
            _add(found, (item.branch, item.currency, month, late), still_open)
    return found


@lru_cache(maxsize=4096)
def _borders(due_date: str) -> tuple[str, ...]:
    """The months at whose ends something due on this day is in the next bucket for the first time."""
    if not due_date:
        return ()
    due, last = date.fromisoformat(due_date).toordinal(), date.max.toordinal()
    return tuple(date.fromordinal(min(due + late, last)).isoformat()[:7] for late in BUCKETS)


def _add(into: dict[_K, int], key: _K, amount: int) -> None:
    into[key] = into.get(key, 0) + amount


PROJECTION = Projection(
    "movements", VERSION, ("documents-",), (MOVED_ITEMS, MOVEMENTS, TRANSFERS, AGEING_MONTHS), project
)
