"""The nameko process of erp_sync: commands over RPC, reactions, and how far a run is."""

from __future__ import annotations

import asyncio
from typing import Any

from chassis.green import rpc
from chassis.reacting import with_reactions
from chassis.service import CommandService, wait
from services.erp_sync.handlers import COMMAND_HANDLERS
from services.erp_sync.imports.table import Imports
from services.erp_sync.reactions import REACTIONS


@with_reactions(REACTIONS)
class ErpSyncService(CommandService):
    """Answers `rpc-erp_sync`."""

    name = "erp_sync"
    handlers = COMMAND_HANDLERS

    @rpc  # type: ignore[untyped-decorator]
    def run_status(self, request: dict[str, Any]) -> dict[str, Any]:
        """How far the run `request["run"]` is; see Imports.status. On a real thread: SQL would hold up the hub."""
        imports = Imports(self.tools.state)
        status: dict[str, Any] = wait(asyncio.to_thread(imports.status, str(request.get("run", ""))))
        return status


SERVICE = ErpSyncService
