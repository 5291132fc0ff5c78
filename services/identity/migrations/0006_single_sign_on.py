"""Which contact is whom with a provider of single sign-on."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """`subject` is a keyed hash of provider and the name it knows the person by."""
    op.execute(
        "CREATE TABLE single_sign_ons (subject TEXT PRIMARY KEY, contact TEXT NOT NULL, provider TEXT NOT NULL)"
        " WITHOUT ROWID"
    )
    op.execute("CREATE INDEX single_sign_ons_contact ON single_sign_ons (contact)")
