"""Every report is read by an index in every order it offers: nothing is sorted, and no table is gone through."""

from __future__ import annotations

from typing import Any

import pytest

from chassis import rooms
from chassis.documents import list_index
from gateway.queries import Query
from gateway.reads import open_reads
from gateway.reports import statement
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


@pytest.mark.parametrize("query", [statement.UP, statement.DOWN])
def test_a_statement_is_merged_from_indexes(models: Ground, query: Query) -> None:
    found = plan(models, query)
    assert sum("_date (company=? AND kind=? AND date>" in detail for detail in found) == 3, found
    assert not any("TEMP B-TREE" in detail for detail in found), found
