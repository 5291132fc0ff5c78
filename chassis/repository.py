"""Load a stream, decide, append with the expected version; remember which commands a stream has seen.

Runs on asyncio (under nameko through `chassis.service`). A command's id and the hash of its content stand in the
metadata of the events it caused, so a repeat gets its first reply and other content under the same id is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import uuid4

from esdbclient import NewEvent, StreamState
from esdbclient.exceptions import (
    DeadlineExceeded as StoreDeadline,
)
from esdbclient.exceptions import (
    DiscoveryFailed,
    GrpcError,
    NodeIsNotLeader,
    WrongCurrentVersion,
)
from esdbclient.exceptions import NotFound as StreamNotFound

from chassis import codec as json
from chassis.codec import Codec
from chassis.errors import CommandReused, Conflict, NotFound, Unavailable
from chassis.killpoints import reach
from chassis.messages import Context, Event, Reply, derived_id
from chassis.store import AsyncStoreClient

S = TypeVar("S")
ATTEMPTS = 8
_STORE_AWAY = (GrpcError, DiscoveryFailed, NodeIsNotLeader, StoreDeadline)


@dataclass(frozen=True)
class Aggregate(Generic[S]):
    """A kind of stream: `<category>-<id>`, its state, and whose it is.

    `company_of(state)` names the company that sees it, or None for what only staff and services touch.
    """

    category: str
    initial: S
    evolve: Callable[[S, Any], S]
    company_of: Callable[[S], str | None]
    codec: Codec

    def stream(self, key: str) -> str:
        """The name of the stream of one of them."""
        return f"{self.category}-{key}"


@dataclass(frozen=True)
class Seen:
    """A command that this stream has already answered."""

    payload_hash: str
    revision: int
    position: int


@dataclass
class Loaded(Generic[S]):
    """A stream as it stands: state, revision (-1: no stream), last commit position, the commands it remembers."""

    state: S
    revision: int = -1
    position: int = 0
    commands: dict[str, Seen] = field(default_factory=dict)


class Repository:
    """The streams of one service. One a process; connects on first use and again after the store was away."""

    def __init__(self, esdb_uri: str, service: str) -> None:
        self.service = service
        self._uri = esdb_uri
        self._client: AsyncStoreClient | None = None
        self._connecting = asyncio.Lock()

    async def client(self) -> AsyncStoreClient:
        """The connected client; raises Unavailable when the store does not answer."""
        async with self._connecting:
            if self._client is None:
                try:
                    client = AsyncStoreClient(self._uri)
                    await client.connect()
                except _STORE_AWAY as error:
                    raise _away() from error
                self._client = client
        return self._client

    async def close(self) -> None:
        """Close the connection; the repository may be used again."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def load(self, aggregate: Aggregate[S], key: str) -> Loaded[S]:
        """The stream's state by folding all its events; an absent stream gives the initial state, revision -1."""
        client = await self.client()
        loaded = Loaded(aggregate.initial)
        try:
            async with await client.read_stream(aggregate.stream(key)) as events:
                async for event in events:
                    recorded = aggregate.codec.recorded(event)
                    loaded.state = aggregate.evolve(loaded.state, aggregate.codec.decode(recorded))
                    loaded.revision, loaded.position = recorded.revision, recorded.position
                    command = recorded.meta.get("command")
                    if command:
                        seen = Seen(recorded.meta.get("hash", ""), recorded.revision, recorded.position)
                        loaded.commands[command] = seen
        except StreamNotFound:
            pass
        except _STORE_AWAY as error:
            raise _away() from error
        return loaded

    async def change(
        self,
        aggregate: Aggregate[S],
        key: str,
        context: Context,
        decide: Callable[[S], Sequence[Event]],
        *,
        create: bool = False,
    ) -> Reply:
        """Load, decide, append; on a conflict load again, a bounded number of times.

        What does not exist, or belongs to another company, is NotFound. `create=True` allows an absent stream.
        """
        for _attempt in range(ATTEMPTS):
            loaded = await self.load(aggregate, key)
            if loaded.revision < 0 and not create:
                raise NotFound("There is no such thing, or it is not yours to see.")
            owner = aggregate.company_of(loaded.state)
            if loaded.revision >= 0 and owner is not None and not context.sees(owner):
                raise NotFound("There is no such thing, or it is not yours to see.")
            earlier = self.earlier(loaded, aggregate, key, context)
            if earlier is not None:
                return earlier
            events = decide(loaded.state)
            stream = aggregate.stream(key)
            if not events:
                return Reply(stream, loaded.revision, loaded.position, key)
            try:
                return await self.append(aggregate.codec, stream, key, loaded.revision, events, context)
            except WrongCurrentVersion:
                continue
        raise Conflict("Others were changing the same thing at that moment. Nothing was changed; please try again.")

    def earlier(self, loaded: Loaded[S], aggregate: Aggregate[S], key: str, context: Context) -> Reply | None:
        """The reply this command got before, if it did; refuses other content under the same id."""
        seen = loaded.commands.get(str(context.command_id))
        if seen is None:
            return None
        stream = aggregate.stream(key)
        if seen.payload_hash != context.payload_hash:
            raise CommandReused(f"This was already sent, as {key}. Send the changed form as a new one?", id=key)
        return Reply(stream, seen.revision, seen.position, key, repeated=True)

    async def append(
        self,
        codec: Codec,
        stream: str,
        key: str,
        revision: int,
        events: Sequence[Event],
        context: Context,
        *,
        looked: bool = True,
    ) -> Reply:
        """Append all of the events or none, expecting the stream at `revision` (-1: no stream).

        `looked=False`: nobody looked whether this command was here before, so the store is to take the same for a
        conflict, too, and not for a repeat.
        """
        client = await self.client()
        new = [_new_event(codec, stream, index, event, context, looked) for index, event in enumerate(events)]
        expected = StreamState.NO_STREAM if revision < 0 else revision
        try:
            position = await client.append_to_stream(stream, current_version=expected, events=new)
        except _STORE_AWAY as error:
            raise _away() from error
        reach(f"{self.service}.after_append")
        return Reply(stream, revision + len(new), position, key)


def _new_event(codec: Codec, stream: str, index: int, event: Event, context: Context, looked: bool) -> NewEvent:
    name, data, version = codec.encode(event)
    meta = {
        "$correlationId": context.correlation_id,
        "$causationId": context.causation_id or str(context.command_id),
        "actor": context.actor,
        "channel": context.channel,
        "schema": version,
        "command": str(context.command_id),
        "hash": context.payload_hash,
    }
    # The id derives from the command and its content, so that the store itself recognises an append whose answer
    # was lost, and takes other content under the same command id for what it is: a conflict.
    identity = derived_id(context.command_id, f"{stream}/{index}/{context.payload_hash}") if looked else uuid4()
    return NewEvent(type=name, data=data, metadata=json.dumps(meta), id=identity)


def _away() -> Unavailable:
    return Unavailable("The event store does not answer. Nothing was lost; please try again in a moment.")


def now() -> datetime:
    """The time of a decision, UTC with zone."""
    return datetime.now(UTC)
