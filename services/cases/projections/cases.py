"""Cases and their conversations, as pages show them. Texts are the company's own; people are contact ids."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, MetaData, Table, Text

from chassis.messages import Recorded
from chassis.readmodel import Projection, Rows, upsert

VERSION = 2
SORTS = {
    "updated": ("updated_at", "number"),
    "date": ("opened_at", "number"),
    "number": ("number",),
    "summary": ("summary", "number"),
    "product": ("product", "updated_at", "number"),
    "reference": ("customer_reference", "number"),
    "status": ("status", "updated_at", "number"),
}
"""What a company's list can be sorted by → the columns of its keyset, each behind the company in an index."""
_meta = MetaData()
CASE_LIST = Table(
    f"case_list_v{VERSION}",
    _meta,
    Column("company", Text, primary_key=True),
    Column("number", Text, primary_key=True),
    Column("summary", Text, nullable=False),
    Column("customer_reference", Text, nullable=False),
    Column("product", Text, nullable=False),
    Column("vendor_approval", Boolean, nullable=False),
    Column("status", Text, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("opened_at", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
    Column("messages", Integer, nullable=False),
    Column("last_author", Text, nullable=False),
    *(Index(f"case_list_v{VERSION}_{name}", "company", *keys) for name, keys in SORTS.items() if name != "number"),
    Index(f"case_list_v{VERSION}_opener", "company", "opened_by"),
    Index(f"case_list_v{VERSION}_queue", "status", "updated_at", "number"),
)
MESSAGES = Table(
    f"case_messages_v{VERSION}",
    _meta,
    Column("company", Text, primary_key=True),
    Column("number", Text, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("channel", Text, nullable=False),
)
_CASE = upsert(CASE_LIST)
_MESSAGE = upsert(MESSAGES)
_BUMP = (
    f"UPDATE {CASE_LIST.name} SET updated_at = ?, messages = messages + 1, last_author = ?"
    " WHERE company = ? AND number = ?"
)
_STATUS = f"UPDATE {CASE_LIST.name} SET updated_at = ?, status = ? WHERE company = ? AND number = ?"
# The event's type as the conversation shows it.
_KINDS = {
    "CaseOpened": "opened",
    "CustomerReplied": "customer",
    "AgentAnswered": "agent",
    "CaseStatusChanged": "status",
}


def project(event: Recorded, rows: Rows) -> None:
    """One event of a case into its row and its conversation."""
    data, at = event.data, event.recorded_at.isoformat()
    company, number = data["company"], data["case"]
    rows.touch(company, event.position)
    match event.type:
        case "CaseOpened":
            author, text = data["opened_by"], data["detail"]
            status = "awaiting_vendor" if data["vendor_approval"] else "new"
            facts = (data["summary"], data["customer_reference"], data["product"], data["vendor_approval"])
            rows.execute(_CASE, (company, number, *facts, status, author, at, at, 1, author))
        case "CaseStatusChanged":
            author, text = data["changed_by"], data["status"]
            rows.execute(_STATUS, (at, text, company, number))
        case _:
            author, text = data["author"], data["text"]
            rows.execute(_BUMP, (at, author, company, number))
    channel = event.meta.get("channel", "")
    rows.execute(_MESSAGE, (company, number, event.revision, _KINDS[event.type], author, text, at, channel))


PROJECTION = Projection("cases", VERSION, ("case-",), (CASE_LIST, MESSAGES), project)
