"""What happened to the ways a contact signs in: when and by whom. Rows are never changed, and hold nothing personal."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, MetaData, Table, Text

from chassis.messages import Recorded
from chassis.readmodel import Projection, Rows, upsert

VERSION = 1
CHANGES = Table(
    f"sign_in_changes_v{VERSION}",
    MetaData(),
    Column("contact_id", Text, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("company", Text, nullable=False),  # "" for staff
    Column("at", Text, nullable=False),  # UTC
    Column("what", Text, nullable=False),  # one of KINDS
    Column("actor", Text, nullable=False),  # a contact's id, or what did it
)
_CHANGE = upsert(CHANGES)
KINDS = frozenset(
    {
        "ContactInvited",
        "InvitationAccepted",
        "PasswordSet",
        "PasswordChanged",
        "PasswordReset",
        "SecondFactorEnabled",
        "SecondFactorDisabled",
        "RecoveryCodesMade",
        "RecoveryCodeUsed",
        "SignInLockLifted",
        "SingleSignOnLinked",
        "PasskeyAdded",
        "PasskeyRemoved",
        "SignInAddressChanged",
    }
)


def project(event: Recorded, rows: Rows) -> None:
    """One more row; what is not about signing in is left out."""
    if event.type not in KINDS:
        return
    data = event.data
    head = (data["contact"], event.position, data["company"], event.recorded_at.isoformat())
    rows.execute(_CHANGE, (*head, event.type, event.meta.get("actor", "")))
    rows.touch(data["company"], event.position)


PROJECTION = Projection("sign_in_changes", VERSION, ("contact-",), (CHANGES,), project)
