"""What may be asked of erp_sync."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chassis.messages import Command


@dataclass(frozen=True, slots=True)
class StartImport(Command):
    """Import an export that was put into the folder of files. Staff and operators only."""

    actor: str
    file: str
    file_name: str
    size: int
    profile: str
    profile_file: str
    connection: str
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class RequestPosting(Command):
    """Bring a document of the portal into the ERP (a reaction's)."""

    kind: str
    reference: str
    company: str
    connection: str
    document: dict[str, Any]
    document_version: int


@dataclass(frozen=True, slots=True)
class WithdrawPosting(Command):
    """Take it back, if the ERP has not taken it (a reaction's)."""

    reference: str
