"""erp_sync and payments as they run in production, and a desk to hand files over at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from portico.import_ import Order, follow, start
from tests.support.services import RunningService

PROFILE = """
profile: %s
currency: GBP
kinds:
  - kind: invoice
    company: Customer
    key: No
    fields: {date: Date}
    lines: {item: Item, quantity: Qty, price: Price}
"""
HEADER = "No,Customer,Date,Item,Qty,Price\n"


class Desk:
    """Hands files over to erp_sync and waits for the end of the run."""

    def __init__(self, erp_sync: RunningService, owner: RunningService, folder: Path) -> None:
        self.erp_sync = erp_sync
        self.owner = owner
        self.folder = folder

    def profile(self, name: str, more: str = "") -> str:
        """The path of a profile for invoices by this name; `more` stands above its kinds."""
        path = self.folder / f"{name}.yaml"
        path.write_text(more + PROFILE % name)
        return str(path)

    def order(self, content: str, profile: str, dry_run: bool = False) -> Order:
        """What is asked for a file with this content."""
        file = self.folder / "export.csv"
        file.write_text(content)
        return Order(file, profile, "files", dry_run, uuid4(), "test")

    def bring(self, content: str, profile: str, dry_run: bool = False) -> dict[str, Any]:
        """The status in which the run of this file ended."""
        run = start(self.erp_sync.settings, self.erp_sync.rpc, self.order(content, profile, dry_run))
        return follow(self.erp_sync.rpc, run, lambda status: None)

    def summary(self, content: str, profile: str, dry_run: bool = False) -> dict[str, Any]:
        """The summary of the completed run of this file."""
        status = self.bring(content, profile, dry_run)
        assert status["state"] == "done", status
        found: dict[str, Any] = status["summary"]
        return found


@pytest.fixture(scope="module")
def desk(start_service: Callable[[str], RunningService], tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk at which erp_sync and payments work."""
    return Desk(start_service("erp_sync"), start_service("payments"), tmp_path_factory.mktemp("desk"))
