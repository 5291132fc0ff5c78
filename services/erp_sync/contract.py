"""The public face of erp_sync: what others may import, and nothing else of this service."""

from __future__ import annotations

from chassis.codec import Codec
from services.erp_sync import events
from services.erp_sync.adapters.connections import DEFAULT as DEFAULT_CONNECTION
from services.erp_sync.adapters.connections import files_folder, folder
from services.erp_sync.adapters.files.answers import COLUMNS as ANSWER_COLUMNS
from services.erp_sync.adapters.files.profile import ProfileError
from services.erp_sync.adapters.files.profile import find as find_profile
from services.erp_sync.adapters.files.profile import load as load_profile
from services.erp_sync.projections.postings import POSTINGS
from services.erp_sync.projections.runs import RUNS

SERVICE = "erp_sync"
STREAMS = ("run-", "posting-")
CODEC = Codec(events.ALL)
PUBLISHED = frozenset({"OrderQueuedForErp", "PostedToErp", "RefusedByErp", "PostingWithdrawn", "WithdrawalTooLate"})

RUNS_MODEL = "runs_v1"
"""Published table RUNS (see projections/runs.py)."""
POSTINGS_MODEL = "postings_v1"
"""Published table POSTINGS (see projections/postings.py)."""

__all__ = [
    "ANSWER_COLUMNS",
    "CODEC",
    "DEFAULT_CONNECTION",
    "POSTINGS",
    "POSTINGS_MODEL",
    "PUBLISHED",
    "RUNS",
    "RUNS_MODEL",
    "SERVICE",
    "STREAMS",
    "ProfileError",
    "files_folder",
    "find_profile",
    "folder",
    "load_profile",
]
