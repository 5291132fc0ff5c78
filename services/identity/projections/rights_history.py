"""Who was given what, when and by whom: a row a change, of contacts and of roles. Rows are never changed.

What somebody could do at a moment is in their last row before it, with the last row before it of each role they had.
No personal data stands here.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Index, MetaData, Table, Text

from chassis.codec import dumps
from chassis.messages import ALL_COMPANIES, Recorded
from chassis.readmodel import Projection, Rows, upsert
from services.identity.domain import DEFAULT_PERMISSIONS

VERSION = 3
_meta = MetaData()
RIGHTS = Table(
    f"rights_changes_v{VERSION}",
    _meta,
    Column("contact_id", Text, primary_key=True),
    Column("company", Text, primary_key=True),  # in which this is what they may do
    Column("position", BigInteger, primary_key=True),
    Column("at", Text, nullable=False),  # UTC
    Column("actor", Text, nullable=False),  # a contact's id, or what did it: erp:<connection>, set-up
    Column("kind", Text, nullable=False),  # a value of _KINDS
    Column("permissions", Text, nullable=False),  # this and what follows: as it is after the change
    Column("branches", Text),
    Column("roles", Text, nullable=False),
    Column("ends", Text, nullable=False),
    Column("signed_up", Boolean, nullable=False),  # has a password
    Column("shut", Text, nullable=False),  # "", off, erased
    Column("hands_out", Text),  # what they may hand out where they are the company's admin; NULL: what they have
    Column("appoints", Boolean, nullable=False),  # as its admin they may make others admins
    Index(f"rights_changes_v{VERSION}_company", "company", "position"),
)
ROLE_CHANGES = Table(
    f"role_changes_v{VERSION}",
    _meta,
    Column("role", Text, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("at", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("kind", Text, nullable=False),  # a value of _KINDS
    Column("name", Text, nullable=False),
    Column("permissions", Text, nullable=False),  # none once removed
)
_RIGHT = upsert(RIGHTS)
_ROLE = upsert(ROLE_CHANGES)
_STATE = ("permissions", "branches", "roles", "ends", "signed_up", "shut", "hands_out", "appoints")
_RIGHTS = ("permissions", "branches", "roles", "ends")
_LAST = (
    f"SELECT kind, {', '.join(_STATE)} FROM {RIGHTS.name}"
    " WHERE contact_id = ? AND company = ? ORDER BY position DESC LIMIT 1"
)
_COMPANIES = f"SELECT DISTINCT company FROM {RIGHTS.name} WHERE contact_id = ? ORDER BY company"
_LAST_NAME = f"SELECT name FROM {ROLE_CHANGES.name} WHERE role = ? ORDER BY position DESC LIMIT 1"
_KINDS = {
    "ContactCreated": "created",
    "ContactRecorded": "recorded",
    "ContactCorrected": "corrected",
    "PermissionsChanged": "permissions",
    "MembershipGiven": "member",
    "MembershipEnded": "left",
    "DelegationSet": "delegated",
    "InvitationAccepted": "signed_up",
    "PasswordSet": "signed_up",
    "SingleSignOnLinked": "signed_up",
    "ContactDeactivated": "switched_off",
    "ContactReactivated": "switched_on",
    "ContactErased": "erased",
    "RoleDefined": "defined",
    "RoleChanged": "changed",
    "RoleRemoved": "removed",
}


_EVERYWHERE = ("signed_up", "switched_off", "switched_on", "erased")
"""What holds in all companies of a contact."""


_SAID_AGAIN = ("switched_off", "corrected")
"""What may change no right and is a row all the same: the supplier's word over a company's; another name or address."""


def project(event: Recorded, rows: Rows) -> None:
    """One more row for what changed somebody's rights, or a role's."""
    kind = _KINDS.get(event.type)
    if kind is None:
        return
    if event.type.startswith("Role"):
        _role(event, kind, rows)
    elif event.data["company"]:  # staff have none: what they may do is not granted by permission
        _contact(event, kind, rows)


def _contact(event: Recorded, kind: str, rows: Rows) -> None:
    data = event.data
    of = {data.get("member_of") or data.get("admin_of") or data["company"]}
    if kind in _EVERYWHERE:
        of |= {row[0] for row in rows.execute(_COMPANIES, (data["contact"],)).fetchall()}
    for company in sorted(of):
        _in_company(company, event, kind, rows)


def _in_company(company: str, event: Recorded, kind: str, rows: Rows) -> None:
    data = event.data
    row = rows.one(_LAST, data["contact"], company)
    of_it = row is not None and row[0] != "left"
    if row is not None and kind in ("recorded", "created"):
        return  # the ERP told again what a contact is called
    if row is None and kind == "corrected":
        return
    if not of_it and (kind == "left" or (row is not None and kind in _EVERYWHERE)):
        return  # what becomes of them is not this company's any more
    before = _state(row) if row is not None else dict(_NOTHING)
    if not of_it and kind == "member":
        # What lets them in is the same everywhere; what they may do there begins with nothing.
        home = rows.one(_LAST, data["contact"], data["company"])
        before |= {name: _state(home)[name] for name in ("signed_up", "shut") if home is not None}
    after = before | _changed(kind, data)
    if of_it and after == before and kind not in _SAID_AGAIN:
        return
    rows.touch(company, event.position)
    head = (data["contact"], company, event.position, event.recorded_at.isoformat())
    rows.execute(_RIGHT, (*head, event.meta.get("actor", ""), kind, *(after[name] for name in _STATE)))


def _state(row: Any) -> dict[str, Any]:
    return dict(zip(_STATE, row[1:], strict=True))


_NOTHING = {
    "permissions": "[]",
    "branches": None,
    "roles": "[]",
    "ends": "{}",
    "signed_up": False,
    "shut": "",
    "hands_out": None,
    "appoints": False,
}


def _changed(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    match kind:
        case "recorded":
            return {"permissions": _json(DEFAULT_PERMISSIONS)}
        case "created":
            return {name: _json(data[name]) for name in ("permissions", "branches")}
        case "permissions" | "member":
            return {name: _json(data[name]) for name in _RIGHTS}
        case "corrected":
            return {}
        case "left":
            return {name: _NOTHING[name] for name in (*_RIGHTS, "hands_out", "appoints")}
        case "delegated":
            return {"hands_out": _json(data["permissions"]), "appoints": data["appoints"]}
        case "signed_up":
            return {"signed_up": True}
        case "switched_on":
            return {"shut": ""}
        case _:
            return {"shut": "off" if kind == "switched_off" else "erased"}


def _role(event: Recorded, kind: str, rows: Rows) -> None:
    data = event.data
    known = rows.one(_LAST_NAME, data["role"])
    name = data.get("name") or (known[0] if known else "")
    rows.touch(ALL_COMPANIES, event.position)
    head = (data["role"], event.position, event.recorded_at.isoformat(), event.meta.get("actor", ""), kind)
    rows.execute(_ROLE, (*head, name, _json(data.get("permissions", ()))))


def _json(values: Any) -> str | None:
    return None if values is None else dumps(values).decode()


PROJECTION = Projection("rights_history", VERSION, ("contact-", "roles-"), (RIGHTS, ROLE_CHANGES), project)
