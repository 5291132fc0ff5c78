"""What companies' admins may hand out, where the portal admin said it otherwise than "what they have"."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, MetaData, Table, Text

from chassis.codec import dumps
from chassis.messages import Recorded
from chassis.readmodel import Projection, Rows, upsert

VERSION = 1
DELEGATIONS = Table(
    f"delegations_v{VERSION}",
    MetaData(),
    Column("contact_id", Text, primary_key=True),
    Column("company", Text, primary_key=True),
    Column("permissions", Text),  # JSON list; NULL: what they have
    Column("appoints", Boolean, nullable=False),
)
_DELEGATION = upsert(DELEGATIONS)
_ENDED = f"DELETE FROM {DELEGATIONS.name} WHERE contact_id = ? AND company = ?"


def project(event: Recorded, rows: Rows) -> None:
    """The row of an admin of a company; none of a company that they are of no more."""
    data = event.data
    if event.type == "MembershipEnded":
        rows.execute(_ENDED, (data["contact"], data["member_of"]))
        rows.touch(data["member_of"], event.position)
    if event.type != "DelegationSet":
        return
    rows.touch(data["admin_of"], event.position)
    permissions = None if data["permissions"] is None else dumps(data["permissions"]).decode()
    rows.execute(_DELEGATION, (data["contact"], data["admin_of"], permissions, data["appoints"]))


PROJECTION = Projection("delegations", VERSION, ("contact-",), (DELEGATIONS,), project)
