"""Which broker a relay's checkpoint speaks of, and where each listener to a service's events begins."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """`behind`: the position after which the listener is still to be given what is published; NULL: it has had it."""
    op.execute("ALTER TABLE relay_checkpoint ADD COLUMN broker TEXT NOT NULL DEFAULT ''")
    op.execute(
        "CREATE TABLE relay_listeners (queue TEXT, event_type TEXT, since INTEGER NOT NULL, behind INTEGER,"
        " PRIMARY KEY (queue, event_type)) WITHOUT ROWID"
    )
