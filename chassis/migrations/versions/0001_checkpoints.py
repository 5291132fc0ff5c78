"""Relay checkpoints and the index of ingested ERP documents."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """The relay's position, and per stream what the ERP last said of each key."""
    op.execute("CREATE TABLE relay_checkpoint (name TEXT PRIMARY KEY, position INTEGER NOT NULL)")
    op.execute("CREATE TABLE ingest_streams (stream TEXT PRIMARY KEY, revision INTEGER NOT NULL) WITHOUT ROWID")
    op.execute(
        "CREATE TABLE ingest_index (stream TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL,"
        " hash TEXT NOT NULL, stamp TEXT NOT NULL, PRIMARY KEY (stream, kind, key)) WITHOUT ROWID"
    )
