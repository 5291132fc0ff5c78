"""Passwords that an admin chose and their contact is to change, and what a half-done sign-in still waits for."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """`half_sign_ins.step` is one of factors/store.py's steps, `way` how the contact came so far."""
    op.execute("ALTER TABLE passwords ADD COLUMN to_change INTEGER NOT NULL DEFAULT 0")
    op.execute("ALTER TABLE half_sign_ins ADD COLUMN step TEXT NOT NULL DEFAULT 'code'")
    op.execute("ALTER TABLE half_sign_ins ADD COLUMN way TEXT NOT NULL DEFAULT 'password'")
