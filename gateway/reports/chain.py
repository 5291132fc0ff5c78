"""The chain a document stands in (order → delivery → invoice → payment), followed both ways."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from gateway.access import Scope
from gateway.reads import NotReady
from gateway.reports.kinds import KINDS, LINKS, Kind

_STEPS = 3
_MOST = 60


@dataclass(frozen=True, slots=True)
class Link:
    """A document of the chain; `path` is empty where the person may not open its kind."""

    kind: Kind
    number: str
    path: str
    here: bool


def around(scope: Scope, kind: str, number: str) -> list[Link]:
    """Every document linked with this one, itself included, in the order of business; empty when it stands alone."""
    seen = {(kind, number)}
    fresh = set(seen)
    for _step in range(_STEPS):
        found = {pair for pair in _linked(scope, fresh) if pair[0] in KINDS}
        fresh = found - seen
        seen |= fresh
        if not fresh or len(seen) > _MOST:
            break
    if len(seen) == 1:
        return []
    order = list(KINDS)
    ordered = sorted(seen, key=lambda pair: (order.index(pair[0]), pair[1]))[:_MOST]
    return [_link(scope, one, name, one == kind and name == number) for one, name in ordered]


def _linked(scope: Scope, pairs: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    of = orjson.dumps(sorted(pairs)).decode()
    found: set[tuple[str, str]] = set()
    for query in LINKS:
        try:
            rows = scope.rows(query, of=of)
        except NotReady:
            continue
        for row in rows:
            found |= {(row.kind, row.number), (row.base_kind, row.base_number)}
    return found


def _link(scope: Scope, kind: str, number: str, here: bool) -> Link:
    its = KINDS[kind]
    return Link(its, number, f"{its.path}/{number}" if scope.can(its.needs) else "", here)
