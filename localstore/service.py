"""The gRPC calls. What is not here, gRPC answers with UNIMPLEMENTED."""

import asyncio
import functools
import time
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
import structlog
from esdbclient.protos.Grpc import gossip_pb2, shared_pb2, streams_pb2

from localstore import metrics, wire
from localstore.errors import BadRequest, CannotWrite, StoreError, Unsupported, WrongVersion
from localstore.reading import Query, Reading
from localstore.storage import Row
from localstore.wire import Proposed
from localstore.writer import Write, Writer, Written

Context = grpc.aio.ServicerContext
FOREVER = 10 * 365 * 86400.0  # a deadline further away than this is none; seconds
FILTER_CACHE = 10_000  # names remembered per filter

log = structlog.get_logger("localstore.service")


class Streams:
    """EventStoreDB's `Streams` service."""

    def __init__(self, writer: Writer, reading: Reading) -> None:
        self._writer = writer
        self._reading = reading

    def handlers(self) -> grpc.GenericRpcHandler:
        """Read's replies are stored as bytes already, so they get no serializer."""
        calls = {
            "Read": grpc.unary_stream_rpc_method_handler(self.read, streams_pb2.ReadReq.FromString),
            "Append": grpc.stream_unary_rpc_method_handler(
                self.append, streams_pb2.AppendReq.FromString, streams_pb2.AppendResp.SerializeToString
            ),
            "BatchAppend": grpc.stream_stream_rpc_method_handler(
                self.batch_append,
                streams_pb2.BatchAppendReq.FromString,
                streams_pb2.BatchAppendResp.SerializeToString,
            ),
            "Delete": grpc.unary_unary_rpc_method_handler(
                self.delete, streams_pb2.DeleteReq.FromString, streams_pb2.DeleteResp.SerializeToString
            ),
            "Tombstone": grpc.unary_unary_rpc_method_handler(
                self.tombstone, streams_pb2.TombstoneReq.FromString, streams_pb2.TombstoneResp.SerializeToString
            ),
        }
        return grpc.method_handlers_generic_handler("event_store.client.streams.Streams", calls)

    # -- reading

    async def read(self, request: streams_pb2.ReadReq, context: Context) -> AsyncIterator[bytes]:
        try:
            async for reply in self._replies(request.options):
                yield reply
        except StoreError as error:
            await _abort(context, error)

    async def _replies(self, options: streams_pb2.ReadReq.Options) -> AsyncIterator[bytes]:
        query = _query(options)
        if options.WhichOneof("count_option") == "subscription":
            if query.backwards:
                raise BadRequest("a subscription reads forwards")
            with metrics.SUBSCRIPTIONS.track_inprogress():
                async for reply in self._reading.subscribe(query):
                    yield reply
        elif query.stream is None:
            async for reply in self._reading.read_all(query):
                yield reply
        else:
            async for reply in self._reading.read_stream(query.stream, query):
                yield reply

    # -- writing

    async def append(
        self, requests: AsyncIterable[streams_pb2.AppendReq], context: Context
    ) -> streams_pb2.AppendResp:
        options: streams_pb2.AppendReq.Options | None = None
        events: list[Proposed] = []
        try:
            async for request in requests:
                if request.WhichOneof("content") == "options":
                    options = request.options
                else:
                    events.append(wire.proposed(request.proposed_message))
            if options is None:
                raise BadRequest("an append starts with its options")
            expected = wire.expected_version(options, "expected_stream_revision", "revision")
            written = await self._append(options.stream_identifier, expected, events, context.time_remaining())
        except WrongVersion as conflict:
            return wire.append_conflict(conflict)
        except StoreError as error:
            await _abort(context, error)
            raise  # abort does not return
        reply = streams_pb2.AppendResp()
        wire.fill_success(reply, *written)
        return reply

    async def batch_append(
        self, requests: AsyncIterable[streams_pb2.BatchAppendReq], context: Context
    ) -> AsyncIterator[streams_pb2.BatchAppendResp]:
        """One reply for each final message; the messages before it with the same correlation id belong to it."""
        parts: dict[bytes, tuple[streams_pb2.BatchAppendReq.Options, list[Any]]] = {}
        async for request in requests:
            key = request.correlation_id.SerializeToString()
            options, messages = parts.setdefault(key, (request.options, []))
            messages.extend(request.proposed_messages)
            if not request.is_final:
                continue
            del parts[key]
            reply = wire.batch_reply(request.correlation_id, options)
            try:
                expected = wire.expected_version(options, "expected_stream_position", "stream_position")
                events = [wire.proposed(message) for message in messages]
                timeout = _timeout(options)
                written = await self._append(options.stream_identifier, expected, events, timeout)
                wire.fill_success(reply, *written)
            except CannotWrite as error:
                await _abort(context, error)
            except StoreError as error:
                reply.error.CopyFrom(wire.batch_error(error))
            yield reply

    async def _append(
        self, identifier: shared_pb2.StreamIdentifier, expected: int, events: list[Proposed], timeout: float | None
    ) -> Written:
        wire.check_size(events)
        deadline = time.monotonic() + timeout if timeout is not None and timeout < FOREVER else None
        return await self._write(Write(wire.stream_name(identifier), expected, events, deadline))

    async def delete(self, request: streams_pb2.DeleteReq, context: Context) -> streams_pb2.DeleteResp:
        try:
            written = await self._write(_removal(request.options, soft_delete=True))
        except StoreError as error:
            await _abort(context, error)
            raise
        reply = streams_pb2.DeleteResp()
        reply.position.commit_position = reply.position.prepare_position = written.position or 0
        return reply

    async def tombstone(self, request: streams_pb2.TombstoneReq, context: Context) -> streams_pb2.TombstoneResp:
        try:
            written = await self._write(_removal(request.options, soft_delete=False))
        except StoreError as error:
            await _abort(context, error)
            raise
        reply = streams_pb2.TombstoneResp()
        reply.position.commit_position = reply.position.prepare_position = written.position or 0
        return reply

    async def _write(self, write: Write) -> Written:
        try:
            written = await self._writer.write(write)
        except StoreError as error:
            metrics.APPENDS.labels(type(error).__name__).inc()
            raise
        metrics.APPENDS.labels("written").inc()
        return written


