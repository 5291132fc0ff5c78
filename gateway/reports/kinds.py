"""The five kinds of documents people look through, and the statements that read them.

A list is keyset-paged: the place after which it goes on (or before which it ends) is in the address, so a page of a
list can be bookmarked, and page 200 costs what page 1 does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from flask_babel import lazy_gettext as _l

from chassis.documents import SORTS
from gateway.queries import Query
from services.orders import contract as orders
from services.payments import contract as payments

PAGE = 50
_BRANCH = "AND (:branches IS NULL OR {0}.branch IN (SELECT value FROM json_each(:branches)))"


@dataclass(frozen=True)
class Kind:
    """A kind of document: where it is kept, what it is called, who may see it, and its statements.

    `prefix` begins the names of its tables; `key` is the column that names a row; `owed` kinds have an open amount.
    """

    kind: str
    service: str
    prefix: str
    key: str
    path: str
    title: Any
    singular: Any
    icon: str
    needs: str
    tab: str
    order: int
    statuses: tuple[str, ...]
    owed: bool = False
    due: Any = None

    @property
    def model(self) -> str:
        """The read model behind it, as gateway.models names it."""
        if self.service == orders.SERVICE:
            return f"{orders.SERVICE}.{orders.ORDERS_MODEL}"
        return f"{payments.SERVICE}.{payments.DOCUMENTS_MODEL}"

    def table(self, part: str) -> str:
        """A published table: part "s" for the documents, "_lines", "_totals", …"""
        return f"{self.service}.{self.prefix}{part}_{self.model.rpartition('_')[2]}"


ORDERS = Kind(
    "order", "orders", "order", "key", "/orders", _l("Orders"), _l("Order"), "bag", "report_orders", "orders", 10,
    ("accepted", "queued", "cancelling", "posted", "rejected", "open", "closed", "cancelled"), due=_l("Wanted"),
)  # fmt: skip
DELIVERIES = Kind(
    "delivery", "orders", "order", "key", "/deliveries", _l("Deliveries"), _l("Delivery"), "truck",
    "report_deliveries", "orders", 20, ("open", "closed", "cancelled"), due=_l("Due"),
)  # fmt: skip
INVOICES = Kind(
    "invoice", "payments", "document", "number", "/invoices", _l("Invoices"), _l("Invoice"), "receipt",
    "report_invoices", "money", 10, ("open", "partly_paid", "paid", "cancelled"), True, _l("Due"),
)  # fmt: skip
CREDIT_MEMOS = Kind(
    "credit_memo", "payments", "document", "number", "/credit-memos", _l("Credit memos"), _l("Credit memo"),
    "arrow-return-left", "report_credit_memos", "money", 30, ("open", "partly_paid", "closed", "cancelled"), True,
)  # fmt: skip
PAYMENTS = Kind(
    "payment", "payments", "document", "number", "/payments", _l("Payments"), _l("Payment"), "credit-card",
    "report_payments", "money", 20, ("open", "partly_paid", "closed", "cancelled"),
)  # fmt: skip
KINDS = {kind.kind: kind for kind in (ORDERS, DELIVERIES, INVOICES, CREDIT_MEMOS, PAYMENTS)}


def _after(sort: str, up: bool) -> str:
    """What comes behind the place in the address, in this sort's direction."""
    columns = SORTS[sort]
    left = ", ".join(f"d.{column}" for column in columns)
    right = ", ".join(f":k{index}" for index in range(len(columns)))
    return f"AND ({left}) {'>' if up else '<'} ({right})"


def _order(sort: str, up: bool) -> str:
    return ", ".join(f"d.{column} {'ASC' if up else 'DESC'}" for column in SORTS[sort])


@cache
def list_query(kind: Kind, index: str = "") -> Query:
    """The rows of a report; `index` is the one to read it by (chassis.documents.list_index), else SQLite chooses."""
    documents, search = kind.table("s"), kind.table("_search")
    clauses = {
        "since": "AND d.date >= :since",
        "until": "AND d.date <= :until",
        "status": "AND d.status = :status",
        "branch": "AND d.branch = :only_branch",
        "search": f"AND d.{kind.key} IN (SELECT s.{kind.key} FROM {search} s WHERE s.company = :company"
        " AND s.kind = :kind AND s.term >= :term AND s.term < :term_end)",
        **{f"after_{sort}_{'up' if up else 'down'}": _after(sort, up) for sort in SORTS for up in (True, False)},
    }
    if kind.owed:
        clauses["overdue"] = (
            "AND d.number IN (SELECT o.number FROM payments.open_items_v1 o WHERE o.company = :company"
            " AND o.kind = :kind AND o.due_date < :today AND o.open_minor > 0)"
        )
    columns = ", ".join(sorted({column for names in SORTS.values() for column in names}))
    extra = "d.erp_number, d.message" if kind.service == "orders" else "'' AS erp_number, '' AS message"
    return Query(
        f"{kind.kind}.list",
        f"""SELECT d.{kind.key} AS key, d.currency, d.branch, d.portal_reference, d.total_minor, d.open_minor,
                   {", ".join(f"d.{name}" for name in columns.split(", ") if not name.endswith("_minor"))}, {extra}
            FROM {documents} d {f"INDEXED BY {index}" if index else ""}
            WHERE d.company = :company AND d.kind = :kind
            {_BRANCH.format("d")} {{clauses}} ORDER BY {{order}} LIMIT :limit""",
        needs=kind.needs,
        clauses=clauses,
        orders={f"{sort}_{'up' if up else 'down'}": _order(sort, up) for sort in SORTS for up in (True, False)},
    )


