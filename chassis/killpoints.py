"""Named points at which a test may kill the process, to prove that nothing is lost and nothing comes twice.

`PORTICO_KILL_AT=orders.after_append:/path/to/flag` kills the process with SIGKILL when it reaches that point while
the flag file exists; the file is removed first, so the process started again passes.
"""

from __future__ import annotations

import os
import signal

_NAME, _, _FLAG = os.environ.get("PORTICO_KILL_AT", "").partition(":")


def reach(name: str) -> None:
    """Die here if a test asked for it; otherwise nothing."""
    if name == _NAME and os.path.exists(_FLAG):
        os.unlink(_FLAG)
        os.kill(os.getpid(), signal.SIGKILL)
