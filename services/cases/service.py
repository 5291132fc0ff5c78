"""The nameko process of cases: commands over RPC."""

from __future__ import annotations

from chassis.service import CommandService
from services.cases.handlers import COMMAND_HANDLERS


class CasesService(CommandService):
    """Answers `rpc-cases`."""

    name = "cases"
    handlers = COMMAND_HANDLERS


SERVICE = CasesService
