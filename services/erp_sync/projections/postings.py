"""What went or goes to the ERP, and what became of it."""

from __future__ import annotations

from sqlalchemy import Column, Index, MetaData, Table, Text

from chassis.messages import Recorded
from chassis.readmodel import Projection, Rows, upsert

VERSION = 1
POSTINGS = Table(
    f"posting_list_v{VERSION}",
    MetaData(),
    Column("reference", Text, primary_key=True),
    Column("company", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("connection", Text, nullable=False),
    # queued, written, posted, refused, withdrawing, withdrawn
    Column("state", Text, nullable=False),
    Column("erp_number", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("requested_at", Text, nullable=False),
    Column("written_at", Text, nullable=False),
    Column("answered_at", Text, nullable=False),
    Index(f"posting_list_v{VERSION}_state", "state", "requested_at"),
    Index(f"posting_list_v{VERSION}_company", "company", "requested_at"),
)
_POSTING = upsert(POSTINGS)
_STATES = {"WithdrawalAsked": "withdrawing", "PostingWithdrawn": "withdrawn", "WithdrawalTooLate": "written"}


def project(event: Recorded, rows: Rows) -> None:
    """One event of a posting into its row."""
    data, at = event.data, event.recorded_at.isoformat()
    reference = data["reference"]
    changed: dict[str, str]
    match event.type:
        case "PostingRequested":
            what = (data["company"], data["kind"], data["connection"])
            rows.execute(_POSTING, (reference, *what, "queued", "", "", at, "", ""))
            rows.touch(data["company"], event.position)
            return
        case "PostingWritten":
            changed = {"state": "written", "written_at": at}
        case "PostedToErp":
            changed = {"state": "posted", "erp_number": data["erp_number"], "reason": "", "answered_at": at}
        case "RefusedByErp":
            changed = {"state": "refused", "reason": data["reason"], "answered_at": at}
        case "OrderQueuedForErp":
            return
        case kind:
            changed = {"state": _STATES[kind]}
    columns = ", ".join(f"{name} = ?" for name in changed)
    rows.execute(f"UPDATE {POSTINGS.name} SET {columns} WHERE reference = ?", (*changed.values(), reference))
    row = rows.one(f"SELECT company FROM {POSTINGS.name} WHERE reference = ?", reference)
    if row is not None:
        rows.touch(row["company"], event.position)


PROJECTION = Projection("postings", VERSION, ("posting-",), (POSTINGS,), project)
