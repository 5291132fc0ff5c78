"""Whether a SQLite file has changed, told without a statement.

In WAL mode every commit, of any process, changes the header of the file's wal-index (the first 96 bytes of `-shm`: a
counter, the number of frames, checksums). Here these bytes are compared and never understood. What was read under a
stamp holds as long as the stamp is the same: a page that is all cached costs no SQL, and no thread waits for another.

What is opened here is never closed, nor its mapping dropped: closing any descriptor of a file gives up all locks that
this process holds on it, SQLite's among them. It is one descriptor a file, and another when a read model is rebuilt.
"""

from __future__ import annotations

import mmap
import os
import threading
import time
from pathlib import Path

_HEADER = 96
_INDEX_BYTES = 32768  # SQLite makes a wal-index no smaller; a shorter one is just being made
_LOOK_AGAIN = 1.0
ABSENT = b"absent"
_kept: list[mmap.mmap | int] = []


class FileStamp:
    """One database file. Shared by all threads of a process, opened on first use."""

    def __init__(self, path: Path) -> None:
        self._file = str(path)
        self._index = str(path) + "-shm"
        self._lock = threading.Lock()
        self._looked = 0.0
        self._identity: tuple[int, int] | None = None
        self._header: mmap.mmap | None = None
        self._state: bytes | None = ABSENT

    def read(self) -> bytes | None:
        """Other bytes after every commit; `ABSENT` while there is no file, None when it cannot be told."""
        if time.monotonic() - self._looked > _LOOK_AGAIN:
            self._look()
        header = self._header
        return header[:_HEADER] if header is not None else self._state

    def _look(self) -> None:
        """See whether it is still the same file: a rebuilt read model is a new one."""
        with self._lock:
            self._looked = time.monotonic()
            if _identity(self._file, 1) is None:
                self._identity, self._header, self._state = None, None, ABSENT
                return
            self._state = None
            identity = _identity(self._index, _INDEX_BYTES)
            if identity is None:
                # Nobody has it open, or it is not in WAL mode.
                self._identity, self._header = None, None
            elif identity != self._identity:
                self._identity, self._header = self._open()

    def _open(self) -> tuple[tuple[int, int] | None, mmap.mmap | None]:
        try:
            descriptor = os.open(self._index, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None, None
        _kept.append(descriptor)
        found = os.fstat(descriptor)
        if found.st_size < _INDEX_BYTES:
            return None, None
        header = mmap.mmap(descriptor, _HEADER, prot=mmap.PROT_READ)
        _kept.append(header)
        return (found.st_dev, found.st_ino), header


def _identity(path: str, least: int) -> tuple[int, int] | None:
    """Which file this is; None when there is none, or it has fewer bytes."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return (found.st_dev, found.st_ino) if found.st_size >= least else None
