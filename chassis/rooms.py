"""What each service's package offers, found by the names of its rooms. An absent room is an empty one."""

from __future__ import annotations

import importlib
import importlib.util
from functools import cached_property
from types import ModuleType
from typing import Any

from chassis.codec import Codec
from chassis.config import Settings


class Rooms:
    """The rooms of one service; each is imported when it is first asked for, and empty when it does not exist."""

    def __init__(self, service: str, package: str) -> None:
        self.name = service
        self._package = f"{package}.{service}"

    def has(self, room: str) -> bool:
        """Whether the service has this room, without importing it."""
        try:
            return importlib.util.find_spec(f"{self._package}.{room}") is not None
        except ModuleNotFoundError:
            return False

    def module(self, room: str) -> ModuleType | None:
        """The room's module, or None."""
        return importlib.import_module(f"{self._package}.{room}") if self.has(room) else None

    @cached_property
    def codec(self) -> Codec:
        """How the service's events are stored (`contract.CODEC`)."""
        codec: Codec = getattr(self.module("contract"), "CODEC", None) or Codec(())
        return codec

    @cached_property
    def streams(self) -> tuple[str, ...]:
        """Prefixes of the names of the service's own streams (`contract.STREAMS`), like `order-`."""
        return tuple(getattr(self.module("contract"), "STREAMS", ()))

    @cached_property
    def published(self) -> frozenset[str]:
        """Event types other services may listen to (`contract.PUBLISHED`)."""
        return frozenset(getattr(self.module("contract"), "PUBLISHED", ()))

    @cached_property
    def command_handlers(self) -> Any:
        """What the service accepts (`handlers.COMMAND_HANDLERS`)."""
        return getattr(self.module("handlers"), "COMMAND_HANDLERS", {})

    @cached_property
    def reactions(self) -> tuple[Any, ...]:
        """What the service does on other services' events (`reactions.REACTIONS`)."""
        return tuple(getattr(self.module("reactions"), "REACTIONS", ()))

    @cached_property
    def projections(self) -> tuple[Any, ...]:
        """The service's read models (`projections.PROJECTIONS`)."""
        return tuple(getattr(self.module("projections"), "PROJECTIONS", ()))

    @cached_property
    def jobs(self) -> tuple[Any, ...]:
        """Long-running parts of the worker (`jobs.JOBS`): `run(stop, settings)`, each on a thread of its own."""
        return tuple(getattr(self.module("jobs"), "JOBS", ()))

    @property
    def takes_documents(self) -> bool:
        """Whether ERP documents are sent to this service."""
        return self.has("ingest")

    def ingest_kinds(self, settings: Settings) -> dict[str, Any]:
        """Kind of ERP document → how it is taken in (`ingest.ingest_kinds(settings)`)."""
        room = self.module("ingest")
        return dict(room.ingest_kinds(settings)) if room is not None else {}


def load(service: str, package: str = "services") -> Rooms:
    """The rooms of a service; one that has no package yet has none."""
    return Rooms(service, package)
