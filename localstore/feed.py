"""The newest events in memory, shared by all live subscriptions, and the signal that there are more."""

import asyncio

from localstore.storage import Row

TAIL_EVENTS = 8192
TAIL_BYTES = 32 * 1024 * 1024


class Feed:
    """Used on the event loop only. Positions have no gaps, so a position's place in the tail is a subtraction."""

    def __init__(self) -> None:
        self.position = 0  # of the last event committed
        self.changed = asyncio.Event()  # set once, at the next commit; take it before reading
        self.closed = False
        self._tail: list[Row] = []
        self._bytes = 0

    def add(self, rows: list[Row]) -> None:
        """Adds committed events; `wake` tells the subscriptions that wait."""
        self._tail += rows
        self._bytes += sum(len(row.body) for row in rows)
        self.position = rows[-1].position
        while len(self._tail) > TAIL_EVENTS or self._bytes > TAIL_BYTES:
            del self._tail[: len(self._tail) // 4 + 1]  # many at once, for that moves all that stay
            self._bytes = sum(len(row.body) for row in self._tail)

    def close(self) -> None:
        """Ends every subscription."""
        self.closed = True
        self.wake()

    def after(self, position: int, limit: int) -> list[Row] | None:
        """Up to `limit` events after `position`; None when the tail no longer reaches back that far."""
        if position >= self.position:
            return []
        oldest = self._tail[0].position if self._tail else self.position + 1
        start = position + 1 - oldest
        return None if start < 0 else self._tail[start : start + limit]

    def wake(self) -> None:
        """Lets every subscription look again."""
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()
