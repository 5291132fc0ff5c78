"""How log-ins by each provider last went, for admins: kept by the gateway, which alone sees all of them end."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from chassis.statedb import StateDb


@dataclass(frozen=True, slots=True)
class Outcome:
    """When a log-in by the provider last succeeded and last failed (UTC; None: never), and what was said of that."""

    succeeded_at: datetime | None = None
    failed_at: datetime | None = None
    failure: str = ""


class Outcomes:
    """A row a provider, by its key. Nothing of who came is kept."""

    def __init__(self, state: StateDb) -> None:
        self._state = state

    def succeeded(self, provider: str) -> None:
        """Somebody came in, or on to their next step."""
        self._note(provider, "succeeded_at = excluded.succeeded_at", (int(time.time()), None, ""))

    def failed(self, provider: str, failure: str) -> None:
        """Somebody did not; `failure` is the sentence that says why."""
        said = "failed_at = excluded.failed_at, failure = excluded.failure"
        self._note(provider, said, (None, int(time.time()), failure))

    def known(self) -> dict[str, Outcome]:
        """The last outcomes by the provider's key."""
        rows = self._state.rows("SELECT provider, succeeded_at, failed_at, failure FROM provider_outcomes")
        return {
            row["provider"]: Outcome(_moment(row["succeeded_at"]), _moment(row["failed_at"]), row["failure"])
            for row in rows
        }

    def _note(self, provider: str, changes: str, values: tuple[int | None, int | None, str]) -> None:
        with self._state.transaction() as db:
            db.execute(
                "INSERT INTO provider_outcomes (provider, succeeded_at, failed_at, failure) VALUES (?, ?, ?, ?)"
                f" ON CONFLICT (provider) DO UPDATE SET {changes}",
                (provider, *values),
            )


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
