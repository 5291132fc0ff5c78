"""The end of a process that was told to stop: what it holds is finished, or given back when that takes too long."""

from __future__ import annotations

import os
import signal
import sys
import threading

from chassis import log

_log = log.get(__name__)

SECONDS = 7.0
"""What a process has to finish what it holds; three seconds later the process manager kills it."""


def wait_until_told(stop: threading.Event) -> None:
    """Wait in the main thread until a signal handler sets `stop`.

    Handlers run in the main thread, and only when it runs. A process that was paused when the signal was sent may get
    it in any of its threads: a main thread that waits for the event would never hear of it. For a pipe it does.
    """
    heard, told = os.pipe()
    os.set_blocking(told, False)
    signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    while not stop.is_set():
        os.read(heard, 1)


def end_in_time(seconds: float = SECONDS) -> None:
    """End this process, as if it had stopped by itself, if it still runs after so many seconds.

    What hangs then (a store or a broker that does not answer) was acknowledged by nobody: its messages go back to their
    queues with the connection, its transactions are rolled back, and whoever comes next finds them.
    """

    def end() -> None:
        _log.warning("stopped without finishing: what was held goes back", seconds=seconds)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)

    # The second says nothing: whoever reads our log may hang as well.
    for timer in (threading.Timer(seconds, end), threading.Timer(seconds + 1, os._exit, (0,))):
        timer.daemon = True
        timer.start()
