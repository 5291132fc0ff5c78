"""Import runs at work, their batches, and the documents that connections have delivered."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """What must survive a crash of an import, and what tells that a document is absent from a later file."""
    op.execute(
        "CREATE TABLE imports (run TEXT PRIMARY KEY, request TEXT NOT NULL, state TEXT NOT NULL,"
        " attempts INTEGER NOT NULL DEFAULT 0,"
        " rows INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0, bytes_total INTEGER NOT NULL DEFAULT 0,"
        " batches INTEGER NOT NULL DEFAULT 0, answered INTEGER NOT NULL DEFAULT 0,"
        " documents INTEGER NOT NULL DEFAULT 0, documents_answered INTEGER NOT NULL DEFAULT 0,"
        " staged TEXT NOT NULL DEFAULT '', summary TEXT NOT NULL DEFAULT '', message TEXT NOT NULL DEFAULT '',"
        " started_at TEXT NOT NULL DEFAULT '', sealed_at TEXT NOT NULL DEFAULT '')"
    )
    op.execute(
        "CREATE TABLE import_batches (run TEXT NOT NULL, batch INTEGER NOT NULL, what TEXT NOT NULL,"
        " documents INTEGER NOT NULL, answered INTEGER NOT NULL DEFAULT 0, changed INTEGER NOT NULL DEFAULT 0,"
        " unchanged INTEGER NOT NULL DEFAULT 0, stale INTEGER NOT NULL DEFAULT 0,"
        " refused INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (run, batch)) WITHOUT ROWID"
    )
    op.execute(
        "CREATE TABLE import_refused (run TEXT NOT NULL, batch INTEGER NOT NULL, kind TEXT NOT NULL,"
        " company TEXT NOT NULL, key TEXT NOT NULL, errors TEXT NOT NULL)"
    )
    op.execute("CREATE INDEX import_refused_run ON import_refused (run)")
    op.execute(
        "CREATE TABLE known_documents (connection TEXT NOT NULL, profile TEXT NOT NULL, kind TEXT NOT NULL,"
        " company TEXT NOT NULL, key TEXT NOT NULL, run TEXT NOT NULL,"
        " PRIMARY KEY (connection, profile, kind, company, key)) WITHOUT ROWID"
    )
