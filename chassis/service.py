"""The nameko side of a service: one RPC method `execute`, run on the hub's asyncio loop."""

from __future__ import annotations

from collections.abc import Awaitable, Coroutine
from typing import Any, ClassVar, TypeVar

from nameko.extensions import DependencyProvider

from chassis import dispatch, log, metrics
from chassis.config import Settings
from chassis.dispatch import Handlers, Tools
from chassis.green import rpc
from chassis.repository import Repository
from chassis.statedb import StateDb

T = TypeVar("T")


def wait(coroutine: Coroutine[Any, Any, T] | Awaitable[T]) -> T:
    """Run a coroutine on the hub's loop while other green threads go on; gives its result or raises its error."""
    import eventlet.asyncio

    result: T = eventlet.asyncio.spawn_for_awaitable(coroutine).wait()
    return result


class ToolsProvider(DependencyProvider):
    """Gives every worker of a nameko service the same repository, settings and state database."""

    def setup(self) -> None:
        """Called by nameko when the container starts."""
        settings = Settings.from_env()
        name = self.container.service_cls.name
        self.tools = Tools(Repository(settings.esdb_uri, name), settings, StateDb(settings.state_db(name)))

    def stop(self) -> None:
        """Called by nameko when the container stops: close the store's connection."""
        wait(self.tools.repository.close())

    def get_dependency(self, worker_ctx: Any) -> Tools:
        """What `self.tools` is inside a method."""
        return self.tools


class CommandService:
    """Base of the six nameko services: subclasses give `name` and `handlers`."""

    name: ClassVar[str]
    handlers: ClassVar[Handlers]
    tools = ToolsProvider()

    @rpc  # type: ignore[untyped-decorator]
    def execute(self, envelope: dict[str, Any]) -> dict[str, Any]:
        """Run one command and answer; see chassis.dispatch for both shapes."""
        log.clear()
        with metrics.command_timer(self.name, str(envelope.get("command", ""))) as outcome:
            answer = wait(dispatch.execute(self.handlers, envelope, self.tools))
            outcome(answer["status"])
        return answer
