"""Requests for access with what became of them. Personal data stands here in clear until it is erased or forgotten."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Index, MetaData, Table, Text

from chassis.codec import dumps
from chassis.messages import Recorded
from chassis.readmodel import Projection, Rows, upsert
from services.identity.projections.people import _vault

VERSION = 1
ACCESS_REQUESTS = Table(
    f"access_requests_v{VERSION}",
    MetaData(),
    Column("request", Text, primary_key=True),  # the id of the contact that an approval makes
    Column("company", Text, nullable=False),
    Column("requester", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("permissions", Text, nullable=False),  # JSON list: as asked for
    Column("branches", Text),  # JSON list; NULL: all
    Column("state", Text, nullable=False),  # a value of requests.domain.STATES
    Column("asked_at", Text, nullable=False),  # UTC
    Column("decided_at", Text),
    Column("decided_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Index(f"access_requests_v{VERSION}_company", "company", "position"),
    Index(f"access_requests_v{VERSION}_state", "state", "position"),
)
_REQUEST = upsert(ACCESS_REQUESTS)
_DECIDED = f"UPDATE {ACCESS_REQUESTS.name} SET state = ?, decided_at = ?, decided_by = ? WHERE request = ?"
_EXPLAINED = f"UPDATE {ACCESS_REQUESTS.name} SET reason = ? WHERE request = ?"
_FORGOTTEN = (
    f"UPDATE {ACCESS_REQUESTS.name} SET name = ?, email = '', phone = '', why = '', reason = '' WHERE request = ?"
)
_GONE = f"DELETE FROM {ACCESS_REQUESTS.name} WHERE request = ?"


def project(event: Recorded, rows: Rows) -> None:
    """One event of a request, or the end of the contact that it became."""
    data, at = event.data, event.recorded_at.isoformat()
    match event.type:
        case "AccessRequested":
            _asked(event, data, at, rows)
        case "AccessApproved" | "AccessRefused":
            state = "approved" if event.type == "AccessApproved" else "refused"
            rows.execute(_DECIDED, (state, at, data["decided_by"], data["request"]))
        case "RefusalExplained":
            rows.execute(_EXPLAINED, (_vault().open_text(data["request"], data["reason"]), data["request"]))
        case "AccessRequestForgotten":
            rows.execute(_GONE, (data["request"],))
        case "ContactErased":
            rows.execute(_FORGOTTEN, ("(erased)", data["contact"]))
        case _:
            return
    rows.touch(data["company"], event.position)


def _asked(event: Recorded, data: dict[str, Any], at: str, rows: Rows) -> None:
    vault, request = _vault(), data["request"]
    person = vault.open(request, data["personal"])
    who = (request, data["company"], data["requester"], person.name, person.email, person.phone)
    branches = None if data["branches"] is None else dumps(data["branches"]).decode()
    wished = (vault.open_text(request, data["why"]), dumps(data["permissions"]).decode(), branches)
    rows.execute(_REQUEST, (*who, *wished, "open", at, None, "", "", event.position))


PROJECTION = Projection("requests", VERSION, ("requests-", "contact-"), (ACCESS_REQUESTS,), project)
