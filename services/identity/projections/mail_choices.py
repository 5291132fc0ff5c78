"""Which mails a contact does not want. Who has no row wants all."""

from __future__ import annotations

from sqlalchemy import Column, MetaData, Table, Text

from chassis.codec import dumps
from chassis.messages import Recorded
from chassis.readmodel import Projection, Rows, upsert

VERSION = 1
CHOICES = Table(
    f"mail_choices_v{VERSION}",
    MetaData(),
    Column("contact_id", Text, primary_key=True),
    Column("company", Text, nullable=False),
    Column("off", Text, nullable=False),  # JSON list of kinds
)
_CHOICE = upsert(CHOICES)


def project(event: Recorded, rows: Rows) -> None:
    """A choice into the contact's row; other events of contacts say nothing of mails."""
    if event.type == "MailsChosen":
        rows.execute(_CHOICE, (event.data["contact"], event.data["company"], dumps(event.data["off"]).decode()))
        rows.touch(event.data["company"], event.position)


PROJECTION = Projection("mailchoices", VERSION, ("contact-",), (CHOICES,), project)
