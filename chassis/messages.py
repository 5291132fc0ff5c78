"""Commands, events and what travels with them. Pure: imported by every domain."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

_EVENT_IDS = UUID("6f3b3d0e-5d5c-5b0e-9a54-1f0a3c6c7f21")
_CROCKFORD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789ABCDEFGHJKMNPQRSTVWXYZ")

ALL_COMPANIES = "*"
"""The company of a command sent by staff, who may act for every company. The gateway alone sets it."""
REACTION = "reaction"
"""The channel of commands that follow from another service's event."""
LONGEST_CODE = 100
"""Characters of a company's, an item's or a price list's code, or of a document's number: they name streams."""


class Event:
    """Base of what happened: frozen dataclasses named in the past tense; stored for ever."""

    __slots__ = ()


class Command:
    """Base of what may be asked: frozen dataclasses named in the imperative."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Context:
    """Who asks, for which company, under which command id. Set by the gateway or by a reaction, never by a page.

    `deadline` is UTC; `payload_hash` is the hash of the command's name and content.
    """

    command_id: UUID
    company: str
    actor: str
    channel: str
    correlation_id: str
    causation_id: str = ""
    deadline: datetime | None = None
    payload_hash: str = ""

    def sees(self, company: str | frozenset[str]) -> bool:
        """Whether something that belongs to `company`, or to each of several, exists for the one who asks."""
        of = company if isinstance(company, frozenset) else (company,)
        return self.company == ALL_COMPANIES or self.company in of


@dataclass(frozen=True, slots=True)
class Recorded:
    """A stored event as projections, relays and reactions see it: `data` is the upcast JSON object."""

    id: UUID
    type: str
    stream: str
    revision: int
    position: int
    data: dict[str, Any]
    meta: dict[str, Any]
    recorded_at: datetime

    @property
    def key(self) -> str:
        """What follows the category in the stream's name: `order-W1-2` → `W1-2`."""
        return self.stream.partition("-")[2]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a command answers: where its events stand, and the id of what it made or changed.

    `position` is the store's commit position; a read model whose checkpoint has reached it shows the change.
    `result` (JSON values) is what only the one who asked may see, and no event holds.
    """

    stream: str
    revision: int
    position: int
    id: str
    repeated: bool = False
    result: dict[str, Any] = field(default_factory=dict)


def derived_id(parent: UUID, name: str) -> UUID:
    """The same UUID for the same parent and name, always: what makes a second delivery recognisable."""
    return uuid5(_EVENT_IDS, f"{parent}/{name}")


def reference(prefix: str, command_id: UUID, attempt: int = 0) -> str:
    """A short reference people can read out, derived from the command: `C-7K3Q-M2XA`.

    Forty bits; `attempt` gives the next one where another command already took it.
    """
    digest = hashlib.sha256(f"{prefix}/{command_id}/{attempt}".encode()).digest()
    text = base64.b32encode(digest[:5]).translate(_CROCKFORD).decode()
    return f"{prefix}-{text[:4]}-{text[4:]}"
