"""Who was erased, by id, in a file beside the backups: a backup made before an erasure knows nothing of it.

The worker adds to the list whenever it carries an erasure out. `portico restore` reads it, deletes the keys of all who
stand in it before anything starts, and leaves their ids for the worker, which appends what the older store lacks.
"""

from __future__ import annotations

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


class NotAList(Exception):
    """The file has lines that are none of this list's; says which is the first."""


class ErasedList:
    """A line a contact: its id, and when it was noted (UTC). Nothing of the person."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def is_there(self) -> bool:
        """Whether the file is; it may be empty."""
        return self.path.exists()

    def all(self) -> list[str]:
        """The contacts' ids, oldest first, none twice; none where there is no file. Raises NotAList."""
        found: dict[str, None] = {}
        for line in self.path.read_text(encoding="utf-8", errors="replace").splitlines() if self.is_there else ():
            contact = line.partition(" ")[0]
            if line.strip() and not _CONTACT.fullmatch(contact):
                raise NotAList(f"{self.path} is no list of erased contacts: it has a line “{line[:40]}”")
            if line.strip():
                found[contact] = None
        return list(found)

    def add(self, contacts: Iterable[str]) -> None:
        """Note those that are not noted yet, on the disk before it returns; makes the file where there is none."""
        known = set(self.all())
        at = now().isoformat(timespec="seconds")
        lines = "".join(f"{one} {at}\n" for one in dict.fromkeys(contacts) if one not in known)
        if not lines and self.is_there:
            return
        with open(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:
            file.write(lines.encode())
            file.flush()
            os.fsync(file.fileno())


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
