"""What happened to a document: when, by whom, through which channel, and which fields were what before (R10).

An entry is an event that made or changed the document; what changed nothing that is shown leaves none. `changes` is
JSON, data for a page to put into words: `{"field", "old", "new"}` of the document itself, with `"line"` and `"item"`
beside it for a field of a line, and with `"of": [kind, number]` for what was paid of another document. A line or a
payment's part that came or went is the field "line" or "applied", whose other side is null. Amounts of the document
("total", "open") are minor units; all else is as the body has it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import orjson
from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, Table, Text

from chassis.messages import Recorded

Change = dict[str, Any]
RECORDED, CHANGED = "recorded", "changed"
"""What the ERP told first, and what it told differently later; services have words of their own for their events."""
MOST = 200
"""Changes that an entry has at most; a change `{"field": "more", "old": null, "new": n}` counts those left out."""
_TEXTS = ("note", "method")
_LINE = ("item", "description", "quantity", "unit", "price", "date", "status")
_NUMBERS = frozenset({"quantity", "price"})
_QUIET = frozenset({"description", "unit", "date", "status"})


class Told(NamedTuple):
    """What an entry says besides the changes. `actor` is a contact's id, "" where it was no person; `at` UTC, ISO."""

    event: str
    position: int
    at: str
    actor: str
    channel: str


def told_by(event: Recorded, word: str = RECORDED, actor: str = "") -> Told:
    """The entry of an event; `actor` is the contact that the event names."""
    return Told(word, event.position, event.recorded_at.isoformat(), actor, event.meta.get("channel", ""))


def timeline_table(name: str, version: int, meta: MetaData, key: str) -> Table:
    """`<name>_timeline_v1`: an entry a row, within its document by position."""
    keys = (Column(column, Text, primary_key=True) for column in ("company", "kind", key))
    return Table(
        f"{name}_timeline_v{version}",
        meta,
        *keys,
        Column("position", BigInteger, primary_key=True),
        Column("at", Text, nullable=False),
        Column("event", Text, nullable=False),
        Column("actor", Text, nullable=False),
        Column("channel", Text, nullable=False),
        Column("changes", LargeBinary),
        sqlite_with_rowid=False,
    )


def packed(changes: Sequence[Change]) -> bytes | None:
    """The changes as they are stored, as many as an entry has at most; None for none."""
    if not changes:
        return None
    kept = list(changes[:MOST])
    if len(changes) > MOST:
        kept.append({"field": "more", "old": None, "new": len(changes) - MOST})
    return orjson.dumps(kept)


def facts_changed(names: Iterable[str], old: Iterable[Any], new: Iterable[Any]) -> list[Change]:
    """The facts that are not what they were."""
    both = zip(names, old, new, strict=True)
    return [{"field": name, "old": before, "new": after} for name, before, after in both if before != after]


def body_changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """What of a body is not as it was and stands in no fact: note, method, lines, what a payment was applied to."""
    found = [
        {"field": name, "old": old.get(name) or "", "new": new.get(name) or ""}
        for name in _TEXTS
        if (old.get(name) or "") != (new.get(name) or "")
    ]
    if old.get("lines") != new.get("lines"):
        found += _lines_changed(_numbered(old), _numbered(new))
    if old.get("applied") != new.get("applied"):
        found += _applied_changed(old.get("applied") or (), new.get("applied") or ())
    return found


def _numbered(body: Mapping[str, Any]) -> dict[tuple[Any, int], Mapping[str, Any]]:
    """The lines by their number; of several with one number, by which of them."""
    seen: Counter[Any] = Counter()
    found = {}
    for line in body.get("lines") or ():
        found[line["line"], seen[line["line"]]] = line
        seen[line["line"]] += 1
    return found


def _lines_changed(
    old: Mapping[tuple[Any, int], Mapping[str, Any]], new: Mapping[tuple[Any, int], Mapping[str, Any]]
) -> Iterator[Change]:
    for key, line in new.items():
        before = old.get(key)
        if before is None:
            yield _whole(line, None, _part(line))
        elif before != line:
            yield from _line_changed(before, line)
    for key, line in old.items():
        if key not in new:
            yield _whole(line, _part(line), None)


def _line_changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    fields = [name for name in _LINE if _differs(name, old.get(name), new.get(name))]
    if not {"quantity", "price"} & set(fields) and _differs("price", old.get("amount"), new.get("amount")):
        fields.append("amount")  # of itself: else it follows from what is there already
    for name in fields:
        # Of another item, the description goes without saying.
        if name != "description" or "item" not in fields:
            about = {"line": new["line"], "item": new["item"]}
            yield {"field": name, "old": old.get(name), "new": new.get(name), **about}


def _differs(name: str, old: Any, new: Any) -> bool:
    if old == new or (name in _QUIET and new in ("", None)):  # an ERP that leaves it out says nothing of it
        return False
    return not (name in _NUMBERS and old is not None and new is not None and Decimal(old) == Decimal(new))


def _part(line: Mapping[str, Any]) -> Change:
    return {name: line.get(name) for name in ("quantity", "unit", "amount")}


def _whole(line: Mapping[str, Any], old: Change | None, new: Change | None) -> Change:
    return {"field": "line", "old": old, "new": new, "line": line["line"], "item": line["item"]}


def _applied_changed(old: Iterable[Mapping[str, Any]], new: Iterable[Mapping[str, Any]]) -> Iterator[Change]:
    before, after = _sums(old), _sums(new)
    for key in sorted(before.keys() | after.keys()):
        if before.get(key) != after.get(key):
            sides = (format(side[key], "f") if key in side else None for side in (before, after))
            yield {"field": "applied", **dict(zip(("old", "new"), sides, strict=True)), "of": list(key)}


def _sums(applied: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], Decimal]:
    found: dict[tuple[str, str], Decimal] = {}
    for one in applied:
        key = one["kind"], one["number"]
        found[key] = found.get(key, Decimal()) + Decimal(one["amount"])
    return found
