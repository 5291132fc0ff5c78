"""Business documents as read models: the tables and statements that orders and payments share.

A document is one row of `…s`, its normalised body one JSON blob in `…_lines`. Totals of reports come from `…_totals`
(by day) and `…_months`, kept by deltas; search from `…_search`; `…_links` leads from a document to those it was made
from; `…_timeline` says what happened to it (chassis/timeline.py). Amounts are integer minor units of the document's
currency, dates ISO text, "" where there is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

import orjson
from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, Table, Text

from chassis.readmodel import Rows, upsert
from chassis.timeline import CHANGED, RECORDED, Change, Told, body_changed, facts_changed, packed, timeline_table

SORTS = {
    "date": ("date", "number"),
    "number": ("number_key", "number"),
    "due_date": ("due_date", "number"),
    "total": ("total_minor", "number"),
    "open": ("open_minor", "number"),
    "status": ("status", "date", "number"),
    "reference": ("reference", "number"),
    "branch": ("branch", "date", "number"),
}
"""What a report can be sorted by → the columns of its keyset, each behind (company, kind) in an index."""

_LAST = "\U0010ffff"
_RUNS = re.compile(r"[^\W_]+")
_LEADING_LETTERS = re.compile(r"^\D+(?=\d)")
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True)
class DocumentTables:
    """The seven tables of one service's documents; `key` is the column that with company and kind names a row."""

    key: str
    documents: Table
    lines: Table
    totals: Table
    months: Table
    links: Table
    search: Table
    timeline: Table

    @property
    def all(self) -> tuple[Table, ...]:
        """The tables, for a Projection."""
        return (self.documents, self.lines, self.totals, self.months, self.links, self.search, self.timeline)


class DocumentRow(NamedTuple):
    """A document's row. `extra` has the values of the service's own columns, in their order."""

    company: str
    kind: str
    key: str
    number: str
    branch: str
    date: str
    due_date: str
    currency: str
    total_minor: int
    open_minor: int
    status: str
    reference: str
    portal_reference: str
    extra: tuple[Any, ...] = ()


_OLD = ("date", "branch", "status", "currency", "total_minor", "open_minor")
_NAMES = ("number", "reference", "portal_reference")
_TOLD = (*(name.removesuffix("_minor") for name in _OLD), *_NAMES, "due_date")
_FACTS = slice(DocumentRow._fields.index("branch"), DocumentRow._fields.index("extra"))


def document_tables(name: str, version: int, key: str = "number", extra: Sequence[Column[Any]] = ()) -> DocumentTables:
    """The tables `<name>s_v1`, `<name>_lines_v1`, … of one service's documents.

    `key` is "number", or a column of its own where a document's number changes while it stays the same document.
    """
    meta = MetaData()
    table = f"{name}s_v{version}"
    own_key = () if key == "number" else (Column("number", Text, nullable=False),)
    documents = _keyed(
        table,
        meta,
        ("company", "kind", key),
        *own_key,
        Column("number_key", Text, nullable=False),
        Column("branch", Text, nullable=False),
        Column("date", Text, nullable=False),
        Column("due_date", Text, nullable=False),
        Column("currency", Text, nullable=False),
        Column("total_minor", BigInteger, nullable=False),
        Column("open_minor", BigInteger, nullable=False),
        Column("status", Text, nullable=False),
        Column("reference", Text, nullable=False),
        Column("portal_reference", Text, nullable=False),
        *extra,
        *(Index(f"{table}_{sort}", "company", "kind", *columns) for sort, columns in SORTS.items()),
        *((Index(f"{table}_plain_number", "company", "kind", "number"),) if own_key else ()),
    )
    lines = Table(
        f"{name}_lines_v{version}",
        meta,
        *(Column(column, Text, primary_key=True) for column in ("company", "kind", key)),
        Column("body", LargeBinary, nullable=False),
    )
    links = _keyed(
        f"{name}_links_v{version}",
        meta,
        ("company", "kind", "number", "base_kind", "base_number"),
        Index(f"{name}_links_v{version}_base", "company", "base_kind", "base_number", "kind", "number"),
    )
    search = _keyed(f"{name}_search_v{version}", meta, ("company", "term", "kind", key))
    totals = _sums(f"{name}_totals_v{version}", meta, "date")
    months = _sums(f"{name}_months_v{version}", meta, "month")
    timeline = timeline_table(name, version, meta, key)
    return DocumentTables(key, documents, lines, totals, months, links, search, timeline)


def _keyed(name: str, meta: MetaData, keys: Iterable[str], *rest: Any) -> Table:
    # Rows live in their primary key's tree: one tree less to write for each document.
    columns = (Column(key, Text, primary_key=True) for key in keys)
    return Table(name, meta, *columns, *rest, sqlite_with_rowid=False)


