"""Contacts in companies besides their first one: a row each, with what they may do there. No personal data."""

from __future__ import annotations

from sqlalchemy import Column, Index, MetaData, Table, Text

from chassis.codec import dumps
from chassis.messages import Recorded
from chassis.readmodel import Projection, Rows, upsert

VERSION = 1
MEMBERSHIPS = Table(
    f"memberships_v{VERSION}",
    MetaData(),
    Column("contact_id", Text, primary_key=True),
    Column("company", Text, primary_key=True),
    Column("permissions", Text, nullable=False),  # JSON list
    Column("branches", Text),  # JSON list; NULL: all
    Column("roles", Text, nullable=False),  # JSON list of ids; those that are gone give nothing
    Column("ends", Text, nullable=False),  # JSON object: permission or role → its last day, ISO
    Index(f"memberships_v{VERSION}_company", "company", "contact_id"),
)
_MEMBERSHIP = upsert(MEMBERSHIPS)


def project(event: Recorded, rows: Rows) -> None:
    """The row of the contact in the company, or none any more."""
    if not event.type.startswith("Membership"):
        return
    data = event.data
    for company in (data["company"], data["member_of"]):
        rows.touch(company, event.position)
    key = data["contact"], data["member_of"]
    if event.type == "MembershipEnded":
        rows.execute(f"DELETE FROM {MEMBERSHIPS.name} WHERE contact_id = ? AND company = ?", key)
        return
    branches = None if data["branches"] is None else dumps(data["branches"]).decode()
    rest = (dumps(data[name]).decode() for name in ("roles", "ends"))
    rows.execute(_MEMBERSHIP, (*key, dumps(data["permissions"]).decode(), branches, *rest))


PROJECTION = Projection("memberships", VERSION, ("contact-",), (MEMBERSHIPS,), project)
