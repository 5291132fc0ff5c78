"""A query that could show another company's rows cannot be declared."""

from __future__ import annotations

import pytest

from gateway.queries import VARIANTS, BadQuery, Query, StaffQuery

BOUND = "SELECT number FROM orders.orders_v2 WHERE company = :company"


@pytest.mark.parametrize(
    "sql",
    [
        BOUND,
        BOUND + " AND kind = :kind ORDER BY date DESC LIMIT :limit",
        "SELECT o.number FROM orders.orders_v2 o WHERE o.company = :company",
        "SELECT o.number FROM orders.orders_v2 AS o JOIN payments.documents_v2 d ON d.company = o.company"
        " WHERE o.company = :company",
        "SELECT 1 FROM orders.orders_v2 JOIN orders.order_lines_v2 USING (company, kind, key) WHERE company = :company",
        "WITH mine AS (SELECT key FROM orders.orders_v2 WHERE company = :company) SELECT key FROM mine",
        BOUND + " AND branch IN (SELECT value FROM json_each(:branches))",
        BOUND + " UNION ALL SELECT number FROM payments.documents_v2 WHERE company = :company",
    ],
)
def test_a_query_with_every_table_bound_is_declared(sql: str) -> None:
    assert Query("good", sql).sql == sql


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT number FROM orders.orders_v2", "does not bind :company"),
        ("SELECT number FROM orders.orders_v2 WHERE number = ':company'", "does not bind :company"),
        ("SELECT number FROM orders.orders_v2 -- WHERE company = :company", "does not bind :company"),
        ("SELECT :company, number FROM orders.orders_v2", "not bound"),
        ("SELECT number FROM orders.orders_v2 WHERE company <> :company", "not bound"),
        (BOUND + " UNION ALL SELECT number FROM payments.documents_v2", "not bound"),
        (
            "SELECT 1 FROM orders.orders_v2 o JOIN payments.documents_v2 d ON d.reference = o.number"
            " WHERE o.company = :company",
            "not bound",
        ),
        ("SELECT 1 FROM orders.orders_v2 o, payments.documents_v2 d WHERE o.company = :company", "JOIN"),
        ("SELECT number FROM orders_v2 WHERE company = :company", "service.table"),
        ("DELETE FROM orders.orders_v2 WHERE company = :company", "only SELECT"),
    ],
)
def test_a_query_with_a_table_left_open_is_not(sql: str, reason: str) -> None:
    with pytest.raises(BadQuery, match=reason):
        Query("bad", sql)


def test_a_table_that_belongs_to_all_has_to_be_named_as_shared() -> None:
    sql = "SELECT i.name FROM orders.orders_v2 o JOIN orders.items_v1 i ON i.item = o.item WHERE o.company = :company"
    with pytest.raises(BadQuery, match="not bound"):
        Query("items", sql)
    assert Query("items", sql, shared=("orders.items_v1",)).services == ("orders",)


def test_variants_are_made_of_declared_texts_only() -> None:
    query = Query(
        "report",
        BOUND + " {clauses} ORDER BY {order}",
        clauses={"status": "AND status = :status"},
        orders={"date": "date DESC", "number": "number"},
    )
    assert query.variant("status", order="number").sql == BOUND + " AND status = :status ORDER BY number"
    with pytest.raises(KeyError):
        query.variant("OR 1 = 1")
    with pytest.raises(KeyError):
        query.variant(order="1; DROP TABLE orders_v2")


def test_no_more_variants_are_kept_than_are_asked_for_often() -> None:
    clauses = {f"c{place}": f"AND number > '{place}'" for place in range(11)}
    query = Query("report", BOUND + " {clauses}", clauses=clauses)
    first = query.variant("c0")
    assert query.variant("c0") is first
    for choice in range(VARIANTS):
        query.variant(*(name for place, name in enumerate(clauses) if choice >> place & 1), "c10")
    assert query.variant("c0") is not first
    assert query.variant("c0").sql == first.sql


def test_a_clause_that_opens_another_table_cannot_be_declared() -> None:
    opened = {"other": "AND EXISTS (SELECT 1 FROM payments.documents_v2 d WHERE d.number = reference)"}
    with pytest.raises(BadQuery, match="not bound"):
        Query("report", BOUND + " {clauses}", clauses=opened)


def test_a_staff_query_names_its_role() -> None:
    query = StaffQuery("desk", "SELECT * FROM cases.cases_v1", role="agent")
    assert query.role == ("agent",)
