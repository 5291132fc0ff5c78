"""Whether a contact has a second factor, since when, and how many recovery codes are left."""

from __future__ import annotations

from sqlalchemy import Column, Integer, MetaData, Table, Text

from chassis.messages import Recorded
from chassis.readmodel import Projection, Rows, upsert

VERSION = 1
FACTORS = Table(
    f"second_factors_v{VERSION}",
    MetaData(),
    Column("contact_id", Text, primary_key=True),
    Column("company", Text, nullable=False),  # "" for staff
    Column("enabled_at", Text),  # NULL: switched off
    Column("codes_left", Integer, nullable=False),
    Column("changed_at", Text, nullable=False),
    Column("changed_by", Text, nullable=False),  # who switched it on or off
)
_FACTOR = upsert(FACTORS)
_CODES = f"UPDATE {FACTORS.name} SET codes_left = ? WHERE contact_id = ?"


def project(event: Recorded, rows: Rows) -> None:
    """One event of a contact into its row; most are about something else."""
    data, at = event.data, event.recorded_at.isoformat()
    match event.type:
        case "SecondFactorEnabled":
            rows.execute(_FACTOR, (data["contact"], data["company"], at, 0, at, data["contact"]))
        case "SecondFactorDisabled":
            rows.execute(_FACTOR, (data["contact"], data["company"], None, 0, at, data["disabled_by"]))
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
