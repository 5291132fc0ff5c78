"""How log-ins by each provider of single sign-on last went."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """A row a provider; times are Unix seconds, `failure` is what was said of the last one that failed."""
    op.execute(
        "CREATE TABLE provider_outcomes (provider TEXT PRIMARY KEY, succeeded_at INTEGER, failed_at INTEGER,"
        " failure TEXT NOT NULL DEFAULT '') WITHOUT ROWID"
    )
