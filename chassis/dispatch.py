"""From an envelope on the bus to a handler and back: validate, find the handler in the service's one table, answer.

Envelope: `{"command": name, "payload": {…}, "context": {"command_id", "company", "actor", "channel",
"correlation_id", "deadline"}}`. Answer: `{"status": "done", "stream", "revision", "position", "id", "repeated"}`,
or what `chassis.errors.to_wire` makes of the error.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import itertools
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar
from uuid import UUID

from esdbclient.exceptions import WrongCurrentVersion
from marshmallow import RAISE, Schema, ValidationError, post_load

from chassis import log, metrics
from chassis.codec import dumps
from chassis.config import Settings
from chassis.errors import DeadlineExceeded, Invalid, NotAllowed, PorticoError, to_wire
from chassis.messages import ALL_COMPANIES, REACTION, Command, Context, Event, Reply, reference
from chassis.repository import Aggregate, Repository, now
from chassis.sentences import of_shapes, sentence
from chassis.statedb import StateDb

_log = log.get("dispatch")


class Shape(Schema):
    """A marshmallow schema that loads into the frozen dataclass `makes`; lists become tuples.

    Commands whose dataclass has `company` or `actor` get them from the context, never from the payload.
    """

    makes: ClassVar[type[Any]]

    class Meta:
        """What is not declared is refused, not dropped."""

        unknown = RAISE

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Any:
        values = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
        values |= {name: value for name, value in _bound.get().items() if name in self.makes.__dataclass_fields__}
        return self.makes(**values)

    def load_command(self, payload: Mapping[str, Any], context: Context) -> Any:
        """The command of this payload, bound to the context's company and actor; raises ValidationError."""
        token = _bound.set({"company": context.company, "actor": context.actor})
        try:
            return self.load(payload)
        finally:
            _bound.reset(token)


_bound: ContextVar[Mapping[str, str]] = ContextVar("bound", default=MappingProxyType({}))
"""Whose the command is that is being loaded."""


@dataclass
class Tools:
    """What a handler may use: the streams, this process's settings, the service's state database."""

    repository: Repository
    settings: Settings
    state: StateDb


Handle = Callable[[Any, Context, Tools], Coroutine[Any, Any, Reply]]


@dataclass(frozen=True)
class CommandHandler:
    """One row of a service's table: how the payload is read, what is done with it."""

    schema: type[Shape]
    handle: Handle


Handlers = Mapping[str, CommandHandler]


def staff_only(handle: Handle) -> Handle:
    """The handler, for the supplier's own staff and operators alone."""

    async def guarded(command: Any, context: Context, tools: Tools) -> Reply:
        if context.company != ALL_COMPANIES:
            raise NotAllowed("Only the supplier's own staff may do this.")
        return await handle(command, context, tools)

    return guarded


def by_reactions(handle: Handle) -> Handle:
    """The handler, for what follows from other services' events: no page may claim it."""

    async def guarded(command: Any, context: Context, tools: Tools) -> Reply:
        if context.channel != REACTION:
            raise NotAllowed("Only what happened elsewhere can lead to this.")
        return await handle(command, context, tools)

    return guarded


def creates(
    aggregate: Aggregate[Any],
    prefix: str,
    decide: Callable[[str, Any, datetime], Sequence[Event]],
) -> Handle:
    """A handler that makes a new aggregate whose id, a short reference, derives from the command's id."""

    async def handle(command: Command, context: Context, tools: Tools) -> Reply:
        if context.company == ALL_COMPANIES:
            raise NotAllowed("Staff choose a company first: this is made for one company.")
        return await create(aggregate, prefix, context, tools, lambda key: decide(key, command, now()))

    return handle


