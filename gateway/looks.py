"""Who looked at whose personal data, by ids: noted for each page whose route says that it shows some (routes.py)."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chassis import log
from chassis.statedb import StateDb
from gateway.access import Scope
from gateway.routes import Access

_log = log.get("gateway.looks")
CONTACT, CONTACTS, REQUESTS, MAILS, CASE = "contact", "contacts", "requests", "mails", "case"
KINDS = (CONTACT, CONTACTS, REQUESTS, MAILS, CASE)
"""What a page shows of people: one contact, a company's, requests for access, mails, who asked support."""
_SHOWN = frozenset({200, 422})
_ONCE_IN = 600  # seconds in which the same look of the same person is one look
_DAY = 86400


@dataclass(frozen=True, slots=True)
class Look:
    """`actor` looked at `what` (of KINDS) of `subject`, a contact's or company's id or what the page named."""

    id: int
    at: datetime
    actor: str
    what: str
    subject: str


class Looks:
    """The log. It is added to; what is older than `days` goes."""

    def __init__(self, state: StateDb, days: int, clock: Callable[[], float] = time.time) -> None:
        self._state = state
        self._days = days
        self._clock = clock

    def note(self, actor: str, what: str, subject: str) -> None:
        """Add a look, unless it is the one of a moment ago."""
        now = int(self._clock())
        with self._state.transaction() as db:
            seen = "SELECT 1 FROM looks WHERE actor = ? AND what = ? AND subject = ? AND at > ?"
            if db.execute(seen, (actor, what, subject, now - _ONCE_IN)).fetchone():
                return
            db.execute("DELETE FROM looks WHERE at < ?", (now - self._days * _DAY,))
            db.execute("INSERT INTO looks (at, actor, what, subject) VALUES (?, ?, ?, ?)", (now, actor, what, subject))

    def newest(self, count: int, before: int, *, subjects: Iterable[str] = (), actor: str = "") -> list[Look]:
        """The newest looks before the one with that id: at these subjects, by this actor, where they are named."""
        wanted = list(subjects)
        where = ["id < ?"]
        values: list[Any] = [before]
        if wanted:
            where.append(f"subject IN ({', '.join('?' * len(wanted))})")
            values += wanted
        if actor:
            where.append("actor = ?")
            values.append(actor)
        sql = f"SELECT id, at, actor, what, subject FROM looks WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT ?"
        rows = self._state.rows(sql, *values, count)
        return [
            Look(row["id"], datetime.fromtimestamp(row["at"], UTC), row["actor"], row["what"], row["subject"])
            for row in rows
        ]


def note(looks: Looks, access: Access | None, scope: Scope | None, named: Mapping[str, Any], status: int) -> None:
    """After an answer: note the look if the page shows personal data: of who sits there, with whose eyes ever.

    A log that cannot be written to is said in the other one, and keeps nobody from their work.
    """
    if access is None or not access.personal or scope is None or status not in _SHOWN:
        return
    actor = (scope.viewer or scope).contact_id
    subject = str(next(iter(named.values()), "" if scope.is_staff else scope.company))
    try:
        looks.note(actor, access.personal, subject)
    except sqlite3.Error:
        _log.exception("look not noted", actor=actor, what=access.personal, subject=subject)
