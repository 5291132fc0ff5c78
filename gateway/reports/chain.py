"""The chain a document stands in (quote → order → delivery → invoice → payment), followed both ways."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any
from urllib.parse import quote

import orjson

from gateway.access import Scope
from gateway.reads import NotReady
from gateway.reports.kinds import KINDS, LINKS, VISIBLE, Kind

_STEPS = 4
_MOST = 60
_READ = 10 * _MOST  # more than are shown: some are of other branches
Pair = tuple[str, str]
"""A document's kind and number."""


@dataclass(frozen=True, slots=True)
class Link:
    """A document of the chain: its row (number, date, amounts, status); `path` is where it is shown."""

    kind: Kind
    row: Any
    path: str
    here: bool


def around(scope: Scope, kind: Kind, own: Any) -> tuple[list[Link], bool]:
    """The documents linked with this one (its row) that the person may open, itself among them, as business goes.

    None when it stands alone. The way to a document may lead over one that is not shown. Of a long chain there are the
    nearest of each kind, and True: there are more.
    """
    here = (kind.kind, own.number)
    asked = _in_turns(_walked(scope, here))[:_READ]
    rows = visible(scope, set(asked))
    found = [pair for pair in asked if pair in rows]
    if not found:
        return [], False
    shown = {here: own, **{pair: rows[pair] for pair in found[: _MOST - 1]}}
    order = list(KINDS)
    ordered = sorted(shown, key=lambda pair: (order.index(pair[0]), pair[1]))
    return [Link(KINDS[one[0]], shown[one], path_of(*one), one == here) for one in ordered], len(found) >= _MOST


def _walked(scope: Scope, here: Pair) -> list[Pair]:
    """What is linked with it, of the kinds that the person may see: the nearest first."""
    seen, fresh = {here: None}, {here}
    for _step in range(_STEPS):
        fresh = {pair for pair in _linked(scope, fresh) if pair[0] in KINDS} - seen.keys()
        seen |= dict.fromkeys(sorted(fresh))
        if not fresh or len(seen) > _READ:
            break
    return [pair for pair in seen if pair != here and scope.can(KINDS[pair[0]].needs)]


def _in_turns(pairs: list[Pair]) -> list[Pair]:
    """The first of each kind, the second of each, and so on: many of one leave room for the others."""
    turns = zip_longest(*([pair for pair in pairs if pair[0] == kind] for kind in KINDS))
    return [pair for turn in turns for pair in turn if pair is not None]


def path_of(kind: str, number: str) -> str:
    """Where a document is shown."""
    return f"{KINDS[kind].path}/{quote(number)}"


def visible(scope: Scope, pairs: set[Pair]) -> dict[Pair, Any]:
    """Those documents (kind and number) whose kind the person may see, in branches that are theirs; with their rows."""
    found: dict[Pair, Any] = {}
    for kind in sorted({kind for kind, _number in pairs}):
        if not scope.can(KINDS[kind].needs):
            continue
        numbers = orjson.dumps(sorted(number for one, number in pairs if one == kind)).decode()
        try:
            found |= {(kind, row.number): row for row in scope.rows(VISIBLE[kind], kind=kind, numbers=numbers)}
        except NotReady:
            scope.visit.gaps += 1
            continue
    return found


def _linked(scope: Scope, pairs: Iterable[Pair]) -> set[Pair]:
    of = orjson.dumps(sorted(pairs)).decode()
    found: set[Pair] = set()
    for query in LINKS:
        try:
            rows = scope.rows(query, of=of)
        except NotReady:
            scope.visit.gaps += 1
            continue
        for row in rows:
            found |= {(row.kind, row.number), (row.base_kind, row.base_number)}
    return found
