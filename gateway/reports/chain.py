"""The chain a document stands in (quote → order → delivery → invoice → payment), followed both ways."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from gateway.access import Scope
from gateway.reads import NotReady
from gateway.reports.kinds import KINDS, LINKS, VISIBLE, Kind

_STEPS = 4
_MOST = 60


@dataclass(frozen=True, slots=True)
class Link:
    """A document of the chain; `path` is where it is shown."""

    kind: Kind
    number: str
    path: str
    here: bool


def around(scope: Scope, kind: str, number: str) -> list[Link]:
    """Every document linked with this one that the person may open, itself included, in the order of business.

    Empty when it stands alone. The way to a document may lead over one that is not shown.
    """
    here = (kind, number)
    seen = {here}
    fresh = set(seen)
    for _step in range(_STEPS):
        found = {pair for pair in _linked(scope, fresh) if pair[0] in KINDS}
        fresh = found - seen
        seen |= fresh
        if not fresh or len(seen) > _MOST:
            break
    shown = {here} | visible(scope, seen - {here})
    if len(shown) == 1:
        return []
    order = list(KINDS)
    ordered = sorted(shown, key=lambda pair: (order.index(pair[0]), pair[1]))[:_MOST]
    return [Link(KINDS[one], name, f"{KINDS[one].path}/{name}", (one, name) == here) for one, name in ordered]


def visible(scope: Scope, pairs: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those documents (kind and number) whose kind the person may see, in branches that are theirs."""
    found: set[tuple[str, str]] = set()
    for kind in sorted({kind for kind, _number in pairs}):
        if not scope.can(KINDS[kind].needs):
            continue
        numbers = orjson.dumps(sorted(number for one, number in pairs if one == kind)).decode()
        try:
            found |= {(kind, row.number) for row in scope.rows(VISIBLE[kind], kind=kind, numbers=numbers)}
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
