"""The chain a document stands in (quote → order → delivery → invoice → payment), followed both ways."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson

from gateway.access import Scope
from gateway.reads import NotReady
from gateway.reports.kinds import KINDS, LINKS, VISIBLE, Kind

_STEPS = 4
_MOST = 60


@dataclass(frozen=True, slots=True)
class Link:
    """A document of the chain: its row (number, date, amounts, status); `path` is where it is shown."""

    kind: Kind
    row: Any
    path: str
    here: bool


def around(scope: Scope, kind: Kind, own: Any) -> list[Link]:
    """Every document linked with this one (its row) that the person may open, itself included, as business goes.

    Empty when it stands alone. The way to a document may lead over one that is not shown.
    """
    here = (kind.kind, own.number)
    seen = {here}
    fresh = set(seen)
    for _step in range(_STEPS):
        found = {pair for pair in _linked(scope, fresh) if pair[0] in KINDS}
        fresh = found - seen
        seen |= fresh
        if not fresh or len(seen) > _MOST:
            break
    shown = {**visible(scope, seen - {here}), here: own}
    if len(shown) == 1:
        return []
    order = list(KINDS)
    ordered = sorted(shown, key=lambda pair: (order.index(pair[0]), pair[1]))[:_MOST]
    return [Link(KINDS[one[0]], shown[one], path_of(*one), one == here) for one in ordered]


def path_of(kind: str, number: str) -> str:
    """Where a document is shown."""
    return f"{KINDS[kind].path}/{quote(number)}"


def visible(scope: Scope, pairs: set[tuple[str, str]]) -> dict[tuple[str, str], Any]:
    """Those documents (kind and number) whose kind the person may see, in branches that are theirs; with their rows."""
    found: dict[tuple[str, str], Any] = {}
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


def _linked(scope: Scope, pairs: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    of = orjson.dumps(sorted(pairs)).decode()
    found: set[tuple[str, str]] = set()
    for query in LINKS:
        try:
            rows = scope.rows(query, of=of)
        except NotReady:
            scope.visit.gaps += 1
            continue
        for row in rows:
            found |= {(row.kind, row.number), (row.base_kind, row.base_number)}
    return found
