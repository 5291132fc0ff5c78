"""Load a stream, decide, append with the expected version; remember which commands a stream has seen.

Runs on asyncio (under nameko through `chassis.service`). A command's id and the hash of its content stand in the
metadata of the events it caused, so a repeat gets its first reply and other content under the same id is refused.

A stream longer than SNAPSHOT_EVERY events has snapshots of its state in a stream beside it, `snapshot-<stream>`, and is
loaded by the last of them and what came after. They can be left out or lost: whatever is not in them is read. A
snapshot has the last REMEMBERED commands; one that is repeated after more than those is decided as if it were new.
"""

from __future__ import annotations

import asyncio
import dataclasses
import sys
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar, cast
from uuid import uuid4

from esdbclient import NewEvent, StreamState
from esdbclient.exceptions import (
    DeadlineExceeded as StoreDeadline,
)
from esdbclient.exceptions import (
    DiscoveryFailed,
    EventStoreDBClientException,
    GrpcError,
    NodeIsNotLeader,
    WrongCurrentVersion,
)
from esdbclient.exceptions import NotFound as StreamNotFound

from chassis import codec as json
from chassis import log
from chassis.codec import Codec
from chassis.errors import CommandReused, Conflict, DeadlineExceeded, NotFound, PorticoError, Unavailable
from chassis.killpoints import reach
from chassis.messages import Context, Event, Reply, derived_id
from chassis.sentences import sentence
from chassis.store import AsyncStoreClient

_log = log.get(__name__)
S = TypeVar("S")
ATTEMPTS = 8
SNAPSHOT_EVERY = 100
REMEMBERED = 1000
LONG_STREAMS = 10_000
"""How many streams a repository remembers to have a snapshot."""
_STORE_AWAY = (GrpcError, DiscoveryFailed, NodeIsNotLeader, StoreDeadline)


@dataclass(frozen=True)
class Aggregate(Generic[S]):
    """A kind of stream: `<category>-<id>`, its state, and whose it is.

    `company_of(state)` names the company that sees it, or each that does; None: only staff and services touch it.
    `version` is that of state and `evolve`: when either changes its meaning, a higher one makes older snapshots be
    passed over. Those of a state with other fields are in any case.
    """

    category: str
    initial: S
    evolve: Callable[[S, Any], S]
    company_of: Callable[[S], str | frozenset[str] | None]
    codec: Codec
    version: int = 1

    @property
    def snapshot_schema(self) -> dict[str, Any]:
        """What a snapshot says of the rules it was made by."""
        return {"schema": self.version, "shape": json.shape(cast(Hashable, type(self.initial)))}

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
    """A stream as it stands: state, revision (-1: no stream), last commit position, the commands it remembers.

    `snapshot` is the revision of the snapshot it was loaded from, -1 for none.
    """

    state: S
    revision: int = -1
    position: int = 0
    commands: dict[str, Seen] = field(default_factory=dict)
    snapshot: int = -1


