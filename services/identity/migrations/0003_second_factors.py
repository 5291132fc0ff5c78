"""Second factors, their recovery codes, and sign-ins whose second step is still to come."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """`state` is draft, on or off; `last_step` the newest time step whose code was taken; `pending` as of passwords."""
    op.execute(
        "CREATE TABLE second_factors (contact TEXT PRIMARY KEY, sealed TEXT NOT NULL, state TEXT NOT NULL,"
        " last_step INTEGER NOT NULL, command TEXT NOT NULL, pending TEXT) WITHOUT ROWID"
    )
    op.execute(
        "CREATE TABLE recovery_codes (hash TEXT PRIMARY KEY, contact TEXT NOT NULL, made_by TEXT NOT NULL,"
        " used_at TEXT) WITHOUT ROWID"
    )
    op.execute("CREATE INDEX recovery_codes_contact ON recovery_codes (contact)")
    op.execute(
        "CREATE TABLE half_sign_ins (ticket_hash TEXT PRIMARY KEY, contact TEXT NOT NULL, password TEXT NOT NULL,"
        " expires_at TEXT NOT NULL) WITHOUT ROWID"
    )
