"""Passkeys; challenges that were answered; and events still to be appended, which were columns of one factor before."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """`passkeys.id` is a hash of the credential's id, `sealed` has that, its public key and the name it was given."""
    op.execute(
        "CREATE TABLE passkeys (id TEXT PRIMARY KEY, contact TEXT NOT NULL, sealed TEXT NOT NULL,"
        " sign_count INTEGER NOT NULL, made_at TEXT NOT NULL, used_at TEXT) WITHOUT ROWID"
    )
    op.execute("CREATE INDEX passkeys_contact ON passkeys (contact)")
    op.execute("CREATE TABLE spent_challenges (hash TEXT PRIMARY KEY, expires_at TEXT NOT NULL) WITHOUT ROWID")
    op.execute(
        "CREATE TABLE owed_events (place INTEGER PRIMARY KEY, contact TEXT NOT NULL, command TEXT NOT NULL,"
        " pending TEXT NOT NULL, UNIQUE (contact, command))"
    )
    op.execute(
        "INSERT INTO owed_events (contact, command, pending)"
        " SELECT contact, command, pending FROM second_factors WHERE pending IS NOT NULL"
    )
    op.execute("DELETE FROM second_factors WHERE state = 'off'")
    op.execute("ALTER TABLE second_factors DROP COLUMN pending")
    op.execute("ALTER TABLE second_factors DROP COLUMN command")
