"""The roles there are: what each is called and gives. Every session that has one looks here."""

from __future__ import annotations

from sqlalchemy import Column, MetaData, Table, Text

from chassis.codec import dumps
from chassis.messages import ALL_COMPANIES, Recorded
from chassis.readmodel import Projection, Rows, upsert
from chassis.sorting import sort_key

VERSION = 2
ROLES = Table(
    f"roles_v{VERSION}",
    MetaData(),
    Column("role", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("permissions", Text, nullable=False),  # JSON list
    Column("name_key", Text, nullable=False),  # the name as it sorts: chassis.sorting
)
_ROLE = upsert(ROLES)


def project(event: Recorded, rows: Rows) -> None:
    """The role's row, whole; none once it is removed."""
    data = event.data
    rows.touch(ALL_COMPANIES, event.position)
    if event.type == "RoleRemoved":
        rows.execute(f"DELETE FROM {ROLES.name} WHERE role = ?", (data["role"],))
    else:
        permissions = dumps(data["permissions"]).decode()
        rows.execute(_ROLE, (data["role"], data["name"], permissions, sort_key(data["name"])))


PROJECTION = Projection("roles", VERSION, ("roles-",), (ROLES,), project)
