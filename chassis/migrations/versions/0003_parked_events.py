"""The events that an operator has left out of a read model."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """By read model (its name without a version) and the event's commit position; `parked_at` is UTC, ISO."""
    op.execute(
        "CREATE TABLE parked_events (model TEXT, position INTEGER, reason TEXT NOT NULL, parked_at TEXT NOT NULL,"
        " PRIMARY KEY (model, position)) WITHOUT ROWID"
    )
