"""Which features are licensed for whom; company "*" is the whole installation."""

from __future__ import annotations

from sqlalchemy import Column, MetaData, Table, Text

from chassis.messages import Recorded
from chassis.readmodel import Projection, Rows, upsert

VERSION = 1
FEATURES = Table(
    f"features_v{VERSION}",
    MetaData(),
    Column("company", Text, primary_key=True),
    Column("feature", Text, primary_key=True),
)
_GRANT = upsert(FEATURES)
_WITHDRAW = f"DELETE FROM {FEATURES.name} WHERE company = ? AND feature = ?"


def project(event: Recorded, rows: Rows) -> None:
    """A row while it is licensed, none after."""
    company, feature = event.data["company"], event.data["feature"]
    rows.touch(company, event.position)
    rows.execute(_GRANT if event.type == "FeatureGranted" else _WITHDRAW, (company, feature))


PROJECTION = Projection("features", VERSION, ("features-",), (FEATURES,), project)