def _sums(name: str, meta: MetaData, period: str) -> Table:
    return _keyed(
        name,
        meta,
        ("company", "kind", period, "branch", "status", "currency"),
        Column("count", BigInteger, nullable=False),
        Column("total_minor", BigInteger, nullable=False),
        Column("open_minor", BigInteger, nullable=False),
    )


class DocumentWriter:
    """Writes documents into their tables and keeps totals, links and search terms in step."""

    def __init__(self, tables: DocumentTables) -> None:
        documents, key = tables.documents.name, tables.key
        own = f"company = ? AND kind = ? AND {key} = ?"
        self._numbered = key == "number"
        self._old = f"SELECT {', '.join((*_OLD, *_NAMES, 'due_date'))} FROM {documents} WHERE {own}"
        self._document = upsert(tables.documents)
        self._insert = self._document.partition(" DO UPDATE")[0] + " DO NOTHING"
        self._lines = upsert(tables.lines)
        self._days = _adding(tables.totals), _pruning(tables.totals)
        self._months = _adding(tables.months), _pruning(tables.months)
        self._term = (
            f"INSERT INTO {tables.search.name} (company, term, kind, {key}) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
        )
        self._no_term = f"DELETE FROM {tables.search.name} WHERE company = ? AND term = ? AND kind = ? AND {key} = ?"
        self._link = upsert(tables.links)
        self._no_links = f"DELETE FROM {tables.links.name} WHERE company = ? AND kind = ? AND number = ?"
        self._no_document = f"DELETE FROM {documents} WHERE {own}"
        self._no_lines = f"DELETE FROM {tables.lines.name} WHERE {own}"
        self._body = f"SELECT body FROM {tables.lines.name} WHERE {own}"
        self._tell = upsert(tables.timeline)
        self._moved = f"UPDATE {tables.timeline.name} SET {key} = ? WHERE {own}"

    def put(
        self,
        rows: Rows,
        row: DocumentRow,
        body: bytes | None,
        told: Told,
        base: Iterable[dict[str, str]] = (),
        reason: str = "",
    ) -> None:
        """The document as it is now, whole, and what it owes that to. `body` None leaves the kept one.

        `base`: the documents it was made from. `reason` is why it was changed, in somebody's own words.
        """
        where = (row.company, row.kind, row.key)
        names = (row.key,) if self._numbered else (row.key, row.number)
        facts: tuple[Any, ...] = tuple(row)[_FACTS]
        values = (row.company, row.kind, *names, number_key(row.number), *facts, *row.extra)
        sums = (row.date, row.branch, row.status, row.currency, row.total_minor, row.open_minor)
        named = (row.number, row.reference, row.portal_reference)
        terms = search_terms(*named)
        if rows.execute(self._insert, values).rowcount == 1:
            self._count(rows, row.company, row.kind, sums, 1)
            rows.execute(self._tell, (*where, told.position, told.at, told.event, told.actor, told.channel, None))
        else:
            old = tuple(rows.execute(self._old, where).fetchone())
            changes = facts_changed(_TOLD, old, (*sums, *named, row.due_date))
            self._tell_change(rows, where, told, changes, body, reason)
            rows.execute(self._document, values)
            if old[:6] != sums:
                self._count(rows, row.company, row.kind, old, -1)
                self._count(rows, row.company, row.kind, sums, 1)
            rows.execute(self._no_links, (row.company, row.kind, old[6]))
            old_terms = search_terms(*old[6:9])
            for term in old_terms - terms:
                rows.execute(self._no_term, (row.company, term, row.kind, row.key))
            terms -= old_terms
        if body is not None:
            rows.execute(self._lines, (*where, body))
        for term in terms:
            rows.execute(self._term, (row.company, term, row.kind, row.key))
        for one in base:
            rows.execute(self._link, (row.company, row.kind, row.number, one["kind"], one["number"]))

    def _tell_change(
        self, rows: Rows, where: tuple[str, ...], told: Told, changes: list[Change], body: bytes | None, reason: str
    ) -> None:
        """An entry with what is not as it was; what the ERP told again without a change is none."""
        before = rows.execute(self._body, where).fetchone() if body is not None else None
        if body is not None and before is not None:
            changes += body_changed(orjson.loads(before["body"]), orjson.loads(body))
        if reason:
            changes.append({"field": "reason", "old": None, "new": reason})
        if told.event != RECORDED or changes:
            word = CHANGED if told.event == RECORDED else told.event
            entry = (*where, told.position, told.at, word, told.actor, told.channel, packed(changes))
            rows.execute(self._tell, entry)

    def remove(self, rows: Rows, company: str, kind: str, key: str, into: str) -> None:
        """Take a document out again: it turned out to be the row `into`, whose what happened to it is from now on."""
        where = (company, kind, key)
        found = rows.execute(self._old, where).fetchone()
        if found is None:
            return
        old = tuple(found)
        self._count(rows, company, kind, old, -1)
        for term in search_terms(*old[6:9]):
            rows.execute(self._no_term, (company, term, kind, key))
        rows.execute(self._moved, (into, *where))
        rows.execute(self._no_links, (company, kind, old[6]))
        rows.execute(self._no_document, where)
        rows.execute(self._no_lines, where)

    def _count(self, rows: Rows, company: str, kind: str, sums: tuple[Any, ...], sign: int) -> None:
        day, branch, status, currency, total, still_open = sums[:6]
        for add, prune, period in ((*self._days, day), (*self._months, day[:7])):
            group = (company, kind, period, branch, status, currency)
            rows.execute(add, (*group, sign, sign * total, sign * still_open))
            if sign < 0:
                rows.execute(prune, group)


