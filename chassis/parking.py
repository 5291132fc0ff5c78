"""Events that read models are to do without: an operator parks one that a projector cannot take, and it goes on.

Nothing is skipped by itself. A parked event is tried all the same, each time it comes up: a release that knows it, or a
rebuild, takes it in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from chassis.statedb import StateDb


@dataclass(frozen=True, slots=True)
class Parked:
    """An event left out of a read model; `parked_at` is UTC, ISO."""

    model: str
    position: int
    reason: str
    parked_at: str


class Parking:
    """The parked events of one service, in its state database."""

    def __init__(self, state: StateDb) -> None:
        self._state = state

    def of_model(self, model: str) -> frozenset[int]:
        """The commit positions of the events that the read model does without."""
        rows = self._state.rows("SELECT position FROM parked_events WHERE model = ?", model)
        return frozenset(row["position"] for row in rows)

    def all(self) -> Sequence[Parked]:
        """Every parked event, by read model and position."""
        return [Parked(*row) for row in self._state.rows("SELECT * FROM parked_events ORDER BY model, position")]

    def park(self, model: str, position: int, reason: str) -> None:
        """Have the read model do without the event at this commit position; `reason` says why it was stuck."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._state.connection().execute(
            "INSERT OR REPLACE INTO parked_events VALUES (?, ?, ?, ?)", (model, position, reason, now)
        )

    def release(self, model: str, position: int) -> bool:
        """Take it back; whether it was parked. It is taken in at the next rebuild, not now."""
        done = self._state.connection().execute(
            "DELETE FROM parked_events WHERE model = ? AND position = ?", (model, position)
        )
        return done.rowcount == 1
