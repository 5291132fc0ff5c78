"""The nameko process of licensing: commands over RPC."""

from __future__ import annotations

from chassis.service import CommandService
from services.licensing.handlers import COMMAND_HANDLERS


class LicensingService(CommandService):
    """Answers `rpc-licensing`."""

    name = "licensing"
    handlers = COMMAND_HANDLERS


SERVICE = LicensingService
