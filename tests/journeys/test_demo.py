"""The demo company: what its ERP's files say is what the portal has, and loading it again changes nothing."""

from __future__ import annotations

import csv
import sqlite3
from collections import defaultdict
from contextlib import closing
from decimal import Decimal
from typing import Any

from deploy.local import demo
from deploy.local.demo_data.customers import MAIN
from services.identity.contract import CONTACTS_TABLE
from tests.support.portal import Portal

Sums = dict[tuple[str, str], tuple[int, Decimal, Decimal]]
"""Company and currency → documents, total, what is open."""


def rows(portal: Portal, service: str, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a service's read models."""
    path = portal.settings.read_db(service)
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as connection:
        return connection.execute(sql).fetchall()


def told(portal: Portal, name: str) -> Sums:
    """The sums of an export file."""
    with (portal.settings.var / "demo" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        documents = {row["DocNo"]: row for row in csv.DictReader(file)}.values()
    sums: dict[tuple[str, str], list[Any]] = defaultdict(lambda: [0, Decimal(0), Decimal(0)])
    for row in documents:
        found = sums[row["CustomerCode"], row["Currency"]]
        found[0] += 1
        found[1] += Decimal(row["DocTotal"])
        found[2] += Decimal(row["OpenAmount"] or 0)
    return {key: (count, total, still_open) for key, (count, total, still_open) in sums.items()}


def shown(portal: Portal, service: str, table: str, kind: str) -> Sums:
    """The sums of a report, as its pages add them up."""
    found = rows(
        portal,
        service,
        "SELECT company, currency, SUM(count), SUM(total_minor), SUM(open_minor)"
        f" FROM {table} WHERE kind = '{kind}' GROUP BY company, currency",
    )
    return {
        (company, currency): (count, Decimal(total).scaleb(-2), Decimal(still_open).scaleb(-2))
        for company, currency, count, total, still_open in found
    }


def test_every_companys_invoices_and_credit_memos_add_up_to_those_of_the_erp(portal: Portal) -> None:
    for name, kind in (("invoices", "invoice"), ("credit_memos", "credit_memo")):
        sums = told(portal, name)
        assert len({company for company, _ in sums}) >= 8
        assert shown(portal, "payments", "document_totals_v2", kind) == sums


def test_every_companys_orders_and_deliveries_add_up_to_those_of_the_erp(portal: Portal) -> None:
    for name, kind in (("orders", "order"), ("deliveries", "delivery")):
        sums = {key: found[:2] for key, found in told(portal, name).items() if key[0] != MAIN}
        found = shown(portal, "orders", "order_totals_v2", kind)
        assert {key: one[:2] for key, one in found.items() if key[0] != MAIN} == sums, "the main one may have ordered"


def test_loading_again_changes_nothing(portal: Portal) -> None:
    def everything() -> dict[str, list[tuple[Any, ...]]]:
        return {
            "people": rows(
                portal, "identity", f"SELECT contact_id, status, last_changed FROM {CONTACTS_TABLE} ORDER BY 1"
            ),
            "runs": rows(portal, "erp_sync", "SELECT run, state FROM run_list_v1 ORDER BY 1"),
            "cases": rows(portal, "cases", "SELECT number, messages, status FROM case_list_v2 ORDER BY 1"),
            "licences": rows(portal, "licensing", "SELECT company, feature FROM features_v1 ORDER BY 1"),
            "documents": rows(portal, "payments", "SELECT company, kind, number FROM documents_v2 ORDER BY 1, 2, 3"),
        }

    before = everything()
    steps: list[tuple[int, int]] = []
    demo.load(portal.settings, lambda done, total, text: steps.append((done, total)))
    assert steps[-1][0] == steps[-1][1] == len(steps) - 1
    assert everything() == before


def test_everyone_of_the_demo_can_sign_in(portal: Portal) -> None:
    for _role, email, password in demo.LOGINS:
        answer = portal.rpc.call("identity", "sign_in", {"email": email, "password": password, "correlation_id": "t"})
        assert answer["status"] == "done"