def gossip_handlers(host: str, port: int) -> grpc.GenericRpcHandler:
    """The cluster of one that clients discover by `esdb+discover://`."""

    async def read(request: shared_pb2.Empty, context: Context) -> gossip_pb2.ClusterInfo:
        member = gossip_pb2.MemberInfo(
            time_stamp=time.time_ns() // 100,
            state=gossip_pb2.MemberInfo.VNodeState.Leader,
            is_alive=True,
            http_end_point=gossip_pb2.EndPoint(address=host, port=port),
        )
        return gossip_pb2.ClusterInfo(members=[member])

    call = grpc.unary_unary_rpc_method_handler(
        read, shared_pb2.Empty.FromString, gossip_pb2.ClusterInfo.SerializeToString
    )
    return grpc.method_handlers_generic_handler("event_store.client.gossip.Gossip", {"Read": call})


def _query(options: streams_pb2.ReadReq.Options) -> Query:
    """The request as a Query; raises BadRequest and Unsupported."""
    if options.uuid_option.WhichOneof("content") == "structured":
        raise Unsupported("event ids are sent as text only")
    common: dict[str, Any] = {
        "backwards": options.read_direction == streams_pb2.ReadReq.Options.Backwards,
        "limit": options.count,
        "resolve_links": options.resolve_links,
    }
    if options.WhichOneof("stream_option") == "stream":
        start = options.stream
        chosen = start.WhichOneof("revision_option")
        revision = start.revision if chosen == "revision" else None
        from_end = chosen == "end" and not common["backwards"]
        stream = wire.stream_name(start.stream_identifier)
        return Query(stream, revision, from_end, wanted=None, checkpoint_interval=0, **common)
    chosen_all = options.all.WhichOneof("all_option")
    position = options.all.position.commit_position if chosen_all == "position" else None
    if chosen_all == "start" and common["backwards"]:
        position = 0
    from_end = chosen_all == "end" and not common["backwards"]
    if options.WhichOneof("filter_option") != "filter":
        return Query(None, position, from_end, wanted=None, checkpoint_interval=0, **common)
    wanted = _wanted(options.filter)
    interval = max(1, options.filter.max or 1) * max(1, options.filter.checkpointIntervalMultiplier)
    return Query(None, position, from_end, wanted=wanted, checkpoint_interval=interval, **common)


def _wanted(options: streams_pb2.ReadReq.Options.FilterOptions) -> Callable[[Row], bool]:
    """The filter over rows; a name is matched once and remembered."""
    by_type = options.WhichOneof("filter") == "event_type"
    expression = options.event_type if by_type else options.stream_identifier
    matches = functools.lru_cache(FILTER_CACHE)(wire.compile_filter(expression))
    return (lambda row: matches(row.type)) if by_type else (lambda row: matches(row.stream))


def _removal(
    options: streams_pb2.DeleteReq.Options | streams_pb2.TombstoneReq.Options, soft_delete: bool
) -> Write:
    expected = wire.expected_version(options, "expected_stream_revision", "revision")
    return Write(wire.stream_name(options.stream_identifier), expected, (), soft_delete=soft_delete,
                 tombstone=not soft_delete)


def _timeout(options: streams_pb2.BatchAppendReq.Options) -> float | None:
    chosen = options.WhichOneof("deadline_option")
    if chosen == "deadline":
        return options.deadline.seconds + options.deadline.nanos / 1e9
    if chosen == "deadline_21_10_0":
        stamp = options.deadline_21_10_0
        return stamp.seconds + stamp.nanos / 1e9 - time.time()
    return None


async def _abort(context: Context, error: StoreError) -> None:
    code, message, trailers = wire.rpc_error(error)
    await context.abort(code, message, trailers)
