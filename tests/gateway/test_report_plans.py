"""Every report is read by an index in every order it offers: nothing is sorted, and no table is gone through."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from chassis import rooms
from chassis.documents import list_index
from gateway.queries import Query
from gateway.reads import open_reads
from gateway.reports import reading, statement
from gateway.reports.filter import read_filter
from gateway.reports.kinds import KINDS, Kind
from gateway.reports.registry import REPORTS
from gateway.reports.report import WIDEST, direction, directions, found_query, list_query, narrowing, passing_query
from tests.gateway.ground import Ground


def plan(ground: Ground, query: Query) -> list[str]:
    """How SQLite would read it."""
    reads = open_reads(ground.settings)
    values: dict[str, Any] = dict.fromkeys(query.parameters, "0") | {"branches": None, "limit": 51}
    rows = reads.rows(f"EXPLAIN QUERY PLAN {query.sql}", {name: values[name] for name in query.parameters})
    reads.end()
    reads.close()
    return [row.detail for row in rows]


@pytest.fixture
def models(ground: Ground) -> Ground:
    """The read models that reports are of."""
    for service in ("orders", "payments", "cases"):
        ground.model(service, rooms.load(service).projections)
    return ground


@pytest.mark.parametrize("name", REPORTS)
def test_a_page_follows_an_index(models: Ground, name: str) -> None:
    report = REPORTS[name]
    for sort, up in directions(report):
        index = ""
        if isinstance(report, Kind):
            table = report.table("s").partition(".")[2]
            index = list_index(table, sort, status=False, branch=False, dated=False, matching=9, of=9)
        for clauses in ((), (f"after_{direction(sort, up)}",)):
            found = plan(models, list_query(report, index).variant(*clauses, order=direction(sort, up)))
            first = next(detail for detail in found if " d " in f"{detail} ")
            assert first.startswith("SEARCH d USING"), (sort, found)
            assert not any("TEMP B-TREE" in detail for detail in found), (sort, found)


@pytest.mark.parametrize("kind", KINDS)
def test_what_few_have_by_amount_is_counted_by_the_amounts_index_alone(models: Ground, kind: str) -> None:
    report = KINDS[kind]
    widest = [clause for clause in narrowing(report) if clause.endswith(WIDEST)]
    assert widest
    for clause in widest:
        (passing,) = (one for one in plan(models, passing_query(report).variant(clause)) if " d " in f"{one} ")
        assert passing.startswith("SEARCH d USING COVERING INDEX"), passing
        amount = next(one.source for one in report.ranges if clause.startswith(f"{one.name}_"))
        found = plan(models, found_query(report).variant(clause.removesuffix(WIDEST), clause))
        assert f"(company=? AND kind=? AND {amount}" in found[0], found


@pytest.mark.parametrize(
    ("currencies", "bound"),
    [(["EUR"], 895_050), (["EUR", "USD"], 895_050), (["EUR", "JPY"], 8_951), (["KWD"], 8_950_500)],
)
def test_an_amounts_widest_bound_is_that_of_the_currencies_there_are(currencies: list[str], bound: int) -> None:
    class Sums:
        """A company's sums by currency, as a scope reads them."""

        def rows(self, _query: Query, **_values: Any) -> list[Any]:
            return [SimpleNamespace(currency=one) for one in currencies]

    chosen = read_filter(KINDS["invoice"], {"total_from": "8950.50"}, {})
    assert reading._widest(cast(Any, Sums()), KINDS["invoice"], chosen) == {"total_from_widest": bound}


@pytest.mark.parametrize("query", [statement.UP, statement.DOWN])
def test_a_statement_is_merged_from_indexes(models: Ground, query: Query) -> None:
    found = plan(models, query)
    assert sum("_date (company=? AND kind=? AND date>" in detail for detail in found) == 3, found
    # What moved across branches comes last; it is little, and put in order.
    documents = found[: next(place for place, detail in enumerate(found) if detail.startswith("SEARCH t USING"))]
    assert not any("TEMP B-TREE" in detail for detail in documents), found
