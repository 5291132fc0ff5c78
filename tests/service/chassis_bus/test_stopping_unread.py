"""SIGTERM to a process whose log nobody reads any more: it ends all the same, with nothing to wait for it."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chassis.stopping import SECONDS
from tests.support.ports import free_port
from tests.support.processes import ROOT
from tests.support.settings import environment, make_settings
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(300)

F_SETPIPE_SZ, SMALLEST = 1031, 4096


def is_blocked(pid: int) -> bool:
    """Whether the process hangs in the middle of a line to a full pipe."""
    return "pipe_w" in Path(f"/proc/{pid}/wchan").read_text()


def test_a_process_that_hangs_at_its_log_ends_in_time(tmp_path: Path) -> None:
    settings = make_settings(tmp_path / "var", f"amqp://guest:guest@127.0.0.1:{free_port()}/")
    read, write = os.pipe()
    fcntl.fcntl(write, F_SETPIPE_SZ, SMALLEST)
    os.write(write, b"x" * (SMALLEST - 100))  # no room for a line
    command = [sys.executable, "-m", "portico", "service", "cases"]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment(settings), stdout=write, stderr=write)
    try:
        wait_until(lambda: is_blocked(process.pid), 60, "it hangs at its log")
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(SECONDS + 3) == 0
    finally:
        process.kill()
        process.wait()
        os.close(read)
        os.close(write)
