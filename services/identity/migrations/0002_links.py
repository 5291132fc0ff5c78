"""Links of two kinds, and requests for a new password until the worker has looked up whose they are."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """`invitations.kind` is one of links.py's; `reset_requests.login` is what stands for the address typed."""
    op.execute("ALTER TABLE invitations ADD COLUMN kind TEXT NOT NULL DEFAULT 'invitation'")
    op.execute(
        "CREATE TABLE reset_requests (command TEXT PRIMARY KEY, login TEXT NOT NULL, asked_at TEXT NOT NULL)"
        " WITHOUT ROWID"
    )
