"""Every statement that pages declare, with all its clauses and orders, runs on either kind of database."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from chassis import rooms
from chassis.config import SERVICES
from gateway.finding.indexes import Index
from gateway.people import CONTACTS
from gateway.queries import Query, Statement
from gateway.reads import open_reads
from gateway.reports.kinds import INVOICES
from gateway.reports.report import list_query, passing_query
from tests.gateway.ground import Ground

VALUES: dict[str, Any] = {
    "limit": 5,
    "open": 0,
    "branches": None,
    "items": '["SCN-100"]',
    "numbers": '["1"]',
    "of": '[["order", "1"]]',
    "keys": '["1"]',
    "match": "c1word* AND c1¤order AND (c1¤¤a OR c1¤¤b)",
    "these": '["1"]',
    "today": "2026-11-22",
    "on": "2026-08-31",
    "like": "%5_%",
}


def declared() -> Iterator[Statement]:
    """What the gateway's modules declare, each by itself or in a table of several."""
    for name in [name for name in sys.modules if name.startswith("gateway.")]:
        for value in list(vars(sys.modules[name]).values()):
            several = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else [value]
            for one in several:
                yield from (one.statements if isinstance(one, Index) else [one] if isinstance(one, Statement) else [])
    yield list_query(INVOICES, "documents_v2_date")
    yield list_query(INVOICES, few=True)
    yield passing_query(INVOICES)


def variants() -> Iterator[Statement]:
    """What a page can send."""
    for one in declared():
        yield one
        if isinstance(one, Query):
            for order in one.orders or {"": ""}:
                for clause in one.clauses:
                    yield one.variant(clause, order=order)


def test_every_declared_statement_runs(ground: Ground) -> None:
    for service in SERVICES:
        ground.model(service, rooms.load(service).projections)
    reads = open_reads(ground.settings)
    seen = set()
    for statement in variants():
        values = dict.fromkeys(statement.parameters, "0") | VALUES
        given = {name: values[name] for name in statement.parameters}
        for branches in (None, '["NORTH"]'):
            reads.rows(statement.sql, given | ({"branches": branches} if "branches" in given else {}))
        seen.add(statement.name)
    reads.end()
    reads.close()
    assert len(seen) > 40


@pytest.mark.parametrize("table", [CONTACTS, "identity.checkpoints"])
def test_the_gateways_connection_cannot_write(ground: Ground, engine: str, table: str) -> None:
    reads = open_reads(ground.settings)
    with pytest.raises(Exception, match="readonly|read-only|permission denied") as refused:
        reads.rows(f"DELETE FROM {table}", {})
    reads.close()
    if engine == "postgresql":
        with (
            psycopg.connect(ground.settings.read_only_uri, autocommit=True) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(f"DELETE FROM {table}".encode())
    assert refused.value
