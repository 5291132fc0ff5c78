"""Contacts and staff with what they may do. Personal data stands here in clear until it is erased."""

from __future__ import annotations

import functools
from typing import Any

from sqlalchemy import Column, Index, MetaData, Table, Text

from chassis.codec import dumps
from chassis.config import Settings
from chassis.messages import Recorded
from chassis.readmodel import Projection, Rows, upsert
from chassis.sorting import sort_key
from services.identity.details.person import opened
from services.identity.domain import DEFAULT_PERMISSIONS
from services.identity.vault import ERASED, Person, Vault, open_vault

VERSION = 3
CONTACTS = Table(
    f"contacts_v{VERSION}",
    MetaData(),
    Column("contact_id", Text, primary_key=True),
    Column("company", Text, nullable=False),  # "" for staff
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("status", Text, nullable=False),  # contract.CONTACT_STATUSES
    Column("staff_roles", Text, nullable=False),  # JSON list
    Column("permissions", Text, nullable=False),  # JSON list
    Column("branches", Text),  # JSON list; NULL: all
    Column("roles", Text, nullable=False),  # JSON list of ids; those that are gone give nothing
    Column("ends", Text, nullable=False),  # JSON object: permission or role → its last day, ISO
    Column("language", Text, nullable=False),  # chosen, or else the ERP's
    Column("chosen_language", Text, nullable=False),
    Column("invited_at", Text),
    Column("last_changed", Text, nullable=False),
    Column("password_changed_at", Text),  # sessions from before it are not to be trusted
    Column("name_key", Text, nullable=False),  # the name as it sorts: chassis.sorting
    Column("search", Text, nullable=False),  # name, e-mail and phone in lower case
    Column("told", Text, nullable=False),  # this and the next two: sealed; details/person.py says what they are
    Column("told_then", Text, nullable=False),
    Column("corrected", Text, nullable=False),
    Index(f"contacts_v{VERSION}_company", "company", "name_key", "contact_id"),
    Index(f"contacts_v{VERSION}_name", "name_key", "contact_id"),
    Index(f"contacts_v{VERSION}_email", "email"),
)
_CONTACT = upsert(CONTACTS)
_KNOWN = (
    f"SELECT status, language, chosen_language, told, told_then, corrected FROM {CONTACTS.name} WHERE contact_id = ?"
)
_PERSONAL = ("name", "email", "phone", "language", "name_key", "search")
# What a contact is again once it is no longer deactivated.
_REACTIVATED = (
    f"UPDATE {CONTACTS.name} SET status = CASE WHEN password_changed_at IS NOT NULL THEN 'active'"
    " WHEN invited_at IS NOT NULL THEN 'invited' ELSE 'recorded' END, last_changed = ? WHERE contact_id = ?"
)
_INVITED = (
    f"UPDATE {CONTACTS.name} SET status = CASE status WHEN 'active' THEN 'active' ELSE 'invited' END,"
    " invited_at = ?, last_changed = ? WHERE contact_id = ?"
)


@functools.cache
def _vault() -> Vault:
    """The keys of the process that projects; its settings come from the environment like the projector's."""
    return open_vault(Settings.from_env())


def _personal(person: Person, language: str) -> tuple[str, ...]:
    search = " ".join((person.name, person.email, person.phone)).casefold()
    return (person.name, person.email, person.phone, language, sort_key(person.name), search)


def _json(values: Any) -> str | None:
    return None if values is None else dumps(values).decode()


def project(event: Recorded, rows: Rows) -> None:
    """One event of a contact into its row."""
    data, at = event.data, event.recorded_at.isoformat()
    contact = data["contact"]
    rows.touch(data["company"], event.position)
    match event.type:
        case "ContactCreated":
            _insert(rows, data, at, data["staff_roles"], data["permissions"], data["branches"])
        case "ContactRecorded":
            row = rows.one(_KNOWN, contact)
            if row is None:
                _insert(rows, data, at, (), DEFAULT_PERMISSIONS, None)
            elif row["status"] != "erased":  # an import may have come between the erasing and the key's end
                sealed = {"told": data["personal"], "told_then": row["told_then"], "corrected": row["corrected"]}
                _person(rows, contact, at, sealed, row["chosen_language"] or data["language"])
        case "ContactCorrected":
            row = rows.one(_KNOWN, contact)
            if row is not None and row["status"] != "erased":
                _corrected(rows, row, data, at)
        case "StaffRolesSet":
            _update(rows, contact, at, staff_roles=_json(data["staff_roles"]))
        case "ContactInvited":
            rows.execute(_INVITED, (at, at, contact))
        case "InvitationAccepted" | "PasswordSet" | "PasswordChanged" | "PasswordReset":
            _update(rows, contact, at, status="active", password_changed_at=at)
        case "SingleSignOnLinked":
            _update(rows, contact, at, status="active")
        case "PermissionsChanged":
            rights = {name: _json(data[name]) for name in ("permissions", "branches", "roles", "ends")}
            _update(rows, contact, at, **rights)
        case "LanguageChosen":
            _update(rows, contact, at, language=data["language"], chosen_language=data["language"])
        case "ContactDeactivated":
            _update(rows, contact, at, status="inactive")
        case "ContactReactivated":
            rows.execute(_REACTIVATED, (at, contact))
        case "ContactErased":
            nobody = dict(zip(_PERSONAL, _personal(ERASED, ""), strict=True)) | {"search": ""}
            _update(rows, contact, at, status="erased", **nobody, told="", told_then="", corrected="")


def _corrected(rows: Rows, row: Any, data: dict[str, Any], at: str) -> None:
    sealed = {"told": row["told"], "told_then": row["told"], "corrected": data["personal"]}
    chosen = data["language"] if data["language"] != row["language"] else row["chosen_language"]
    _person(rows, data["contact"], at, sealed, data["language"], chosen_language=chosen)


def _person(rows: Rows, contact: str, at: str, sealed: dict[str, str], language: str, **more: str) -> None:
    """Show who it is by what the ERP told, then and now, and what was put right."""
    person = opened(_vault(), contact, sealed["told"], sealed["told_then"], sealed["corrected"])
    known = dict(zip(_PERSONAL, _personal(person, language), strict=True))
    _update(rows, contact, at, **known, **sealed, **more)


def _insert(rows: Rows, data: dict[str, Any], at: str, roles: Any, permissions: Any, branches: Any) -> None:
    person = _vault().open(data["contact"], data["personal"])
    name, email, phone, language, name_key, search = _personal(person, data["language"])
    rights = (_json(permissions), _json(branches), "[]", "{}")
    facts = (name, email, phone, "recorded", _json(roles), *rights, language, "")
    own = (name_key, search, data["personal"], "", "")
    rows.execute(_CONTACT, (data["contact"], data["company"], *facts, None, at, None, *own))


def _update(rows: Rows, contact: str, at: str, **values: Any) -> None:
    columns = ", ".join(f"{name} = ?" for name in values)
    rows.execute(
        f"UPDATE {CONTACTS.name} SET {columns}, last_changed = ? WHERE contact_id = ?",
        (*values.values(), at, contact),
    )


PROJECTION = Projection("people", VERSION, ("contact-",), (CONTACTS,), project)
