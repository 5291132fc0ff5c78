"""Server-side sessions: a random token in the cookie, its hash in the database, revocable at once."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from chassis.statedb import StateDb, migrate
from gateway.config import GatewaySettings
from gateway.stamps import FileStamp

_COLUMNS = "id, contact_id, company, branch, device, created_at, seen_at, data"
_TOUCH_EVERY = 60
_ROWS_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Kept:
    """What requests change of a session."""

    company: str
    branch: str | None
    data: dict[str, Any]


@dataclass(slots=True)
class Session:
    """One signed-in browser. Times are Unix seconds; `data` is small and JSON; `found` is company, branch and the
    text of `data` as they were when this was read.
    """

    token_hash: bytes
    id: str
    contact_id: str
    company: str
    branch: str | None
    device: str
    created_at: int
    seen_at: int
    data: dict[str, Any]
    found: tuple[str, str | None, str]

    @property
    def before(self) -> Kept:
        """What was kept when this was read."""
        company, branch, data = self.found
        return Kept(company, branch, orjson.loads(data))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


class SessionStore:
    """The sessions of everybody. Idle and absolute limits are checked at every look-up."""

    def __init__(self, state: StateDb, settings: GatewaySettings, clock: Callable[[], float] = time.time) -> None:
        self._state = state
        self._idle = settings.idle_minutes * 60
        self._absolute = settings.absolute_hours * 3600
        self._clock = clock
        self._stamp = FileStamp(state.path)
        self._rows: dict[bytes, tuple[bytes, sqlite3.Row]] = {}

    def prepare(self) -> None:
        """Bring the database to this release's schema; called once, before the workers start."""
        migrate(self._state.path, "gateway")

    def create(self, contact_id: str, company: str, device: str, data: dict[str, Any]) -> tuple[str, Session]:
        """A new session and its token, which is kept nowhere else. Old rows of everybody are swept here."""
        token, now = secrets.token_urlsafe(32), int(self._clock())
        found = (company, None, orjson.dumps(data).decode())
        made = Session(_hash(token), secrets.token_hex(8), contact_id, company, None, device, now, now, data, found)
        with self._state.transaction() as db:
            db.execute(
                "DELETE FROM sessions WHERE seen_at < ? OR created_at < ?", (now - self._idle, now - self._absolute)
            )
            db.execute(
                f"INSERT INTO sessions (token_hash, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (made.token_hash, made.id, contact_id, company, None, device, now, now, found[2]),
            )
        return token, made

    def find(self, token: str) -> Session | None:
        """The live session of a token; None when unknown, revoked or expired. Looking for it is no use of it."""
        digest = _hash(token)
        row = self._row(digest)
        if row is None:
            return None
        now = int(self._clock())
        if now - row["seen_at"] > self._idle or now - row["created_at"] > self._absolute:
            return None
        return _session(digest, row)

    def _row(self, digest: bytes) -> sqlite3.Row | None:
        """The row, read again only after somebody wrote to the file: a revoked session is gone at the next request."""
        stamp = self._stamp.read()
        kept = self._rows.get(digest)
        if kept is not None and stamp is not None and kept[0] == stamp:
            return kept[1]
        row = self._state.row(f"SELECT {_COLUMNS} FROM sessions WHERE token_hash = ?", digest)
        if row is not None and stamp is not None and stamp == self._stamp.read():
            if len(self._rows) >= _ROWS_KEPT:
                self._rows.clear()
            self._rows[digest] = (stamp, row)
        return row

    def used(self, session: Session) -> None:
        """Say that its person uses it now, which keeps it alive; once a minute is enough."""
        now = int(self._clock())
        if now - session.seen_at < _TOUCH_EVERY:
            return
        touched = now, session.token_hash
        try:
            self._state.connection().execute("UPDATE sessions SET seen_at = ? WHERE token_hash = ?", touched)
        except sqlite3.OperationalError:
            # Busy for half a minute, or a full disk: reading pages goes on, the next request tries again.
            return

    def save(self, session: Session, merged: Callable[[Kept], Kept]) -> None:
        """Write what `merged` makes of what is kept by now; does not bring a revoked session back.

        What is remembered for a person's convenience need not outlive a power cut, so the disk is not waited for; the
        next sign-in or sign-out, which must, takes it along.
        """
        self._state.connection().execute("PRAGMA synchronous=NORMAL")
        try:
            with self._state.transaction() as db:
                row = db.execute(
                    "SELECT company, branch, data FROM sessions WHERE token_hash = ?", (session.token_hash,)
                ).fetchone()
                if row is None:
                    return
                kept = merged(Kept(row["company"], row["branch"], orjson.loads(row["data"])))
                db.execute(
                    "UPDATE sessions SET company = ?, branch = ?, data = ? WHERE token_hash = ?",
                    (kept.company, kept.branch, orjson.dumps(kept.data).decode(), session.token_hash),
                )
        finally:
            self._state.connection().execute("PRAGMA synchronous=FULL")

    def of_contact(self, contact_id: str) -> list[Session]:
        """All live sessions of one person, the latest used first."""
        now = int(self._clock())
        rows = self._state.rows(
            f"SELECT token_hash, {_COLUMNS} FROM sessions WHERE contact_id = ? AND seen_at >= ? AND created_at >= ?"
            " ORDER BY seen_at DESC, id",
            contact_id,
            now - self._idle,
            now - self._absolute,
        )
        return [_session(row["token_hash"], row) for row in rows]

    def revoke(self, session: Session) -> None:
        """End one session."""
        self.revoke_by_id(session.contact_id, session.id)

    def revoke_by_id(self, contact_id: str, session_id: str) -> bool:
        """End one session of this person by its public id; False when there is none."""
        done = self._state.connection().execute(
            "DELETE FROM sessions WHERE contact_id = ? AND id = ?", (contact_id, session_id)
        )
        return done.rowcount == 1

    def revoke_all(self, contact_id: str, except_id: str = "") -> int:
        """End all sessions of a person but the one named; answers how many."""
        done = self._state.connection().execute(
            "DELETE FROM sessions WHERE contact_id = ? AND id <> ?", (contact_id, except_id)
        )
        return done.rowcount


def _session(digest: bytes, row: sqlite3.Row) -> Session:
    return Session(
        digest,
        row["id"],
        row["contact_id"],
        row["company"],
        row["branch"],
        row["device"],
        row["created_at"],
        row["seen_at"],
        orjson.loads(row["data"]),
        (row["company"], row["branch"], row["data"]),
    )
