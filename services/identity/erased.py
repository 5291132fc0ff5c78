"""Who was erased, by id, in a file beside the backups: a backup made before an erasure knows nothing of it.

Whoever carries an erasure out adds to it: the command, and the worker, which also makes the list. `portico restore`
reads it, deletes the keys of all who stand in it before there is an event store, and leaves their ids for the worker,
which appends what the older store lacks.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable
from pathlib import Path

from chassis.config import Settings
from chassis.messages import Event
from chassis.repository import now
from services.identity.domain import Contact
from services.identity.events import ContactErased

SETTING = "PORTICO_IDENTITY_ERASED_FILE"
_CONTACT = re.compile(r"[a-z2-7]{16}")
_TORN = " torn"
_TORN_LINE = re.compile(r"[a-z2-7]{0,15}( [ torn]*)? torn")  # the mark may be torn, too


class NotAList(Exception):
    """The file has lines that are none of this list's; says which is the first."""


class ErasedList:
    """A line a contact: its id, and when it was noted (UTC). Nothing of the person.

    A full disk or a power cut may tear the last line. Whoever adds the next one ends it, marked as torn: two processes
    add to the list, so none may cut anything off. Its id counts if it is whole, and is left out if it is not.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def is_there(self) -> bool:
        """Whether the file is; it may be empty."""
        return self.path.exists()

    def all(self) -> list[str]:
        """The contacts' ids, oldest first, none twice; none where there is no file. Raises NotAList."""
        return self._read()[0]

    def _read(self) -> tuple[list[str], bool]:
        """The contacts, and whether the last line is torn."""
        text = self.path.read_text(encoding="utf-8", errors="replace") if self.is_there else ""
        text = text.replace("\0", "")  # what a power cut leaves of a write that had made the file longer
        *lines, last = text.split("\n")
        found: dict[str, None] = {}
        for line in (*(one.rstrip() for one in lines), last + _TORN):
            contact = line.partition(" ")[0]
            if _CONTACT.fullmatch(contact):
                found[contact] = None
            elif line and not _TORN_LINE.fullmatch(line):
                raise NotAList(f"{self.path} is no list of erased contacts: it has a line “{line[:40]}”")
        return list(found), last != ""

    def add(self, contacts: Iterable[str]) -> None:
        """Note those that are not noted yet, on the disk before it returns; makes the file where there is none."""
        noted, torn = self._read()
        known = set(noted)
        at = now().isoformat(timespec="seconds")
        lines = "".join(f"{one} {at}\n" for one in dict.fromkeys(contacts) if one not in known)
        if not lines and not torn and self.is_there:
            return
        data = ((_TORN + "\n" if torn else "") + lines).encode()
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            if os.write(file, data) < len(data):  # at once, lest another's line comes between
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
            os.fsync(file)
        finally:
            os.close(file)


def erased_list(settings: Settings) -> ErasedList:
    """This installation's list, in its data folder where the setting names no other place."""
    named = os.environ.get(SETTING, "")
    return ErasedList(Path(named) if named else settings.folder("identity") / "erased.txt")


def to_erase_again(settings: Settings) -> ErasedList:
    """Those whom a restore found in lists: the worker makes sure of them at its start, and deletes the file."""
    return ErasedList(settings.folder("identity") / "erase-again.txt")


def decide_again(state: Contact) -> list[Event]:
    """The erasure that a restored store lacks; nothing where it has it, or has no such contact."""
    return [] if state.erased or not state.contact else [ContactErased(state.contact, state.company)]