def _adding(table: Table) -> str:
    sums = ("count", "total_minor", "open_minor")
    added = ", ".join(f"{name} = {table.name}.{name} + excluded.{name}" for name in sums)
    return upsert(table).partition(" DO UPDATE")[0] + f" DO UPDATE SET {added}"


def _pruning(table: Table) -> str:
    group = " AND ".join(f"{column.name} = ?" for column in table.primary_key)
    return f"DELETE FROM {table.name} WHERE {group} AND count = 0"


def number_key(number: str) -> str:
    """A document number as text that sorts as people count: `INV-9` before `INV-10`."""
    if number.isdigit():
        return number.zfill(12)
    return _DIGITS.sub(lambda run: run[0].zfill(12), number)


def search_key(text: str) -> str:
    """What a search compares: lower case, letters and digits alone. Empty when there are none."""
    return "".join(_RUNS.findall(text.casefold()))


def search_terms(*texts: str) -> set[str]:
    """What a document is found by: each text as a whole, each word of it, each word without leading letters."""
    terms = set()
    for text in texts:
        if text.isdigit():
            terms.add(text)
        elif text:
            words = _RUNS.findall(text.casefold())
            terms.update(words)
            terms.add("".join(words))
            terms.update(_LEADING_LETTERS.sub("", word) for word in words)
    terms.discard("")
    return terms


def search_range(text: str) -> tuple[str, str]:
    """Bounds of `term` for all terms that begin with the text: `term >= first AND term < second`; none for no text."""
    key = search_key(text)
    return (key, key + _LAST) if key else (_LAST, "")


def list_index(
    name: str, sort: str, *, status: bool, branch: bool, dated: bool, matching: int, of: int, rows: int = 50
) -> str:
    """The index to read a list by (`INDEXED BY`), where SQLite's own guess would cost a hundred times as much.

    `name` is the table of documents; `status`, `branch`, `dated` say by which of them it is filtered (one status, one
    branch, since or until a date); `matching` of `of` documents pass. Where many pass, the order's index meets `rows`
    of them soon; where few do, they are found by the filter's index and sorted.
    """
    narrow = "status" if status else "branch" if branch else "date"
    if sort in ("date", narrow):
        return f"{name}_{narrow}"
    few = (status or branch or dated) and matching * matching < rows * of
    return f"{name}_{narrow if few else sort}"


def periods(since: date | None, until: date | None) -> list[tuple[str, str, str]]:
    """What adds up to these days, both included: ("month" or "date", first, last).

    Whole months from `…_months`, the days at either end from `…_totals`, so that a report's totals cost the same for
    many documents as for few. There is one range of months at most, and two of days.
    """
    first_month = "" if since is None else _month(since if since.day == 1 else _next_month(since))
    last_month = _LAST if until is None else _month(until if _next_day(until).day == 1 else _last_month(until))
    if since is not None and until is not None and first_month > last_month:
        return [("date", since.isoformat(), until.isoformat())]
    pieces = [("month", first_month, last_month)]
    if since is not None and since.day != 1:
        end = _next_month(since) - timedelta(days=1)
        pieces.append(("date", since.isoformat(), end.isoformat()))
    if until is not None and _next_day(until).day != 1:
        pieces.append(("date", until.replace(day=1).isoformat(), until.isoformat()))
    return pieces


def _month(day: date) -> str:
    return day.isoformat()[:7]


def _next_day(day: date) -> date:
    return day + timedelta(days=1)


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _last_month(day: date) -> date:
    return day.replace(day=1) - timedelta(days=1)
