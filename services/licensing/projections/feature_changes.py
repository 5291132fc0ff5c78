"""Who licensed which feature for whom, and who took it back: a row a change. Rows are never changed."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, MetaData, Table, Text

from chassis.messages import ALL_COMPANIES, Recorded
from chassis.readmodel import Projection, Rows, upsert

VERSION = 1
CHANGES = Table(
    f"feature_changes_v{VERSION}",
    MetaData(),
    Column("position", BigInteger, primary_key=True),
    Column("company", Text, nullable=False),  # "*": the whole installation
    Column("feature", Text, nullable=False),
    Column("granted", Boolean, nullable=False),
    Column("at", Text, nullable=False),  # UTC
    Column("actor", Text, nullable=False),
)
_CHANGE = upsert(CHANGES)


def project(event: Recorded, rows: Rows) -> None:
    """One more row."""
    granted = event.type == "FeatureGranted"
    actor = event.data["granted_by" if granted else "withdrawn_by"]
    rows.touch(ALL_COMPANIES, event.position)
    head = (event.position, event.data["company"], event.data["feature"], granted)
    rows.execute(_CHANGE, (*head, event.recorded_at.isoformat(), actor))


PROJECTION = Projection("featurechanges", VERSION, ("features-",), (CHANGES,), project)