async def create(
    aggregate: Aggregate[Any],
    prefix: str,
    context: Context,
    tools: Tools,
    decide: Callable[[str], Sequence[Event]],
) -> Reply:
    """Append `decide(new id)` to a stream that must not exist; a repeated command finds what it made before.

    What almost always holds, that the command is new, is tried first; only what says otherwise makes it look.
    """
    repository = tools.repository
    for attempt in itertools.count():
        key = reference(prefix, context.command_id, attempt)
        stream = aggregate.stream(key)
        try:
            return await repository.append(aggregate.codec, stream, key, -1, decide(key), context, looked=False)
        except (WrongCurrentVersion, PorticoError) as refusal:
            loaded = await repository.load(aggregate, key)
            owner = aggregate.company_of(loaded.state)
            # Another company's is not there for the one who asks, whatever the command's id.
            if loaded.revision >= 0 and (owner is None or context.sees(owner)):
                earlier = repository.earlier(loaded, aggregate, key, context)
                if earlier is not None:
                    return earlier
            if loaded.revision < 0 and isinstance(refusal, PorticoError):
                raise
        # Forty bits collide once in a long while: the next reference of the same command is as good.
    raise AssertionError("references are endless")


def changes(
    aggregate: Aggregate[Any],
    key_field: str,
    decide: Callable[[Any, Any, datetime], Sequence[Event]],
    *,
    create: bool = False,
) -> Handle:
    """A handler that changes the aggregate named by the command's `key_field`."""

    async def handle(command: Command, context: Context, tools: Tools) -> Reply:
        key = str(getattr(command, key_field))
        return await tools.repository.change(
            aggregate, key, context, lambda state: decide(state, command, now()), create=create
        )

    return handle


async def execute(handlers: Handlers, envelope: Mapping[str, Any], tools: Tools) -> dict[str, Any]:
    """Run one command; always answers, never raises for what a person or a store can cause."""
    name = str(envelope.get("command", ""))
    try:
        context = _context(name, envelope)
        log.bind(correlation=context.correlation_id, command=name)
        reply = await _run(handlers, name, envelope["payload"], context, tools)
    except PorticoError as error:
        _log.info("refused", command=name, code=error.code)
        return to_wire(error)
    _log.info("done", command=name, stream=reply.stream, revision=reply.revision, repeated=reply.repeated)
    return {"status": "done", **dataclasses.asdict(reply)}


async def _run(handlers: Handlers, name: str, payload: Any, context: Context, tools: Tools) -> Reply:
    handler = handlers.get(name)
    if handler is None:
        raise Invalid(sentence("%(name)s is not a command of this service.", name=name), fields={})
    if context.deadline is not None and context.deadline < now():
        metrics.EXPIRED.labels(tools.repository.service).inc()
        raise DeadlineExceeded("The request waited too long and was dropped; nothing was done. Please try again.")
    try:
        command = _shape(handler.schema).load_command(payload, context)
    except ValidationError as error:
        raise Invalid("Some of it is missing or wrong.", fields=of_shapes(error.messages)) from error
    return await handler.handle(command, context, tools)


@functools.cache
def _shape(schema: type[Shape]) -> Shape:
    """The one instance of a schema: making one takes longer than loading with it."""
    return schema()


def payload_hash(name: str, payload: Any) -> str:
    """What tells a repeat from other content under the same command id."""
    return hashlib.sha256(name.encode() + b"\0" + dumps(payload)).hexdigest()


def _context(name: str, envelope: Mapping[str, Any]) -> Context:
    try:
        given = envelope["context"]
        deadline = given.get("deadline")
        return Context(
            command_id=UUID(given["command_id"]),
            company=given["company"],
            actor=given["actor"],
            channel=given["channel"],
            correlation_id=given["correlation_id"],
            causation_id=given.get("causation_id", ""),
            deadline=datetime.fromisoformat(deadline) if deadline else None,
            payload_hash=payload_hash(name, envelope["payload"]),
        )
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise Invalid("The command's envelope is incomplete or wrong.", fields={"context": [str(error)]}) from error
