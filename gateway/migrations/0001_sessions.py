"""Sessions of signed-in people, and counters of failed log-ins."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Tables keyed by hashes: neither a token nor an address can be read back from them."""
    op.execute(
        "CREATE TABLE sessions (token_hash BLOB PRIMARY KEY, id TEXT NOT NULL UNIQUE, contact_id TEXT NOT NULL,"
        " company TEXT NOT NULL, branch TEXT, device TEXT NOT NULL, created_at INTEGER NOT NULL,"
        " seen_at INTEGER NOT NULL, data TEXT NOT NULL) WITHOUT ROWID"
    )
    op.execute("CREATE INDEX sessions_contact ON sessions (contact_id)")
    op.execute("CREATE INDEX sessions_seen ON sessions (seen_at)")
    op.execute(
        "CREATE TABLE throttle (key BLOB PRIMARY KEY, failures INTEGER NOT NULL, last_at INTEGER NOT NULL,"
        " wait_until INTEGER NOT NULL) WITHOUT ROWID"
    )
