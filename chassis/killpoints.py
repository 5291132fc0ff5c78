"""Named points at which a test may kill or stop the process, to prove that nothing is lost and nothing comes twice.

`PORTICO_KILL_AT=orders.after_append:/path/to/flag` kills the process with SIGKILL when it reaches that point while
the flag file exists; the file is removed first, so the process started again passes. `PORTICO_KILL_AT=*:/folder`
does so at any point for which the folder has a file of its name: a test arms points of running processes that way.
A flag file that says `stop` stops the process with SIGSTOP instead.
"""

from __future__ import annotations

import os
import signal
import threading

_NAME, _, _PATH = os.environ.get("PORTICO_KILL_AT", "").partition(":")


def reach(name: str) -> None:
    """Die or stop here if a test asked for it; otherwise nothing."""
    if not _NAME or _NAME not in ("*", name):
        return
    flag = os.path.join(_PATH, name) if _NAME == "*" else _PATH
    try:
        with open(flag, encoding="ascii") as file:
            stop = file.read() == "stop"
        os.unlink(flag)
    except FileNotFoundError:
        return
    if stop:  # sent to this thread: of one sent to the process another may take note a moment later
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
    else:
        os.kill(os.getpid(), signal.SIGKILL)
