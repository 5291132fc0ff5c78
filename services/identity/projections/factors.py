"""What a contact has besides the password: an app since when, how many passkeys, how many recovery codes left."""

from __future__ import annotations

from sqlalchemy import Column, Integer, MetaData, Table, Text

from chassis.messages import Recorded
from chassis.readmodel import Projection, Rows

VERSION = 2
FACTORS = Table(
    f"second_factors_v{VERSION}",
    MetaData(),
    Column("contact_id", Text, primary_key=True),
    Column("company", Text, nullable=False),  # "" for staff
    Column("enabled_at", Text),  # of the app; NULL: none
    Column("passkeys", Integer, nullable=False),
    Column("codes_left", Integer, nullable=False),
    Column("changed_at", Text, nullable=False),
    Column("changed_by", Text, nullable=False),  # who switched it on or off
)
_FIRST = (
    f"INSERT INTO {FACTORS.name} (contact_id, company, passkeys, codes_left, changed_at, changed_by)"
    " VALUES (?, ?, 0, 0, ?, ?) ON CONFLICT (contact_id) DO NOTHING"
)
_CHANGED = f"UPDATE {FACTORS.name} SET %s, changed_at = ?, changed_by = ? WHERE contact_id = ?"
_ON, _OFF = _CHANGED % "enabled_at = ?", _CHANGED % "enabled_at = NULL"
_ADDED, _REMOVED = _CHANGED % "passkeys = passkeys + 1", _CHANGED % "passkeys = passkeys - 1"
_CODES = f"UPDATE {FACTORS.name} SET codes_left = ? WHERE contact_id = ?"
# Codes end with the last that they stand in for.
_NO_CODES = f"UPDATE {FACTORS.name} SET codes_left = 0 WHERE contact_id = ? AND enabled_at IS NULL AND passkeys = 0"


def project(event: Recorded, rows: Rows) -> None:
    """One event of a contact into its row; most are about something else."""
    data, at = event.data, event.recorded_at.isoformat()
    match event.type:
        case "SecondFactorEnabled" | "PasskeyAdded":
            contact = data["contact"]
            rows.execute(_FIRST, (contact, data["company"], at, contact))
            if event.type == "PasskeyAdded":
                rows.execute(_ADDED, (at, contact, contact))
            else:
                rows.execute(_ON, (at, at, contact, contact))
        case "SecondFactorDisabled" | "PasskeyRemoved":
            off, by = (_OFF, "disabled_by") if event.type == "SecondFactorDisabled" else (_REMOVED, "removed_by")
            rows.execute(off, (at, data[by], data["contact"]))
            rows.execute(_NO_CODES, (data["contact"],))
        case "RecoveryCodesMade":
            rows.execute(_CODES, (data["count"], data["contact"]))
        case "RecoveryCodeUsed":
            rows.execute(_CODES, (data["left"], data["contact"]))
        case "ContactErased":
            rows.execute(f"DELETE FROM {FACTORS.name} WHERE contact_id = ?", (data["contact"],))
        case _:
            return
    rows.touch(data["company"], event.position)


PROJECTION = Projection("factors", VERSION, ("contact-",), (FACTORS,), project)
