"""The RPC of that world, which remembers what was asked."""

from __future__ import annotations

from typing import Any

from tests.support.inprocess import Services


class Telling:
    """The services' RPC, and which of their methods were called."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.called: set[str] = set()

    def call(self, service: str, method: str, payload: dict[str, Any], *more: Any, **named: Any) -> Any:
        """What the method answers."""
        self.called.add(f"{service}.{method}")
        return self._services.call(service, method, payload, *more, **named)
