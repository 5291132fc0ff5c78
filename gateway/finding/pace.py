"""How often somebody may ask for suggestions: each process counts for itself, by session."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

SECONDS, MOST = 10, 40
_SESSIONS = 4096


class Pace:
    """At most 40 in 10 seconds a session; of sessions that were not heard of for long nothing is kept."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._asked: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def allows(self, session: str) -> bool:
        """Count one more; whether it may be answered."""
        now = self._clock()
        with self._lock:
            asked = self._asked.setdefault(session, deque())
            self._asked.move_to_end(session)
            while asked and asked[0] <= now - SECONDS:
                asked.popleft()
            if len(asked) >= MOST:
                return False
            asked.append(now)
            while len(self._asked) > _SESSIONS:
                self._asked.popitem(last=False)
            return True
