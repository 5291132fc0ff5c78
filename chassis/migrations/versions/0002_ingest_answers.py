"""The answers to the last ingested batches, so that a batch that comes again gets the answer it got."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Answers by run and batch, as JSON."""
    op.execute("CREATE TABLE ingest_answers (run TEXT, batch TEXT, answer TEXT NOT NULL, PRIMARY KEY (run, batch))")
