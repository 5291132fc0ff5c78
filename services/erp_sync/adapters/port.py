"""What a connector is to erp_sync: how documents of the portal get into the ERP, and what the ERP says of them.

The way in is not in it: each connector brings documents in its own way, and makes batches of `shapes.py`'s kinds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from services.erp_sync.domain import Answer, Posting


@dataclass(frozen=True, slots=True)
class Posted:
    """Where the ERP finds a posting, and the SHA-256 of what is there."""

    place: str
    sha256: str


class Connector(Protocol):
    """One connection to one ERP. Every call may be repeated after a crash, and then changes nothing."""

    def post(self, posting: Posting) -> Posted | None:
        """Bring it to the ERP under Portico's reference, once; None when the ERP is answering it already."""

    def take_back(self, posting: Posting) -> bool:
        """Take back what was posted, if the ERP has not taken it. True too for what never got out."""

    def answers(self, record: Callable[[Answer], None]) -> int:
        """Give each answer of the ERP to `record`, which raises Refused for those that cannot be; how many there were.

        What was recorded does not come again, unless the process ends in between.
        """