def _sums_query(kind: Kind) -> Query:
    """Count and totals of a report from the sums by month and day: as cheap for many documents as for few.

    Whole months come from `:month0`–`:month1`, the days at either end from `:a0`–`:a1` and `:b0`–`:b1`.
    """
    parts = (("_months", "month", "month0", "month1"), ("_totals", "date", "a0", "a1"), ("_totals", "date", "b0", "b1"))
    union = " UNION ALL ".join(
        f"SELECT p{index}.currency, p{index}.count, p{index}.total_minor, p{index}.open_minor"
        f" FROM {kind.table(part)} p{index} WHERE p{index}.company = :company AND p{index}.kind = :kind"
        f" AND p{index}.{period} BETWEEN :{first} AND :{last}"
        f" AND (:status = '' OR p{index}.status = :status) {_BRANCH.format(f'p{index}')}"
        for index, (part, period, first, last) in enumerate(parts)
    )
    return Query(
        f"{kind.kind}.sums",
        f"SELECT currency, SUM(count) AS count, SUM(total_minor) AS total_minor, SUM(open_minor) AS open_minor"
        f" FROM ({union}) sums GROUP BY currency HAVING SUM(count) > 0 ORDER BY currency",
        needs=kind.needs,
    )


def _found_query(kind: Kind, listing: Query) -> Query:
    """Count and totals of a list that a search or “overdue” has narrowed: the rows themselves are added up."""
    clauses = {name: text for name, text in listing.clauses.items() if not name.startswith("after_")}
    return Query(
        f"{kind.kind}.found",
        f"""SELECT d.currency, COUNT(*) AS count, SUM(d.total_minor) AS total_minor, SUM(d.open_minor) AS open_minor
            FROM {kind.table("s")} d WHERE d.company = :company AND d.kind = :kind
            {_BRANCH.format("d")} {{clauses}} GROUP BY d.currency ORDER BY d.currency""",
        needs=kind.needs,
        clauses=clauses,
    )


def _document_query(kind: Kind, own: bool = False) -> Query:
    """The document of a number; `own`: of those the person placed, for who may order but not see the report."""
    extra = (
        "d.erp_number, d.message, d.placed_by"
        if kind.service == "orders"
        else "'' AS erp_number, '' AS message, '' AS placed_by"
    )
    by_number = "" if kind.key == "number" else f" OR d.{kind.key} = :number"
    return Query(
        f"{kind.kind}.{'own_' if own else ''}document",
        f"""SELECT d.kind, d.number, d.{kind.key} AS key, d.branch, d.date, d.due_date, d.currency, d.total_minor,
                   d.open_minor, d.status, d.reference, d.portal_reference, l.body, {extra}
            FROM {kind.table("s")} d
            JOIN {kind.table("_lines")} l ON l.company = d.company AND l.kind = d.kind AND l.{kind.key} = d.{kind.key}
            WHERE d.company = :company AND d.kind = :kind AND (d.number = :number{by_number})
            {"AND d.placed_by = :contact" if own else ""} {_BRANCH.format("d")} LIMIT 1""",
        needs="order" if own else kind.needs,
    )


def _links_query(kind: Kind) -> Query:
    table = kind.table("_links")
    return Query(
        f"{kind.service}.links",
        f"""SELECT l.kind, l.number, l.base_kind, l.base_number FROM {table} l
            WHERE l.company = :company AND (l.kind, l.number) IN (SELECT value ->> 0, value ->> 1 FROM json_each(:of))
            UNION SELECT m.kind, m.number, m.base_kind, m.base_number FROM {table} m
            WHERE m.company = :company
              AND (m.base_kind, m.base_number) IN (SELECT value ->> 0, value ->> 1 FROM json_each(:of))""",
    )


def _visible_query(kind: Kind) -> Query:
    """Those of the numbers that the person may open, with what a chain shows of them."""
    return Query(
        f"{kind.kind}.visible",
        f"""SELECT d.number, d.date, d.due_date, d.currency, d.total_minor, d.open_minor, d.status
            FROM {kind.table("s")} d WHERE d.company = :company AND d.kind = :kind
            AND d.number IN (SELECT value FROM json_each(:numbers)) {_BRANCH.format("d")}""",
        needs=kind.needs,
    )


LIST = {kind.kind: list_query(kind) for kind in KINDS.values()}
SUMS = {kind.kind: _sums_query(kind) for kind in KINDS.values()}
FOUND = {kind.kind: _found_query(kind, LIST[kind.kind]) for kind in KINDS.values()}
DOCUMENT = {kind.kind: _document_query(kind) for kind in KINDS.values()}
OWN_ORDER = _document_query(ORDERS, own=True)
VISIBLE = {kind.kind: _visible_query(kind) for kind in KINDS.values()}
LINKS = (_links_query(ORDERS), _links_query(INVOICES))
