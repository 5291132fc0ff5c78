"""The process that makes one large export: at the lowest priority, when one of two places is free.

It ends with the process that began it, whose end of the pipe to our standard input is closed then.
"""

from __future__ import annotations

import fcntl
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gateway.exports.jobs import AT_ONCE, write_state

_LOOK_SECONDS = 0.25


class Cancelled(Exception):
    """Nobody wants it any more."""


def main() -> None:
    """Make the export of the folder named on the command line."""
    folder = Path(sys.argv[1])
    os.nice(10)
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    with (folder / "alive").open("wb") as alive:
        fcntl.flock(alive, fcntl.LOCK_EX)
        try:
            with _place(folder):
                # Only now: what waits costs little.
                from gateway.exports.run import run

                run(folder, lambda: _refuse_unwanted(folder))
        except Cancelled:
            (folder / "file.part").unlink(missing_ok=True)
            write_state(folder, "cancelled", 0)
        except BaseException:
            (folder / "file.part").unlink(missing_ok=True)
            with suppress(OSError):
                write_state(folder, "failed", 0)
            raise


def _end_with_parent() -> None:
    # Not by sys.stdin: what is read in another thread would hold up an orderly end.
    while os.read(0, 1):
        pass
    os._exit(1)


def _refuse_unwanted(folder: Path) -> None:
    if (folder / "cancel").exists():
        raise Cancelled


@contextmanager
def _place(folder: Path) -> Iterator[None]:
    """One of the places there are; whoever dies gives its place back."""
    files = [(folder.parent / f"place-{number}").open("ab") for number in range(AT_ONCE)]
    try:
        while not any(_taken(file.fileno()) for file in files):
            _refuse_unwanted(folder)
            time.sleep(_LOOK_SECONDS)
        yield
    finally:
        for file in files:
            file.close()


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


if __name__ == "__main__":
    main()
