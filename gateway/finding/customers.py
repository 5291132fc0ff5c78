"""What a contact finds: documents, cases, projects, items, products owned; by company and branch as reports are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from flask_babel import lazy_gettext as _l

from chassis.codec import loads
from chassis.finding import words_of
from chassis.messages import ALL_COMPANIES
from gateway.access import Scope
from gateway.finding.hits import Hit, texts_of
from gateway.finding.indexes import Index
from gateway.finding.subjects import Found, Subject, Wanted
from gateway.queries import Query, in_branches
from gateway.reports.kinds import KINDS, Kind
from services.orders.contract import ITEM_WORDS

_MINE = "w.company = :company AND w.kind = :kind"
_BRANCHES = f"AND {in_branches('d')}"


def _found(kind: Kind) -> Index:
    # An order is found by its own key or by its number; said with OR, SQLite would look at all orders for each hit.
    by_number = (
        ""
        if kind.key == "number"
        else f""", (SELECT n.{kind.key} FROM {kind.table("s")} n
                   WHERE n.company = w.company AND n.kind = w.kind AND n.number = w.key LIMIT 1)"""
    )
    return Index(
        f"{kind.kind}.words",
        f"{kind.service}.{kind.prefix}_words_v3",
        partial(Query, needs=kind.needs, shared=(f"{kind.service}.{kind.prefix}_fts_v3",)),
        f"""d.{kind.key} AS key, d.number, d.date, d.currency, d.total_minor, d.status, d.reference,
        d.portal_reference""",
        f"""JOIN {kind.table("s")} d
        ON d.company = w.company AND d.kind = w.kind AND d.{kind.key} IN (w.key{by_number}) {_BRANCHES}""",
        _MINE,
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


WORDS = {kind.kind: _found(kind) for kind in KINDS.values()}
BODIES = {kind.kind: _bodies_query(kind) for kind in KINDS.values()}
_OWN_CASES = partial(Query, needs="open_cases", shared=("cases.case_fts_v3",))
CASES = Index(
    "search.cases",
    "cases.case_words_v3",
    _OWN_CASES,
    "c.number, c.summary, c.status, c.updated_at, c.customer_reference, c.product",
    "JOIN cases.case_list_v2 c ON c.company = w.company AND c.number = w.key",
    _MINE,
)
_SAID = Query(
    "search.said",
    """SELECT m.number, m.text FROM cases.case_messages_v2 m WHERE m.company = :company
       AND m.number IN (SELECT value FROM json_each(:keys)) AND m.kind IN ('opened', 'customer', 'agent')
       ORDER BY m.number, m.revision""",
    needs="open_cases",
)
PROJECTS = Index(
    "search.projects",
    "cases.case_words_v3",
    _OWN_CASES,
    "j.number, j.name, j.status, j.updated_at, j.reference, j.tasks",
    "JOIN cases.project_list_v2 j ON j.company = w.company AND j.number = w.key",
    _MINE,
)
# The catalogue is everybody's who may order.
_CATALOGUE = ("orders.order_fts_v3", "orders.order_words_v3", "orders.items_v1")
ITEMS = Index(
    "search.items",
    "orders.order_words_v3",
    partial(Query, needs="order", shared=_CATALOGUE),
    "i.item, i.name, i.unit",
    "JOIN orders.items_v1 i ON i.item = w.key AND i.sellable",
    f":company <> '' AND w.company = '{ALL_COMPANIES}' AND w.kind = :kind",
)
PRODUCTS_MOST = 2000
PRODUCTS = Query(
    "search.products",
    f"""SELECT o.key, o.product, o.name, o.version, o.licence_type, o.serial, o.maintenance_until
       FROM licensing.owned_products_v1 o WHERE o.company = :company ORDER BY o.name, o.key LIMIT {PRODUCTS_MOST}""",
)


def _documents(kind: Kind) -> Subject:
    def hit(row: Any) -> Hit:
        path = f"{kind.path}/{quote(row.key)}"
        facts = {"date": row.date, "status": row.status, "reference": row.reference, "key": row.key, "icon": kind.icon}
        return Hit((row.day, row.place), path, row.number, total=row.total_minor, currency=row.currency, **facts)

    def find(scope: Scope, wanted: Wanted) -> Found:
        match, parts = wanted.match(scope.company, kind.kind, scope.branches), wanted.parts(scope.company, kind.kind)
        return WORDS[kind.kind].find(scope, wanted, match, parts, hit, kind=kind.kind)

    def explain(scope: Scope, hits: Sequence[Hit]) -> None:
        bodies = scope.rows(BODIES[kind.kind], kind=kind.kind, keys=_json(hit.key for hit in hits))
        texts = {row.key: texts_of(loads(row.body)) for row in bodies}
        for hit in hits:
            hit.texts = texts.get(hit.key, ())

    return Subject(kind.kind, kind.title, kind.icon, lambda scope: scope.can(kind.needs), find, explain)


def _cases(scope: Scope, wanted: Wanted) -> Found:
    return asked(CASES, scope, wanted, scope.company, "case", lambda row: case_hit(row, f"/support/{row.number}"))


def asked(index: Index, scope: Scope, wanted: Wanted, company: str, kind: str, hit: Callable[[Any], Hit]) -> Found:
    """What is found of a kind that has no branches."""
    return index.find(scope, wanted, wanted.match(company, kind), wanted.parts(company, kind), hit, kind=kind)


def case_hit(row: Any, path: str, company: str = "", owner: str = "") -> Hit:
    """A case as a hit."""
    texts = (row.product,)
    whose = {"company": company, "owner": owner, "reference": row.customer_reference}
    day = row.updated_at[:10]
    facts = {**whose, "texts": texts, "icon": "life-preserver"}
    return Hit((row.day, row.place), path, row.number, row.summary, day, row.status, **facts)


def _said(scope: Scope, hits: Sequence[Hit]) -> None:
    add_said(hits, scope.rows(_SAID, keys=_json(hit.number for hit in hits)))


def add_said(hits: Sequence[Hit], rows: Iterable[Any]) -> None:
    """Give cases the texts of their conversations."""
    said: dict[str, list[str]] = {}
    for row in rows:
        said.setdefault(row.number, []).append(row.text)
    for hit in hits:
        hit.texts = [*said.get(hit.number, ()), *hit.texts]


def _project_hit(row: Any) -> Hit:
    texts = [text for task in loads(row.tasks) for text in (task["name"], task["note"])]
    path, day = f"/projects/{quote(row.number)}", row.updated_at[:10]
    facts = {"reference": row.reference, "texts": texts, "icon": "kanban"}
    return Hit((row.day, row.place), path, row.number, row.name, day, row.status, **facts)


def _projects(scope: Scope, wanted: Wanted) -> Found:
    return asked(PROJECTS, scope, wanted, scope.company, "project", _project_hit)


def _item_hit(row: Any) -> Hit:
    path = f"/order-pad?{urlencode({'item': row.item})}"
    return Hit((row.day, row.place), path, row.item, row.name, key=row.item, icon="upc")


def find_items(scope: Scope, wanted: Wanted) -> Found:
    """Items that can be ordered, by number or words of their name."""
    return asked(ITEMS, scope, wanted, ALL_COMPANIES, ITEM_WORDS, _item_hit)


def _products(scope: Scope, wanted: Wanted) -> Found:
    """In the order of their names."""
    hits = []
    for count, row in enumerate(scope.rows(PRODUCTS)):
        texts = (row.product, row.serial, row.name, row.version, row.licence_type)
        place = ("", PRODUCTS_MOST - count)
        if place < wanted.below and wanted.fits(words_of(*texts)):
            details = [" · ".join(filter(None, (row.product, row.serial, row.version)))]
            hits.append(Hit(place, f"/add-ons#{row.key}", row.product, row.name, texts=details, icon="box-seam"))
    return Found.of(hits, wanted.limit)


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
