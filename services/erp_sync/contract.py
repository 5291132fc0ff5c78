"""The public face of erp_sync: what others may import, and nothing else of this service."""

from __future__ import annotations

from chassis.codec import Codec
from services.erp_sync import events
from services.erp_sync.projections.postings import POSTINGS
from services.erp_sync.projections.runs import RUNS

SERVICE = "erp_sync"
STREAMS = ("run-", "posting-")
CODEC = Codec(events.ALL)
PUBLISHED = frozenset({"OrderQueuedForErp", "PostedToErp", "RefusedByErp"})

RUNS_MODEL = "runs_v1"
"""Published table RUNS (see projections/runs.py)."""
POSTINGS_MODEL = "postings_v1"
"""Published table POSTINGS (see projections/postings.py)."""

__all__ = ["CODEC", "POSTINGS", "POSTINGS_MODEL", "PUBLISHED", "RUNS", "RUNS_MODEL", "SERVICE", "STREAMS"]
