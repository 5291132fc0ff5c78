"""The nameko process of erp_sync: commands over RPC, reactions, and how far a run is."""

from __future__ import annotations

import asyncio
from typing import Any

from chassis.green import rpc
from chassis.reacting import with_reactions
from chassis.service import CommandService, wait
from services.erp_sync.handlers import COMMAND_HANDLERS, RUN
from services.erp_sync.imports.table import Imports
from services.erp_sync.reactions import REACTIONS


@with_reactions(REACTIONS)
class ErpSyncService(CommandService):
    """Answers `rpc-erp_sync`."""

    name = "erp_sync"
    handlers = COMMAND_HANDLERS

    @rpc  # type: ignore[untyped-decorator]
    def run_status(self, request: dict[str, Any]) -> dict[str, Any]:
        """How far the run `request["run"]` is; see Imports.status. State "none": there is no such run."""
        run = str(request.get("run", ""))
        # On a real thread: SQL would hold up the hub.
        status: dict[str, Any] = wait(asyncio.to_thread(Imports(self.tools.state).status, run))
        if status["state"] == "unknown" and wait(self.tools.repository.load(RUN, run)).revision < 0:
            status["state"] = "none"
        return status


SERVICE = ErpSyncService
