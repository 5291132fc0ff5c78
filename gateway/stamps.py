"""Whether a SQLite file has changed, told without a statement.

In WAL mode every commit, of any process, changes the header of the file's wal-index (the first 96 bytes of `-shm`: a
counter, the number of frames, checksums). Here these bytes are compared and never understood. What was read under a
stamp holds as long as the stamp is the same: a page that is all cached costs no SQL, and no thread waits for another.
"""

from __future__ import annotations

import mmap
import os
import threading
import time
from pathlib import Path

_HEADER = 96
_LOOK_AGAIN = 1.0
ABSENT = b"absent"


class FileStamp:
    """One database file. Shared by all threads of a process, opened on first use, in each process its own."""

    def __init__(self, path: Path) -> None:
        self._file = str(path)
        self._index = str(path) + "-shm"
        self._lock = threading.Lock()
        self._looked = 0.0
        self._pid = 0
        self._identity: tuple[int, int] | None = None
        self._header: mmap.mmap | None = None
        self._state: bytes | None = ABSENT

    def read(self) -> bytes | None:
        """Other bytes after every commit; `ABSENT` while there is no file, None when it cannot be told."""
        if time.monotonic() - self._looked > _LOOK_AGAIN or self._pid != os.getpid():
            self._look()
        header = self._header
        return header[:_HEADER] if header is not None else self._state

    def _look(self) -> None:
        """See whether it is still the same file: a rebuilt read model is a new one."""
        with self._lock:
            self._looked, self._pid = time.monotonic(), os.getpid()
            if not os.path.exists(self._file) or not os.path.getsize(self._file):
                self._identity, self._header, self._state = None, None, ABSENT
                return
            self._state = None
            try:
                descriptor = os.open(self._index, os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                # Nobody has it open, or it is not in WAL mode.
                self._identity, self._header = None, None
                return
            try:
                found = os.fstat(descriptor)
                identity = (found.st_dev, found.st_ino)
                if identity != self._identity and found.st_size >= _HEADER:
                    # Not closed: another thread may be reading the old one at this moment.
                    self._header = mmap.mmap(descriptor, _HEADER, prot=mmap.PROT_READ)
                    self._identity = identity
            finally:
                os.close(descriptor)
