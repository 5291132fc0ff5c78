"""What each company owes: its open items, and their sums by branch and currency.

An item is overdue when `due_date < today`; one without a due date never is.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, MetaData, Table, Text

from chassis.messages import Recorded
from chassis.money import minor
from chassis.readmodel import Projection, Rows, upsert

VERSION = 2
SORTS = {
    "due_date": ("due_key", "number", "kind"),
    "date": ("date", "number", "kind"),
    "number": ("number", "kind"),
    "open": ("open_minor", "number", "kind"),
}
"""What open items can be sorted by → the columns of the keyset, each behind the company in an index."""
_NEVER = "9999-12-31"
_meta = MetaData()
OPEN_ITEMS = Table(
    f"open_items_v{VERSION}",
    _meta,
    Column("company", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("number", Text, primary_key=True),
    Column("branch", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("date", Text, nullable=False),
    Column("due_date", Text),
    Column("amount_minor", BigInteger, nullable=False),
    Column("open_minor", BigInteger, nullable=False),
    Column("reference", Text, nullable=False),
    Column("due_key", Text, nullable=False),  # the due date, for sorting: what is never due comes last
    Index(f"open_items_v{VERSION}_due", "company", "due_date", "currency", "branch", "open_minor"),
    *(Index(f"open_items_v{VERSION}_by_{sort}", "company", *columns) for sort, columns in SORTS.items()),
)
BALANCES = Table(
    f"balances_v{VERSION}",
    _meta,
    Column("company", Text, primary_key=True),
    Column("branch", Text, primary_key=True),
    Column("currency", Text, primary_key=True),
    Column("items", BigInteger, nullable=False),
    Column("open_minor", BigInteger, nullable=False),
)
_WHERE = "company = ? AND kind = ? AND number = ?"
_OLD = f"SELECT branch, currency, open_minor FROM {OPEN_ITEMS.name} WHERE {_WHERE}"
_ITEM = upsert(OPEN_ITEMS)
_SETTLE = f"DELETE FROM {OPEN_ITEMS.name} WHERE {_WHERE}"
_ADD = (
    f"INSERT INTO {BALANCES.name} (company, branch, currency, items, open_minor) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (company, branch, currency)"
    f" DO UPDATE SET items = {BALANCES.name}.items + excluded.items,"
    f" open_minor = {BALANCES.name}.open_minor + excluded.open_minor"
)
_PRUNE = f"DELETE FROM {BALANCES.name} WHERE company = ? AND branch = ? AND currency = ? AND items = 0"


def project(event: Recorded, rows: Rows) -> None:
    """The open item's row while it is open, and its part in the balance."""
    data = event.data
    company, kind, number = where = (data["company"], data["kind"], data["number"])
    old = rows.execute(_OLD, where).fetchone()
    if old is not None:
        rows.execute(_ADD, (company, old["branch"], old["currency"], -1, -old["open_minor"]))
    if event.type == "ItemSettled":
        rows.execute(_SETTLE, where)
    else:
        branch, currency = data["branch"], data["currency"]
        amount, still_open = minor(data["amount"], currency), minor(data["open_amount"], currency)
        facts = (branch, currency, data["date"], data["due_date"], amount, still_open, data["reference"])
        rows.execute(_ITEM, (*where, *facts, data["due_date"] or _NEVER))
        rows.execute(_ADD, (company, branch, currency, 1, still_open))
    if old is not None:
        rows.execute(_PRUNE, (company, old["branch"], old["currency"]))
    rows.touch(company, event.position)


PROJECTION = Projection("balance", VERSION, ("ledger-",), (OPEN_ITEMS, BALANCES), project)
