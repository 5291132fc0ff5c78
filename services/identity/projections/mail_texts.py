"""Every change of a mail's text and of the sender, with its author: what holds is the newest."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, MetaData, Table, Text

from chassis.messages import ALL_COMPANIES, Recorded
from chassis.readmodel import Projection, Rows, upsert

VERSION = 1
_meta = MetaData()
TEXTS = Table(
    f"mail_texts_v{VERSION}",
    _meta,
    Column("kind", Text, primary_key=True),
    Column("language", Text, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("original", Boolean, nullable=False),  # back to it: subject and text are empty
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", Text, nullable=False),
)
SENDERS = Table(
    f"mail_senders_v{VERSION}",
    _meta,
    Column("revision", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("reply_to", Text, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", Text, nullable=False),
)
_TEXT = upsert(TEXTS)
_SENDER = upsert(SENDERS)


def project(event: Recorded, rows: Rows) -> None:
    """One change into a row of its own."""
    data = event.data
    by = (data["changed_by"], event.recorded_at.isoformat())
    if event.type == "MailSenderChanged":
        rows.execute(_SENDER, (event.revision, data["name"], data["address"], data["reply_to"], *by))
    else:
        original = event.type == "MailTextRestored"
        said = (data.get("subject", ""), data.get("text", ""))
        rows.execute(_TEXT, (data["kind"], data["language"], event.revision, original, *said, *by))
    rows.touch(ALL_COMPANIES, event.position)


PROJECTION = Projection("mailtexts", VERSION, ("mailtext-", "mailsender-"), (TEXTS, SENDERS), project)
