"""What a person can put right: said in a sentence, with what to do. Standard library only."""

from __future__ import annotations

import errno


class Problem(Exception):
    """Something the person at the keyboard can mend. `what` happened, and `todo`: what to type or change."""

    def __init__(self, what: str, todo: str = "") -> None:
        super().__init__(what if not todo else f"{what}\n{todo}")
        self.what = what
        self.todo = todo


_DISK = {
    errno.ENOSPC: "the disk is full: free some space",
    errno.EDQUOT: "the disk quota is used up: free some space",
    errno.EROFS: "it is on a read-only file system: choose another folder",
    errno.EACCES: "you may not write there: change its owner or choose another folder",
    errno.EPERM: "you may not write there: change its owner or choose another folder",
    errno.ENOTDIR: "part of that path is a file, not a folder: choose another folder",
}


def from_os_error(error: OSError) -> Problem | None:
    """The problem behind a failed file operation, or None when nobody but a programmer can mend it."""
    if error.errno not in _DISK:
        return None
    where = f" at {error.filename}" if error.filename else ""
    return Problem(f"Cannot write{where}: {_DISK[error.errno]}.", "PORTICO_VAR=/other/folder moves the data.")
