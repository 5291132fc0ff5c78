"""Contacts' keys, password hashes, invitations, and how far erasures were carried out."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """`contact_keys.key` is NULL once erased; `passwords.pending` is the event that is still to be appended."""
    op.execute("CREATE TABLE contact_keys (contact TEXT PRIMARY KEY, key BLOB, erased_at TEXT) WITHOUT ROWID")
    op.execute(
        "CREATE TABLE passwords (contact TEXT PRIMARY KEY, hash TEXT NOT NULL, changed_at TEXT NOT NULL,"
        " command TEXT NOT NULL, pending TEXT) WITHOUT ROWID"
    )
    op.execute(
        "CREATE TABLE invitations (token_hash TEXT PRIMARY KEY, contact TEXT NOT NULL, expires_at TEXT NOT NULL,"
        " ended TEXT, command TEXT) WITHOUT ROWID"
    )
    op.execute("CREATE INDEX invitations_contact ON invitations (contact)")
    op.execute("CREATE TABLE erasures (one INTEGER PRIMARY KEY CHECK (one = 1), position INTEGER NOT NULL)")