class Repository:
    """The streams of one service. One a process; connects on first use and again after the store was away."""

    def __init__(self, esdb_uri: str, service: str) -> None:
        self.service = service
        self._uri = esdb_uri
        self._client: AsyncStoreClient | None = None
        self._connecting = asyncio.Lock()
        self._snapshots: dict[str, asyncio.Task[None]] = {}
        self._long: dict[str, None] = {}
        """Streams that were found to have a snapshot: of these it is read at once, not after what it stands for."""

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
        await self.settle()
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def settle(self) -> None:
        """Wait for the snapshots that are being written."""
        await asyncio.gather(*self._snapshots.values())

    async def load(self, aggregate: Aggregate[S], key: str) -> Loaded[S]:
        """The stream's state by folding its events; an absent stream gives the initial state, revision -1."""
        client = await self.client()
        stream = aggregate.stream(key)
        try:
            kept = await _last_snapshot(client, aggregate, stream) if stream in self._long else None
            loaded = kept or Loaded(aggregate.initial)
            if kept is None:
                await _fold(client, aggregate, stream, loaded, SNAPSHOT_EVERY)
                if loaded.revision + 1 < SNAPSHOT_EVERY:
                    return loaded
                loaded = await _last_snapshot(client, aggregate, stream) or loaded
            await _fold(client, aggregate, stream, loaded)
        except _STORE_AWAY as error:
            raise _away() from error
        if loaded.snapshot >= 0:
            self._remember_long(stream)
        return loaded

    async def has(self, stream: str, event: str) -> bool:
        """Whether the stream, whosever it is, has an event of this type; raises Unavailable."""
        client = await self.client()
        try:
            for limit in (1, sys.maxsize):  # the first one most often is
                async with await client.read_stream(stream, limit=limit) as events:
                    async for one in events:
                        if one.type == event:
                            return True
        except StreamNotFound:
            pass
        except _STORE_AWAY as error:
            raise _away() from error
        return False

    def _remember_long(self, stream: str) -> None:
        self._long[stream] = None
        if len(self._long) > LONG_STREAMS:
            del self._long[next(iter(self._long))]

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
                reply = await self.append(aggregate.codec, stream, key, loaded.revision, events, context)
            except WrongCurrentVersion:
                continue
            if reply.revision - loaded.snapshot >= SNAPSHOT_EVERY:
                self._snapshot_soon(aggregate, key)
            return reply
        earlier = self.earlier(await self.load(aggregate, key), aggregate, key, context)
        if earlier is not None:  # the last one it lost to was itself, sent twice
            return earlier
        raise Conflict("Others were changing the same thing at that moment. Nothing was changed; please try again.")

    def earlier(self, loaded: Loaded[S], aggregate: Aggregate[S], key: str, context: Context) -> Reply | None:
        """The reply this command got before, if it did; refuses other content under the same id."""
        seen = loaded.commands.get(str(context.command_id))
        if seen is None:
            return None
        stream = aggregate.stream(key)
        if seen.payload_hash != context.payload_hash:
            raise CommandReused(
                sentence("This was already sent, as %(key)s. Send the changed form as a new one?", key=key), id=key
            )
        return Reply(stream, seen.revision, seen.position, key, repeated=True)

    def _snapshot_soon(self, aggregate: Aggregate[S], key: str) -> None:
        """Write one behind the answer: when it fails, or the process ends, a later command does it."""
        stream = aggregate.stream(key)
        if stream not in self._snapshots:
            task = self._snapshots[stream] = asyncio.create_task(self.snapshot(aggregate, key))
            task.add_done_callback(lambda _: self._snapshots.pop(stream))

    async def snapshot(self, aggregate: Aggregate[S], key: str) -> None:
        """Keep the stream's state as it stands now; what goes wrong is logged, for nothing is lost by it."""
        stream = aggregate.stream(key)
        try:
            loaded = await self.load(aggregate, key)
            commands = dict(list(loaded.commands.items())[-REMEMBERED:])
            data = json.dumps(dataclasses.replace(loaded, commands=commands))
            event = NewEvent(type="Snapshot", data=data, metadata=json.dumps(aggregate.snapshot_schema))
            client = await self.client()
            await client.append_to_stream(_snapshots(stream), current_version=StreamState.ANY, events=[event])
        except (PorticoError, EventStoreDBClientException) as error:
            _log.warning("no snapshot", stream=stream, reason=repr(error))

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
        conflict, too, and not for a repeat. The store drops what it gets to after the command's deadline.
        """
        client = await self.client()
        new = [_new_event(codec, stream, index, event, context, looked) for index, event in enumerate(events)]
        expected = StreamState.NO_STREAM if revision < 0 else revision
        try:
            position = await client.append_to_stream(
                stream, current_version=expected, events=new, timeout=_seconds_left(context)
            )
        except _STORE_AWAY as error:
            raise _away() from error
        reach(f"{self.service}.after_append")
        return Reply(stream, revision + len(new), position, key)


def _snapshots(stream: str) -> str:
    return f"snapshot-{stream}"


async def _fold(
    client: AsyncStoreClient, aggregate: Aggregate[S], stream: str, loaded: Loaded[S], at_most: int = sys.maxsize
) -> None:
    """Bring `loaded` up to the stream's end, or by so many events."""
    try:
        async with await client.read_stream(stream, stream_position=loaded.revision + 1, limit=at_most) as events:
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


async def _last_snapshot(client: AsyncStoreClient, aggregate: Aggregate[S], stream: str) -> Loaded[S] | None:
    """The stream's last snapshot by this release's rules, if there is one."""
    try:
        [event] = await client.get_stream(_snapshots(stream), backwards=True, limit=1)
    except StreamNotFound:
        return None
    if json.loads(event.metadata) != aggregate.snapshot_schema:
        return None
    kept = json.loads(event.data)
    commands = {command: json.decode_as(Seen, seen) for command, seen in kept["commands"].items()}
    state = json.decode_as(type(aggregate.initial), kept["state"])
    return Loaded(state, kept["revision"], kept["position"], commands, kept["revision"])


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


def _seconds_left(context: Context) -> float | None:
    """Until the command's deadline; raises DeadlineExceeded after it: what is appended too late is owed to nobody."""
    left = None if context.deadline is None else (context.deadline - now()).total_seconds()
    if left is not None and left <= 0:
        raise DeadlineExceeded("The request took too long and was dropped. Please try again.")
    return left


def _away() -> Unavailable:
    return Unavailable("The event store does not answer. Nothing was lost; please try again in a moment.")


def now() -> datetime:
    """The time of a decision, UTC with zone."""
    return datetime.now(UTC)
