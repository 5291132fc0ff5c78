"""From the rows of one document to its normalised body, as docs/connecting-an-erp.md describes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import orjson

from chassis.money import rounded
from services.erp_sync.adapters.files.mapping import BadCell, CompiledKind
from services.erp_sync.adapters.files.values import plain
from services.erp_sync.adapters.shapes import DEFAULTS


@dataclass(slots=True)
class Gathered:
    """What the rows of one document say. `lists` hold the JSON of its entries, comma between; `sizes` how many.

    `line` is the first row's line in the file, `counts` the cells to choose among, `exact` the sum of its lines,
    `rows` how many rows of the file it has, readable or not.
    """

    line: int
    first: list[str]
    counts: list[dict[str, int]]
    lists: tuple[bytearray, ...]
    sizes: list[int]
    exact: Decimal = field(default_factory=Decimal)
    bad: bool = False
    rows: int = 0

    def add(self, index: int, entry: bytes) -> None:
        """Append an entry to a list. (Entries are not kept as they come: orjson gives each a roomy block of memory.)"""
        kept = self.lists[index]
        if kept:
            kept += b","
        kept += entry
        self.sizes[index] += 1


@dataclass(frozen=True, slots=True)
class Body:
    """A normalised document: its key, change stamp ("" where the file has none) and body as JSON."""

    key: str
    stamp: str
    json: bytes
    values: dict[str, Any]
    lines: int


def build(kind: CompiledKind, key: str, gathered: Gathered) -> Body:
    """The document; raises BadCell for what is missing, wrong or does not add up."""
    body: dict[str, Any] = dict(DEFAULTS.get(kind.kind.name, {}))
    for value in kind.header:
        found = value.of(gathered.first)
        if found is not None:
            body[value.name] = found
    for choice, counts in zip(kind.choices, gathered.counts, strict=True):
        found = choice.choose(counts, gathered.first)
        if found is not None:
            body[choice.value.name] = found
    stamp = body.pop("stamp", "")
    body = {name: value for name, value in body.items() if name in kind.kind.fields}
    has_lines = any(index == 0 for index, _, _ in kind.entries)
    if kind.kind.is_document:
        _amounts(kind, body, gathered, has_lines)
    elif kind.negate and "amount" in body:
        body["amount"] = plain(-Decimal(body["amount"]))
    if kind.kind.name == "price":
        key = f"{body['price_list']}/{body['item']}/{body['currency']}/{body['min_quantity']}"
    for name, entries in zip(kind.kind.lists, gathered.lists, strict=True):
        body[name] = orjson.Fragment(b"[" + entries + b"]")
    lines = gathered.sizes[0] if kind.kind.is_document else 0
    return Body(key, stamp, orjson.dumps(body, option=orjson.OPT_SORT_KEYS), body, lines)


def _amounts(kind: CompiledKind, body: dict[str, Any], gathered: Gathered, has_lines: bool) -> None:
    """Totals, what is open, and what follows from them."""
    sign = -1 if kind.negate else 1
    given = sign * Decimal(body["total"]) if "total" in body else None
    if has_lines:
        exact = gathered.exact
    elif given is None:
        raise BadCell(kind.columns().get("total", ""), "", "is empty, but a document without lines needs its total")
    else:
        exact = given
    total = rounded(exact, body["currency"])
    if given is not None and rounded(given, body["currency"]) != total:
        said = (
            f"is not the sum of the document's lines, {total}: lines are missing, or the profile maps the wrong columns"
        )
        raise BadCell(kind.columns().get("total", ""), body["total"], said)
    body["exact_total"], body["total"] = format(exact, "f"), format(total, "f")
    body.setdefault("status", "open")
    if "open_amount" in body:
        body["open_amount"] = plain(sign * Decimal(body["open_amount"]))
    elif kind.kind.service == "payments":
        body["open_amount"] = body["total"] if body["status"] == "open" else "0"
    if kind.kind.service == "payments":
        body.setdefault("due_date", body["date"])


def merge(kind: CompiledKind, parts: Sequence[Gathered]) -> Gathered:
    """One document out of the pieces that were put aside while its file was read."""
    if len(parts) == 1:
        return parts[0]
    whole = parts[0]
    distinct = {index for index, _, only_once in kind.entries if only_once}
    for part in parts[1:]:
        for counts, more in zip(whole.counts, part.counts, strict=True):
            for text, count in more.items():
                counts[text] = counts.pop(text, 0) + count
        for index, more_entries in enumerate(part.lists):
            if more_entries:
                whole.add(index, bytes(more_entries))
                whole.sizes[index] += part.sizes[index] - 1
        whole.exact += part.exact
        whole.rows += part.rows
        whole.bad = whole.bad or part.bad
    for index, entries in enumerate(whole.lists):
        if index in distinct:
            unique = list({orjson.dumps(entry): entry for entry in _loads(entries)}.values())
            whole.sizes[index] = len(unique)
            entries[:] = orjson.dumps(unique)[1:-1]
    if kind.kind.is_document and kind.numbers_lines:
        lines = _loads(whole.lists[0])
        whole.lists[0][:] = orjson.dumps([{**line, "line": number} for number, line in enumerate(lines, 1)])[1:-1]
    return whole


def _loads(entries: bytearray) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = orjson.loads(b"[" + entries + b"]")
    return found
