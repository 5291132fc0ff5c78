"""The kinds of documents people look through, and the statements that read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as _p

from chassis.documents import SORTS
from gateway.queries import Query, in_branches
from gateway.reports.report import Column, Report, found_query, list_query
from services.orders import contract as orders
from services.payments import contract as payments


@dataclass(frozen=True, kw_only=True, eq=False)
class Kind(Report):
    """A kind of document: where it is kept, what one is called, and its statements.

    `prefix` begins the names of its tables; `key` is the column that names a row; `owed` kinds have an open amount.
    """

    service: str
    prefix: str
    key: str
    singular: Any
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
        return _table(self.service, part)


_TABLES = {
    orders.SERVICE: ("order", orders.ORDERS_MODEL),
    payments.SERVICE: ("document", payments.DOCUMENTS_MODEL),
}


def _table(service: str, part: str) -> str:
    prefix, model = _TABLES[service]
    return f"{service}.{prefix}{part}_{model.rpartition('_')[2]}"


_SEARCH = (
    "AND d.{0} IN (SELECT s.{0} FROM {1} s WHERE s.company = :company"
    " AND s.kind = :kind AND s.term >= :term AND s.term < :term_end)"
)
_LATE = (
    "AND d.number IN (SELECT o.number FROM payments.open_items_v2 o WHERE o.company = :company"
    " AND o.kind = :kind AND o.due_date < :today AND o.open_minor > 0)"
)


def _columns(due: Any, owed: bool, placed: bool) -> tuple[Column, ...]:
    """The columns of a kind: with a due date, with an open amount, with what only orders placed here have."""
    found = [
        Column("number", _l("Number"), "number", "number", sort="number"),
        Column("date", _l("Date"), "date", "date", sort="date", groups=True),
        Column("due_date", due or "", "date", "due_date", sort="due_date", wide=True),
        Column("reference", _l("Your reference"), "text", "reference", sort="reference", groups=True, wide=True),
        Column("portal_reference", _l("Number here"), "text", "portal_reference", usual=False, wide=True),
        Column("branch", _l("Branch"), "branch", "branch", sort="branch", groups=True, usual=False, wide=True),
        Column("currency", _l("Currency"), "currency", "currency", usual=False, wide=True),
        Column("total", _l("Total"), "money", "total_minor", sort="total"),
        Column("open", _p("amount", "Open"), "money", "open_minor", sort="open", wide=True),
        Column("status", _l("Status"), "status", "status", sort="status", groups=True),
        Column("message", _l("What the ERP said"), "text", "message", usual=False, wide=True),
    ]
    without = {"due_date" if not due else "", "open" if not owed else ""}
    if not placed:
        without |= {"portal_reference", "message"}
    return tuple(one for one in found if one.name not in without)


def _kind(
    kind: str, service: str, path: str, title: Any, singular: Any, icon: str, tab: str, order: int,
    statuses: tuple[str, ...], *, owed: bool = False, due: Any = None, placed: bool = False, needs: str = "",
) -> Kind:  # fmt: skip
    prefix, key = ("order", "key") if service == orders.SERVICE else ("document", "number")
    needs = needs or f"report_{path.strip('/').replace('-', '_')}"
    own = "d.erp_number, d.message" if service == orders.SERVICE else "'' AS erp_number, '' AS message"
    return Kind(
        kind=kind, service=service, prefix=prefix, key=key, path=path, title=title, singular=singular, icon=icon,
        needs=needs, tab=tab, order=order, statuses=statuses, owed=owed, due=due,
        columns=_columns(due, owed, placed),
        source=_table(service, "s"),
        select=f"""d.{key} AS key, d.number, d.number_key, d.date, d.due_date, d.currency, d.branch, d.status,
                   d.reference, d.portal_reference, d.total_minor, d.open_minor, {own}""",
        sorts={name: columns for name, columns in SORTS.items() if name != "due_date" or due},
        fixed="AND d.kind = :kind",
        searched=_SEARCH.format(key, _table(service, "_search")),
        searched_in=_l("Number or reference"),
        late=_LATE if kind == "invoice" else "",
        values={"kind": kind},
    )  # fmt: skip


_OPEN_CLOSED = ("open", "closed", "cancelled")
_USED = ("open", "partly_paid", "closed", "cancelled")
QUOTATIONS = _kind(
    "quotation", "orders", "/quotes", _l("Quotes"), _l("Quote"), "file-earmark-text", "orders", 15, _OPEN_CLOSED,
    due=_l("Valid until"), needs="report_orders",
)  # fmt: skip
ORDERS = _kind(
    "order", "orders", "/orders", _l("Orders"), _l("Order"), "bag", "orders", 10,
    ("accepted", "queued", "cancelling", "posted", "rejected", *_OPEN_CLOSED), due=_l("Wanted"), placed=True,
)  # fmt: skip
DELIVERIES = _kind(
    "delivery", "orders", "/deliveries", _l("Deliveries"), _l("Delivery"), "truck", "orders", 20, _OPEN_CLOSED,
    due=_l("Due"),
)  # fmt: skip
INVOICES = _kind(
    "invoice", "payments", "/invoices", _l("Invoices"), _l("Invoice"), "receipt", "money", 10,
    ("open", "partly_paid", "paid", "cancelled"), owed=True, due=_l("Due"),
)  # fmt: skip
CREDIT_MEMOS = _kind(
    "credit_memo", "payments", "/credit-memos", _l("Credit memos"), _l("Credit memo"), "arrow-return-left", "money", 30,
    _USED, owed=True,
)  # fmt: skip
PAYMENTS = _kind(
    "payment", "payments", "/payments", _l("Payments"), _l("Payment"), "credit-card", "money", 20, _USED,
)  # fmt: skip
KINDS = {kind.kind: kind for kind in (QUOTATIONS, ORDERS, DELIVERIES, INVOICES, CREDIT_MEMOS, PAYMENTS)}


def _sums_query(kind: Kind, group: str = "") -> Query:
    """Count and totals of a report from the sums by month and day: as cheap for many documents as for few.

    Whole months come from `:month0`–`:month1`, the days at either end from `:a0`–`:a1` and `:b0`–`:b1`.
    """
    parts = (("_months", "month", "month0", "month1"), ("_totals", "date", "a0", "a1"), ("_totals", "date", "b0", "b1"))
    grouped = {"": "", "date": ", SUBSTR(p{0}.{1}, 1, 7) AS grouped"}.get(group, f", p{{0}}.{group} AS grouped")
    union = " UNION ALL ".join(
        f"SELECT p{index}.currency, p{index}.count, p{index}.total_minor, p{index}.open_minor"
        f"{grouped.format(index, period)}"
        f" FROM {kind.table(part)} p{index} WHERE p{index}.company = :company AND p{index}.kind = :kind"
        f" AND p{index}.{period} BETWEEN :{first} AND :{last}"
        f" AND (:only_status = '' OR p{index}.status = :only_status)"
        f" AND (:only_branch = '' OR p{index}.branch = :only_branch)"
        f" AND (:only_currency = '' OR p{index}.currency = :only_currency) AND {in_branches(f'p{index}')}"
        for index, (part, period, first, last) in enumerate(parts)
    )
    by = "grouped, " if group else ""
    return Query(
        f"{kind.kind}.sums{'.' + group if group else ''}",
        f"SELECT {by}currency, SUM(count) AS count, SUM(total_minor) AS total_minor, SUM(open_minor) AS open_minor"
        f" FROM ({union}) sums GROUP BY {by}currency HAVING SUM(count) > 0 ORDER BY {by}currency",
        needs=kind.needs,
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
            {"AND d.placed_by = :contact" if own else ""} AND {in_branches("d")} LIMIT 1""",
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
            AND d.number IN (SELECT value FROM json_each(:numbers)) AND {in_branches("d")}""",
        needs=kind.needs,
    )


SUMMED_BY = ("", "date", "status", "branch")
"""By what the sums are grouped; whatever else is grouped by, the rows are added up."""
LIST = {kind.kind: list_query(kind) for kind in KINDS.values()}
SUMS = {(kind.kind, group): _sums_query(kind, group) for kind in KINDS.values() for group in SUMMED_BY}
FOUND = {
    (kind.kind, group): found_query(kind, group)
    for kind in KINDS.values()
    for group in ("", *(one.name for one in kind.columns if one.groups))
}
DOCUMENT = {kind.kind: _document_query(kind) for kind in KINDS.values()}
OWN_ORDER = _document_query(ORDERS, own=True)
VISIBLE = {kind.kind: _visible_query(kind) for kind in KINDS.values()}
LINKS = (_links_query(ORDERS), _links_query(INVOICES))
