"""Every mail with what became of it. Whom it is for stands here by id; address and text are nowhere."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Index, Integer, MetaData, Table, Text

from chassis.messages import Recorded
from chassis.readmodel import Projection, Rows, upsert

VERSION = 1
MAILS = Table(
    f"mails_v{VERSION}",
    MetaData(),
    Column("mail", Text, primary_key=True),
    Column("contact_id", Text, nullable=False),
    Column("company", Text, nullable=False),  # "" for staff
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),  # contract.MAIL_STATES
    Column("requested_at", Text, nullable=False),
    Column("next_try", Text, nullable=False),  # UTC, ISO
    Column("tries", Integer, nullable=False),  # that failed, since it was requested or asked for again
    Column("reason", Text, nullable=False),  # of the last failure
    Column("moved_at", Text, nullable=False),
    Index(f"mails_v{VERSION}_due", "state", "next_try"),
    Index(f"mails_v{VERSION}_newest", "requested_at", "mail"),
)
_MAIL = upsert(MAILS)
_STATE = {"MailSent": "sent", "MailGivenUp": "given_up", "MailNotNeeded": "not_needed"}


def _iso(moment: str) -> str:
    return datetime.fromisoformat(moment).isoformat()


def project(event: Recorded, rows: Rows) -> None:
    """One event of a mail into its row."""
    data, at = event.data, event.recorded_at.isoformat()
    mail = data["mail"]
    rows.touch(data["company"], event.position)
    match event.type:
        case "MailRequested":
            requested = _iso(data["requested_at"])
            whose = (mail, data["contact"], data["company"], data["kind"])
            rows.execute(_MAIL, (*whose, "waiting", requested, requested, 0, "", at))
        case "MailDelayed":
            values = ("delayed", _iso(data["next_try"]), data["reason"], at, mail)
            rows.execute(
                f"UPDATE {MAILS.name} SET state = ?, next_try = ?, reason = ?, tries = tries + 1, moved_at = ?"
                " WHERE mail = ?",
                values,
            )
        case "MailRequeued":
            rows.execute(
                f"UPDATE {MAILS.name} SET state = 'waiting', next_try = ?, tries = 0, moved_at = ? WHERE mail = ?",
                (_iso(data["asked_at"]), at, mail),
            )
        case kind:
            rows.execute(
                f"UPDATE {MAILS.name} SET state = ?, reason = ?, moved_at = ? WHERE mail = ?",
                (_STATE[kind], data.get("reason", ""), at, mail),
            )


PROJECTION = Projection("mails", VERSION, ("mail-",), (MAILS,), project)
