"""Stops what was started for one data folder, orphans of a killed start included, and nothing else."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from deploy.local import supervisor
from deploy.local.stack import saved_file

GROUPS = 6


def stop(var: Path, show: Callable[[list[str]], None]) -> bool:
    """Stop everything of this folder; whether there was anything. `show` gets the names still running."""
    names = {info["pid"]: name for name, info in supervisor.processes(var).items() if info["pid"]}
    anything = bool(names)
    if supervisor.alive(var):
        anything = True
        supervisor.shutdown(var)
    deadline = time.monotonic() + GROUPS * (supervisor.STOP_SECONDS + 1)
    while _manager(var) and time.monotonic() < deadline:
        show([name for pid, name in names.items() if not _gone(pid)])
        time.sleep(0.05)
    anything = _end(ours(var)) or anything
    for file in (saved_file(var), supervisor.socket_file(var), var / "run/supervisord.pid", var / "run/detached"):
        file.unlink(missing_ok=True)
    return anything


def ours(var: Path) -> list[psutil.Process]:
    """Every process started under this folder's supervisord, whoever its parent is by now."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(supervisor.MARK) == str(var) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def _manager(var: Path) -> bool:
    try:
        pid = int((var / "run/supervisord.pid").read_text())
    except (OSError, ValueError):
        return False
    if _gone(pid):
        return False
    with contextlib.suppress(psutil.Error, OSError):
        return psutil.Process(pid).environ().get(supervisor.MARK) == str(var)
    return False


def _gone(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return True


def _end(processes: list[psutil.Process]) -> bool:
    """Ask each to end, and kill what has not after the time it has."""
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    _, alive = psutil.wait_procs(processes, timeout=supervisor.STOP_SECONDS)
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(alive, timeout=5)
    return bool(processes)
