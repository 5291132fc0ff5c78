"""SQLite's write-ahead log, looked at before a store opens: would SQLite pass over something that was acknowledged?

SQLite reads the log up to the first frame that is not whole, and takes that for the end. After a crash it is: what
stands behind had not been synced, so nobody was answered. But a frame that follows a commit was written after that
commit had been synced. Where both are whole and SQLite does not read so far, the log was damaged in its middle.
(The format: sqlite.org/fileformat2.html#walformat and sqlite.org/walformat.html.)
"""

import sqlite3
import struct
from contextlib import closing
from pathlib import Path

HEADER, FRAME_HEADER = 32, 24
MASK = 0xFFFFFFFF


def is_damaged(database: Path) -> bool:
    """Whether there is an acknowledged commit that SQLite would not read. Nobody else may have the database open."""
    log = database.with_name(database.name + "-wal")
    if not log.exists() or log.stat().st_size < HEADER:
        return False
    # Read-only: the last connection that may write would delete the log when it is closed.
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        (page_size,) = connection.execute("PRAGMA page_size").fetchone()
        connection.execute("PRAGMA schema_version").fetchone()  # reads the log, and puts its index into -shm
        index = database.with_name(database.name + "-shm").read_bytes()
    (read,) = struct.unpack_from("=I", index, 16)
    return _goes_on(log, FRAME_HEADER + page_size, read)


def _goes_on(path: Path, size: int, read: int) -> bool:
    """Whether a commit and the frame after it are whole, behind the `read` frames of `size` bytes that SQLite reads."""
    with path.open("rb") as log:
        header = log.read(HEADER)
        salt, before = header[16:24], header[24:]
        if not read and _checksum(header[:24], bytes(8)) != before:
            salt = log.read(size)[8:16]  # the header is what is damaged
        log.seek(HEADER + max(read - 1, 0) * size)
        if read:
            before = log.read(size)[16:24]
        committed = False
        while len(frame := log.read(size)) == size:
            commits = frame[4:8] != bytes(4)
            # Another salt: left over from before the log was begun anew, or damaged there. The frames of a transaction
            # that never ended may be gigabytes: what neither commits nor follows a commit is not looked at.
            whole = (
                (commits or committed)
                and frame[8:16] == salt
                and _checksum(frame[:8] + frame[24:], before) == frame[16:24]
            )
            if whole and committed:
                return True
            committed = whole and commits
            before = frame[16:24]
    return False


def _checksum(data: bytes, before: bytes) -> bytes:
    """A frame's checksum, which goes on from that of the frame before."""
    first, second = struct.unpack(">2I", before)
    words = struct.unpack(f"={len(data) // 4}I", data)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = first + even + second & MASK
        second = second + odd + first & MASK
    return struct.pack(">2I", first, second)
