"""What a contact finds: documents, cases, projects, items, products owned; by company and branch as reports are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from flask_babel import lazy_gettext as _l

from chassis.codec import loads
from chassis.finding import words_of
from chassis.messages import ALL_COMPANIES
from gateway.access import Scope
from gateway.finding.hits import Hit, texts_of
from gateway.finding.subjects import Found, Subject, Wanted
from gateway.queries import Query, in_branches
from gateway.reports.kinds import KINDS, Kind
from services.orders.contract import ITEM_WORDS

_BRANCHES = f"AND {in_branches('d')}"
_PLACE = "AND f.rowid < :below ORDER BY f.rowid DESC LIMIT :limit"


def _words(service: str, name: str) -> str:
    """The index and its table; the match narrows, company and kind are named besides."""
    index = f"{service}.{name}_fts_v2"
    return f"FROM {index} f JOIN {service}.{name}_words_v2 w ON w.id = f.rowid"


def _found_query(kind: Kind) -> Query:
    # An order is found by its own key or by its number; said with OR, SQLite would look at all orders for each hit.
    by_number = (
        ""
        if kind.key == "number"
        else f""", (SELECT n.{kind.key} FROM {kind.table("s")} n
                   WHERE n.company = w.company AND n.kind = w.kind AND n.number = w.key LIMIT 1)"""
    )
    return Query(
        f"{kind.kind}.words",
        f"""SELECT w.id AS place, d.{kind.key} AS key, d.number, d.date, d.currency, d.total_minor, d.status,
                   d.reference, d.portal_reference
            {_words(kind.service, kind.prefix)}
            JOIN {kind.table("s")} d ON d.company = w.company AND d.kind = w.kind AND d.{kind.key} IN (w.key{by_number})
            WHERE f.{kind.prefix}_fts_v2 MATCH :match AND w.company = :company AND w.kind = :kind
            {_BRANCHES} {_PLACE}""",
        needs=kind.needs,
        shared=(f"{kind.service}.{kind.prefix}_fts_v2",),
    )


def _bodies_query(kind: Kind) -> Query:
    return Query(
        f"{kind.kind}.bodies",
        f"""SELECT d.{kind.key} AS key, l.body FROM {kind.table("s")} d
            JOIN {kind.table("_lines")} l ON l.company = d.company AND l.kind = d.kind AND l.{kind.key} = d.{kind.key}
            WHERE d.company = :company AND d.kind = :kind AND d.{kind.key} IN (SELECT value FROM json_each(:keys))
            {_BRANCHES}""",
        needs=kind.needs,
    )


WORDS = {kind.kind: _found_query(kind) for kind in KINDS.values()}
BODIES = {kind.kind: _bodies_query(kind) for kind in KINDS.values()}
CASES = Query(
    "search.cases",
    f"""SELECT w.id AS place, c.number, c.summary, c.status, c.updated_at, c.customer_reference, c.product
        {_words("cases", "case")}
        JOIN cases.case_list_v2 c ON c.company = w.company AND c.number = w.key
        WHERE f.case_fts_v2 MATCH :match AND w.company = :company AND w.kind = 'case' {_PLACE}""",
    needs="open_cases",
    shared=("cases.case_fts_v2",),
)
_SAID = Query(
    "search.said",
    """SELECT m.number, m.text FROM cases.case_messages_v2 m WHERE m.company = :company
       AND m.number IN (SELECT value FROM json_each(:keys)) AND m.kind IN ('opened', 'customer', 'agent')
       ORDER BY m.number, m.revision""",
    needs="open_cases",
)
PROJECTS = Query(
    "search.projects",
    f"""SELECT w.id AS place, j.number, j.name, j.status, j.updated_at, j.reference, j.tasks
        {_words("cases", "case")}
        JOIN cases.project_list_v2 j ON j.company = w.company AND j.number = w.key
        WHERE f.case_fts_v2 MATCH :match AND w.company = :company AND w.kind = 'project' {_PLACE}""",
    needs="open_cases",
    shared=("cases.case_fts_v2",),
)
ITEMS = Query(
    "search.items",
    f"""SELECT w.id AS place, i.item, i.name, i.unit {_words("orders", "order")}
        JOIN orders.items_v1 i ON i.item = w.key
        WHERE f.order_fts_v2 MATCH :match AND w.company = '{ALL_COMPANIES}' AND w.kind = '{ITEM_WORDS}'
        AND i.sellable AND :company <> '' {_PLACE}""",
    needs="order",
    # The catalogue is everybody's who may order.
    shared=("orders.order_fts_v2", "orders.order_words_v2", "orders.items_v1"),
)
PRODUCTS = Query(
    "search.products",
    """SELECT o.key, o.product, o.name, o.version, o.licence_type, o.serial, o.maintenance_until
       FROM licensing.owned_products_v1 o WHERE o.company = :company ORDER BY o.name, o.key LIMIT 2000""",
)


def _documents(kind: Kind) -> Subject:
    def find(scope: Scope, wanted: Wanted) -> Found:
        match = wanted.match(scope.company, kind.kind, scope.branches)
        rows = scope.rows(WORDS[kind.kind], kind=kind.kind, match=match, below=wanted.below, limit=wanted.limit + 1)
        hits = [
            Hit(
                row.place,
                f"{kind.path}/{quote(row.key)}",
                row.number,
                date=row.date,
                status=row.status,
                total=row.total_minor,
                currency=row.currency,
                reference=row.reference,
                key=row.key,
                icon=kind.icon,
            )
            for row in rows
        ]
        return Found.of(hits, wanted.limit)

    def explain(scope: Scope, hits: Sequence[Hit]) -> None:
        bodies = scope.rows(BODIES[kind.kind], kind=kind.kind, keys=_json(hit.key for hit in hits))
        texts = {row.key: texts_of(loads(row.body)) for row in bodies}
        for hit in hits:
            hit.texts = texts.get(hit.key, ())

    return Subject(kind.kind, kind.title, kind.icon, lambda scope: scope.can(kind.needs), find, explain)


def _cases(scope: Scope, wanted: Wanted) -> Found:
    match = wanted.match(scope.company, "case")
    rows = scope.rows(CASES, match=match, below=wanted.below, limit=wanted.limit + 1)
    return Found.of([case_hit(row, f"/support/{row.number}") for row in rows], wanted.limit)


def case_hit(row: Any, path: str, company: str = "", owner: str = "") -> Hit:
    """A case as a hit."""
    texts = (row.product,)
    whose = {"company": company, "owner": owner, "reference": row.customer_reference}
    day = row.updated_at[:10]
    return Hit(row.place, path, row.number, row.summary, day, row.status, texts=texts, icon="life-preserver", **whose)


def _said(scope: Scope, hits: Sequence[Hit]) -> None:
    add_said(hits, scope.rows(_SAID, keys=_json(hit.number for hit in hits)))


def add_said(hits: Sequence[Hit], rows: Iterable[Any]) -> None:
    """Give cases the texts of their conversations."""
    said: dict[str, list[str]] = {}
    for row in rows:
        said.setdefault(row.number, []).append(row.text)
    for hit in hits:
        hit.texts = [*said.get(hit.number, ()), *hit.texts]


def _projects(scope: Scope, wanted: Wanted) -> Found:
    match = wanted.match(scope.company, "project")
    hits = []
    for row in scope.rows(PROJECTS, match=match, below=wanted.below, limit=wanted.limit + 1):
        texts = [text for task in loads(row.tasks) for text in (task["name"], task["note"])]
        path, day = f"/projects/{quote(row.number)}", row.updated_at[:10]
        facts = {"reference": row.reference, "texts": texts, "icon": "kanban"}
        hits.append(Hit(row.place, path, row.number, row.name, day, row.status, **facts))
    return Found.of(hits, wanted.limit)


def find_items(scope: Scope, wanted: Wanted) -> Found:
    """Items that can be ordered, by number or words of their name."""
    match = wanted.match(ALL_COMPANIES, ITEM_WORDS)
    rows = scope.rows(ITEMS, match=match, below=wanted.below, limit=wanted.limit + 1)
    hits = [
        Hit(row.place, f"/order-pad?{urlencode({'item': row.item})}", row.item, row.name, key=row.item, icon="upc")
        for row in rows
    ]
    return Found.of(hits, wanted.limit)


def _products(scope: Scope, wanted: Wanted) -> Found:
    hits = []
    for place, row in enumerate(scope.rows(PRODUCTS)):
        texts = (row.product, row.serial, row.name, row.version, row.licence_type)
        if wanted.fits(words_of(*texts)) and place + 1 < wanted.below:
            details = [" · ".join(filter(None, (row.product, row.serial, row.version)))]
            hits.append(Hit(place + 1, f"/add-ons#{row.key}", row.product, row.name, texts=details, icon="box-seam"))
    return Found.of(hits[: wanted.limit + 1], wanted.limit)


def _json(keys: Any) -> str:
    return orjson.dumps(list(keys)).decode()


def _sees_cases(scope: Scope) -> bool:
    return scope.can("open_cases")


SUBJECTS = (
    *(_documents(kind) for kind in KINDS.values()),
    Subject("case", _l("Support cases"), "life-preserver", _sees_cases, _cases, _said),
    Subject("project", _l("Projects"), "kanban", _sees_cases, _projects, part="projects"),
    Subject("item", _l("Items to order"), "upc", lambda scope: scope.can("order"), find_items),
    Subject("product", _l("Products owned"), "box-seam", lambda scope: not scope.is_staff, _products, part="add_ons"),
)
