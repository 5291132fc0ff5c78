"""What somebody may do, as it is told to themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from chassis import codec
from gateway.access import Scope
from gateway.people import CONTACTS, MEMBERSHIPS, ROLES, branch_names, ends_of
from gateway.queries import Query
from gateway.rights.names import PERMISSION_NAMES, named

_GRANTS = Query(
    "rights.own",
    f"""SELECT p.roles, p.ends FROM {CONTACTS} p WHERE p.company = :company AND p.contact_id = :contact
       UNION ALL SELECT s.roles, s.ends FROM {MEMBERSHIPS} s WHERE s.company = :company AND s.contact_id = :contact""",
)
_ROLES = f"SELECT role, name FROM {ROLES}"


@dataclass(frozen=True, slots=True)
class Rights:
    """Names of what is in force today, of roles and branches, and what ends on which day. No branches: all."""

    permissions: list[str]
    roles: list[str]
    branches: list[str]
    ends: list[tuple[str, date]]


def rights(scope: Scope) -> Rights:
    """The session's own rights; raises NotReady."""
    row = scope.row(_GRANTS)
    reads = scope.visit.reads
    roles = {one.role: one.name for one in reads.rows(_ROLES, {})}
    ends = ends_of(row.ends) if row else {}
    over = {grant for grant, last in ends.items() if last < scope.today}
    held = [role for role in codec.loads(row.roles) if role in roles.keys() - over] if row else []
    names = {key: str(name) for key, name in PERMISSION_NAMES.items()} | roles
    branches = branch_names(reads, scope.company, scope.own_branches) if scope.own_branches is not None else {}
    return Rights(
        permissions=named(scope.permissions & PERMISSION_NAMES.keys()),
        roles=[roles[role] for role in held],
        branches=list(branches.values()),
        ends=sorted(
            ((names[grant], last) for grant, last in ends.items() if grant in names.keys() - over),
            key=lambda end: end[1],
        ),
    )
