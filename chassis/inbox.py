"""Events on their way from a subscription's thread to the projector's."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable
from typing import Any

BATCH = 1000
MANY = 8
"""So many events at once are somebody's import, not a person's command: its commits and hints may be fewer."""
LINGER_SECONDS = 0.05
END = object()
"""Stands behind the last event of a subscription that ended without an error."""


class Inbox:
    """Bounded, and costs next to nothing.

    One thread puts, one takes. A `queue.Queue` takes two locks an event, which is a tenth of a rebuild.
    """

    def __init__(self) -> None:
        self._items: deque[Any] = deque()
        self._something = threading.Event()
        self._room = threading.Event()
        self._busy = False

    def put(self, item: Any, closed: threading.Event) -> bool:
        """Put it in when there is room; False when the taker has gone."""
        while len(self._items) >= 2 * BATCH:
            self._room.clear()
            if len(self._items) >= 2 * BATCH:
                self._room.wait(0.5)
            if closed.is_set():
                return False
        self._items.append(item)
        if not self._something.is_set():
            self._something.set()
        return not closed.is_set()

    def take(self, most: int, seconds: float) -> list[Any]:
        """What is there, at most so many, waiting so long for the first; of many a moment longer for more."""
        if not self._items:
            self._something.clear()
            if not self._items:
                self._something.wait(seconds)
        if (self._busy or len(self._items) >= MANY) and len(self._items) < most:
            time.sleep(LINGER_SECONDS)
        taken = [self._items.popleft() for _ in range(min(most, len(self._items)))]
        self._busy = len(taken) >= MANY
        if not self._room.is_set():
            self._room.set()
        return taken

    def first(self) -> Any:
        """What waits longest, or None."""
        return self._items[0] if self._items else None

    def fill(self, subscription: Iterable[Any], closed: threading.Event) -> None:
        """Put in all events, then END or the error that ended them; returns early when the taker has gone."""
        end: Any = END
        try:
            for event in subscription:
                if not self.put(event, closed):
                    return
        except Exception as error:
            end = error
        self.put(end, closed)
