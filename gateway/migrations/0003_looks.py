"""Who looked at whose personal data: added to, never changed, and deleted only when it is old."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Ids alone: no name, no address. `at` is in Unix seconds; nothing younger than a month can be deleted."""
    op.execute(
        "CREATE TABLE looks (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, actor TEXT NOT NULL,"
        " what TEXT NOT NULL, subject TEXT NOT NULL)"
    )
    op.execute("CREATE INDEX looks_subject ON looks (subject, id)")
    op.execute("CREATE INDEX looks_actor ON looks (actor, id)")
    op.execute(
        "CREATE TRIGGER looks_unchanged BEFORE UPDATE ON looks BEGIN SELECT RAISE(ABORT, 'looks are not changed'); END"
    )
    op.execute(
        "CREATE TRIGGER looks_kept BEFORE DELETE ON looks WHEN old.at > strftime('%s', 'now') - 2592000"
        " BEGIN SELECT RAISE(ABORT, 'looks are kept for a month at least'); END"
    )
