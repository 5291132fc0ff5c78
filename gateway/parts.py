"""What one gateway process is made of; pages reach it through `gateway.access` and `gateway.fragments` only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from flask import current_app

from chassis.config import Settings
from gateway.config import GatewaySettings
from gateway.reads import Reads
from gateway.routes import Access
from gateway.sessions import SessionStore
from gateway.single_sign_on.outcomes import Outcomes
from gateway.throttle import Throttle

if TYPE_CHECKING:
    from gateway.access import CommandBus
    from gateway.assets import Assets
    from gateway.fragments import FragmentCache
    from gateway.looks import Looks

EXTENSION = "portico"


class Rpc(Protocol):
    """The port of `chassis.rpc.RpcClient`."""

    def call(self, service: str, method: str, payload: dict[str, Any], deadline_seconds: float = ...) -> Any:
        """What the method of the service returns; raises Unavailable."""


@dataclass
class Parts:
    """The ground under the pages of one process."""

    settings: Settings
    gateway: GatewaySettings
    reads: Reads
    store: SessionStore
    throttle: Throttle
    outcomes: Outcomes
    looks: Looks
    rpc: Rpc
    commands: CommandBus
    fragments: FragmentCache
    assets: Assets
    access: dict[str, Access] = field(default_factory=dict)
    plain_log: bool = False
    caught_up: bool = False  # what it reads has been all there once

    def close(self) -> None:
        """Let go of the bus; what is open for reading closes with the threads."""
        stop = getattr(self.rpc, "stop", None)
        if stop is not None:
            stop()


def parts() -> Parts:
    """The parts of the application at hand."""
    found: Parts = current_app.extensions[EXTENSION]
    return found
