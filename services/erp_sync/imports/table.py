"""How far each import run is: erp_sync's state database.

waiting → staging (the file is read; a crash begins it again) → sending (batches go out and are answered; a crash goes
on with what is not answered) → done or failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chassis.codec import dumps, loads
from chassis.statedb import StateDb

_SHOWN = ", ".join(
    ("run", "state", "rows", "bytes", "bytes_total", "batches", "answered", "documents", "documents_answered")
    + ("message", "started_at", "summary")
)


@dataclass(frozen=True, slots=True)
class Request:
    """What an import run was asked to do; `requested_at` is UTC as ISO text."""

    run: str
    connection: str
    file: str
    file_name: str
    size: int
    profile: str
    profile_file: str
    dry_run: bool
    requested_at: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an owner answered to one batch."""

    batch: int
    changed: int
    unchanged: int
    stale: int
    refused: Sequence[dict[str, Any]]


def _now() -> str:
    return datetime.now(UTC).isoformat()


class Imports:
    """The tables of import runs."""

    def __init__(self, state: StateDb) -> None:
        self._state = state

    def take_in(self, requests: Iterable[Request]) -> None:
        """Note runs to be done; those known already stay as they are."""
        with self._state.transaction() as db:
            db.executemany(
                "INSERT OR IGNORE INTO imports (run, request, state, bytes_total) VALUES (?, ?, 'waiting', ?)",
                [(one.run, dumps(one).decode(), one.size) for one in requests],
            )

    def next(self) -> tuple[Request, str] | None:
        """The oldest run that is not finished, and its state."""
        row = self._state.row(
            "SELECT request, state FROM imports WHERE state NOT IN ('done', 'failed') ORDER BY rowid LIMIT 1"
        )
        return (Request(**loads(row["request"])), row["state"]) if row else None

    def begin(self, run: str) -> None:
        """Its file is about to be read, for the first time or again."""
        with self._state.transaction() as db:
            db.execute("DELETE FROM import_batches WHERE run = ?", (run,))
            db.execute(
                "UPDATE imports SET state = 'staging', rows = 0, bytes = 0,"
                " started_at = CASE started_at WHEN '' THEN ? ELSE started_at END WHERE run = ?",
                (_now(), run),
            )

    def reading(self, run: str, rows: int, done: int) -> None:
        """How much of the file is read."""
        with self._state.transaction() as db:
            db.execute("UPDATE imports SET rows = ?, bytes = ? WHERE run = ?", (rows, done, run))

    def attempted(self, run: str, message: str) -> int:
        """Count an attempt that failed for a reason that may pass; how many there were."""
        with self._state.transaction() as db:
            db.execute("UPDATE imports SET attempts = attempts + 1, message = ? WHERE run = ?", (message, run))
            row = db.execute("SELECT attempts FROM imports WHERE run = ?", (run,)).fetchone()
        return int(row["attempts"])

    def sealed(self, run: str, rows: int, plan: Sequence[tuple[int, str, str, int]], staged: dict[str, Any]) -> None:
        """Staging is durable: these batches are to be sent."""
        with self._state.transaction() as db:
            db.executemany(
                "INSERT INTO import_batches (run, batch, what, documents) VALUES (?, ?, ?, ?)",
                [(run, number, what, documents) for number, _, what, documents in plan],
            )
            db.execute(
                "UPDATE imports SET state = 'sending', rows = ?, bytes = bytes_total, batches = ?, documents = ?,"
                " staged = ?, sealed_at = ?, message = '' WHERE run = ?",
                (rows, len(plan), sum(one[3] for one in plan), dumps(staged).decode(), _now(), run),
            )

    def unanswered(self, run: str) -> list[int]:
        """Numbers of the batches still to be sent or answered."""
        rows = self._state.rows("SELECT batch FROM import_batches WHERE run = ? AND answered = 0 ORDER BY batch", run)
        return [row["batch"] for row in rows]

    def answered(self, run: str, outcomes: Sequence[Outcome]) -> None:
        """Keep answers to batches that were not answered before."""
        counts = [(one.changed, one.unchanged, one.stale, len(one.refused), run, one.batch) for one in outcomes]
        refused = [
            (run, one.batch, document["kind"], document["company"], document["key"], dumps(document["errors"]).decode())
            for one in outcomes
            for document in one.refused
        ]
        documents = sum(sum(row[:4]) for row in counts)
        with self._state.transaction() as db:
            db.executemany(
                "UPDATE import_batches SET answered = 1, changed = ?, unchanged = ?, stale = ?, refused = ?"
                " WHERE run = ? AND batch = ?",
                counts,
            )
            db.executemany("INSERT INTO import_refused VALUES (?, ?, ?, ?, ?, ?)", refused)
            db.execute(
                "UPDATE imports SET answered = answered + ?, documents_answered = documents_answered + ? WHERE run = ?",
                (len(counts), documents, run),
            )

    def sums(self, run: str) -> dict[str, dict[str, int]]:
        """What was answered, by what the batches held."""
        rows = self._state.rows(
            "SELECT what, SUM(documents) AS sent, SUM(changed) AS changed, SUM(unchanged) AS unchanged,"
            " SUM(stale) AS stale, SUM(refused) AS refused FROM import_batches WHERE run = ? GROUP BY what",
            run,
        )
        return {row["what"]: {name: row[name] for name in row.keys() if name != "what"} for row in rows}  # noqa: SIM118

    def refused(self, run: str) -> list[tuple[str, str, str, Any]]:
        """(kind, company, key, errors) of what the owners refused."""
        rows = self._state.rows(
            "SELECT DISTINCT kind, company, key, errors FROM import_refused WHERE run = ? ORDER BY kind, company, key",
            run,
        )
        return [(row["kind"], row["company"], row["key"], loads(row["errors"])) for row in rows]

    def staged(self, run: str) -> tuple[dict[str, Any], datetime, datetime]:
        """What staging found, when the run began, and when its sending did."""
        row = self._state.row("SELECT staged, started_at, sealed_at FROM imports WHERE run = ?", run)
        assert row is not None
        times = (datetime.fromisoformat(row[name]) for name in ("started_at", "sealed_at"))
        return (loads(row["staged"]), *times)

    def absent(self, request: Request, staging: str, at_most: int) -> tuple[int, list[dict[str, str]]]:
        """Documents that this connection and profile delivered before and the file does not have: how many, which."""
        db = self._state.connection()
        db.execute("ATTACH ? AS staging", (staging,))
        try:
            missing = (
                "FROM known_documents k WHERE connection = ? AND profile = ? AND NOT EXISTS (SELECT 1 FROM"
                " staging.staged s WHERE s.kind = k.kind AND s.company = k.company AND s.key = k.key)"
            )
            of = (request.connection, request.profile)
            count = db.execute(f"SELECT COUNT(*) {missing}", of).fetchone()[0]
            rows = db.execute(
                f"SELECT kind, company, key {missing} ORDER BY kind, company, key LIMIT ?", (*of, at_most)
            ).fetchall()
            return count, [dict(row) for row in rows]
        finally:
            db.execute("DETACH staging")

    def finish(self, request: Request, summary: dict[str, Any], staging: str) -> None:
        """Done: keep the summary and what was delivered, forget the batches."""
        run = request.run
        db = self._state.connection()
        db.execute("ATTACH ? AS staging", (staging,))
        try:
            with self._state.transaction():
                if not request.dry_run:
                    db.execute(
                        "INSERT INTO known_documents SELECT ?, ?, kind, company, key, ? FROM staging.staged WHERE true"
                        " ON CONFLICT DO UPDATE SET run = excluded.run",
                        (request.connection, request.profile, run),
                    )
                db.execute(
                    "UPDATE imports SET state = 'done', summary = ?, message = '' WHERE run = ?",
                    (dumps(summary).decode(), run),
                )
                db.execute("DELETE FROM import_batches WHERE run = ?", (run,))
                db.execute("DELETE FROM import_refused WHERE run = ?", (run,))
        finally:
            db.execute("DETACH staging")

    def fail(self, run: str, message: str) -> None:
        """Refused whole."""
        with self._state.transaction() as db:
            db.execute("UPDATE imports SET state = 'failed', message = ? WHERE run = ?", (message, run))
            db.execute("DELETE FROM import_batches WHERE run = ?", (run,))
            db.execute("DELETE FROM import_refused WHERE run = ?", (run,))

    def unfinished(self) -> list[Request]:
        """Runs that are not at their end."""
        rows = self._state.rows("SELECT request FROM imports WHERE state NOT IN ('done', 'failed')")
        return [Request(**loads(row["request"])) for row in rows]

    def status(self, run: str) -> dict[str, Any]:
        """How far the run is, as JSON values; state "unknown" when no worker has taken it in yet."""
        row = self._state.row(f"SELECT {_SHOWN} FROM imports WHERE run = ?", run)
        if row is None:
            return {"run": run, "state": "unknown"}
        found = dict(row)
        found["summary"] = loads(found["summary"]) if found["summary"] else None
        return found
