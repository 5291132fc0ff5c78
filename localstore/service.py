"""The gRPC calls. What is not here, gRPC answers with UNIMPLEMENTED."""

import asyncio
import functools
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable
from typing import Any, NoReturn, TypeAlias

import grpc
from esdbclient.protos.Grpc import gossip_pb2, shared_pb2
from esdbclient.protos.Grpc import streams_pb2 as pb

from localstore import metrics, wire
from localstore.errors import BadRequest, CannotWrite, StoreError, Unsupported, WrongVersion
from localstore.reading import Query, Reading
from localstore.storage import END_OF_TIME, Row
from localstore.wire import ProposedMessage
from localstore.writer import Kind, Write, Writer, Written

Context: TypeAlias = grpc.aio.ServicerContext
Removal: TypeAlias = pb.DeleteReq | pb.TombstoneReq
STREAMS = "event_store.client.streams.Streams"
GOSSIP = "event_store.client.gossip.Gossip"
FEATURES = "event_store.client.server_features.ServerFeatures"
CALLS = ("Read", "Append", "BatchAppend", "Delete", "Tombstone")
FOREVER = 10 * 365 * 86400.0  # a deadline further away than this is none; seconds
FILTER_CACHE = 10_000  # names remembered per filter
Begun: TypeAlias = "asyncio.Queue[tuple[pb.BatchAppendResp, asyncio.Future[Written]] | None]"


class Streams:
    """EventStoreDB's `Streams` service."""

    def __init__(self, writer: Writer, reading: Reading) -> None:
        self._writer = writer
        self._reading = reading

    def handlers(self) -> grpc.GenericRpcHandler:
        """The calls by name. Read's replies are bytes as they are stored, so they get no serializer."""
        soft, tombstone = (functools.partial(self.remove, kind) for kind in (Kind.SOFT_DELETE, Kind.TOMBSTONE))
        calls: dict[str, tuple[Any, Any, Any, Any]] = {
            "Read": (grpc.unary_stream_rpc_method_handler, self.read, pb.ReadReq, None),
            "Append": (grpc.stream_unary_rpc_method_handler, self.append, pb.AppendReq, pb.AppendResp),
            "BatchAppend": (
                grpc.stream_stream_rpc_method_handler,
                self.batch_append,
                pb.BatchAppendReq,
                pb.BatchAppendResp,
            ),
            "Delete": (grpc.unary_unary_rpc_method_handler, soft, pb.DeleteReq, pb.DeleteResp),
            "Tombstone": (grpc.unary_unary_rpc_method_handler, tombstone, pb.TombstoneReq, pb.TombstoneResp),
        }
        handlers = {
            name: kind(call, request.FromString, reply and reply.SerializeToString)
            for name, (kind, call, request, reply) in calls.items()
        }
        return grpc.method_handlers_generic_handler(STREAMS, handlers)

    # -- reading

    async def read(self, request: pb.ReadReq, context: Context) -> AsyncIterator[bytes]:
        """Reads that end, and subscriptions, which do not."""
        try:
            query = _query(request.options)
            subscribed = request.options.WhichOneof("count_option") == "subscription"
            if subscribed and query.backwards:
                raise BadRequest("a subscription reads forwards, not backwards")
            async for replies in self._reading.subscribe(query) if subscribed else self._reading.read(query):
                for reply in replies:
                    yield reply
        except StoreError as error:
            await _abort(context, error)

    # -- writing

    async def append(self, requests: AsyncIterable[pb.AppendReq], context: Context) -> pb.AppendResp:
        """One append, an event a message; esdbclient sends single events so."""
        options: pb.AppendReq.Options | None = None
        messages: list[ProposedMessage] = []
        try:
            async for request in requests:
                if request.WhichOneof("content") == "options":
                    options = request.options
                else:
                    messages.append(request.proposed_message)
            if options is None:
                raise BadRequest("an append starts with its options")
            expected = wire.expected_version(options.WhichOneof("expected_stream_revision"), options.revision)
            timeout = context.time_remaining()
            written = await self._append(options.stream_identifier, expected, messages, timeout)
        except WrongVersion as conflict:
            return wire.append_conflict(conflict)
        except StoreError as error:
            await _abort(context, error)
        reply = pb.AppendResp()
        wire.fill_success(reply, *written)
        return reply

    async def batch_append(
        self, requests: AsyncIterable[pb.BatchAppendReq], context: Context
    ) -> AsyncIterator[pb.BatchAppendResp]:
        """One reply for each final message; the messages before it with the same correlation id belong to it.

        Many appends may be on their way at once: what waits is committed together. Replies keep the requests' order.
        """
        begun: Begun = asyncio.Queue()
        reading = asyncio.create_task(self._begin_appends(requests, begun))
        try:
            while (pair := await begun.get()) is not None:
                reply, future = pair
                try:
                    wire.fill_success(reply, *await future)
                except CannotWrite as error:
                    await _abort(context, error)
                except StoreError as error:
                    reply.error.CopyFrom(wire.batch_error(error))
                yield reply
        finally:
            reading.cancel()

    async def _begin_appends(self, requests: AsyncIterable[pb.BatchAppendReq], begun: "Begun") -> None:
        """Pass appends to the writer as they come in, with the replies to be filled; None at the end."""
        parts: dict[bytes, tuple[pb.BatchAppendReq.Options, list[Any]]] = {}
        try:
            async for request in requests:
                key = request.correlation_id.SerializeToString()
                options, messages = parts.setdefault(key, (request.options, []))
                messages.extend(request.proposed_messages)
                if not request.is_final:
                    continue
                del parts[key]
                identifier = options.stream_identifier
                reply = pb.BatchAppendResp(correlation_id=request.correlation_id, stream_identifier=identifier)
                given = options.deadline.seconds + options.deadline.nanos / 1e9
                timeout = given if options.HasField("deadline") else None
                chosen = options.WhichOneof("expected_stream_position")
                expected = wire.expected_version(chosen, options.stream_position)
                begun.put_nowait((reply, self._append(identifier, expected, messages, timeout)))
        finally:
            begun.put_nowait(None)

    def _append(
        self,
        identifier: shared_pb2.StreamIdentifier,
        expected: int,
        messages: Iterable[ProposedMessage],
        timeout: float | None,
    ) -> "asyncio.Future[Written]":
        try:
            events = [wire.proposed(message) for message in messages]
            wire.check_size(events)
            deadline = time.monotonic() + timeout if timeout is not None and timeout < FOREVER else None
            return self._writer.write(Write(wire.stream_name(identifier), expected, events, deadline))
        except StoreError as error:
            metrics.APPENDS.labels(type(error).__name__).inc()
            refused: asyncio.Future[Written] = asyncio.get_running_loop().create_future()
            refused.set_exception(error)
            return refused

    async def remove(self, kind: Kind, request: Removal, context: Context) -> pb.DeleteResp | pb.TombstoneResp:
        """Delete: the stream reads as not found, and may be written again. Tombstone: nobody can write it again."""
        options = request.options
        expected = wire.expected_version(options.WhichOneof("expected_stream_revision"), options.revision)
        try:
            write = Write(wire.stream_name(options.stream_identifier), expected, (), kind=kind)
            written = await self._writer.write(write)
        except StoreError as error:
            await _abort(context, error)
        reply = pb.DeleteResp() if kind is Kind.SOFT_DELETE else pb.TombstoneResp()
        reply.position.commit_position = reply.position.prepare_position = written.position or 0
        return reply


def features_handlers() -> grpc.GenericRpcHandler:
    """What clients in other languages ask before they use a call."""
    reply = wire.supported({STREAMS: CALLS, GOSSIP: ("Read",)})

    async def supported_methods(request: bytes, context: Context) -> bytes:
        return reply

    call = grpc.unary_unary_rpc_method_handler(supported_methods)
    return grpc.method_handlers_generic_handler(FEATURES, {"GetSupportedMethods": call})


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
    return grpc.method_handlers_generic_handler(GOSSIP, {"Read": call})


def _query(options: pb.ReadReq.Options) -> Query:
    """The request as a Query; raises BadRequest and Unsupported."""
    if options.uuid_option.WhichOneof("content") == "structured":
        raise Unsupported("event ids are text only")
    backwards = options.read_direction == pb.ReadReq.Options.Backwards
    stream, wanted, interval = None, None, 0
    chosen: str | None
    if options.WhichOneof("stream_option") == "stream":
        stream = wire.stream_name(options.stream.stream_identifier)
        chosen, given = options.stream.WhichOneof("revision_option"), options.stream.revision
    else:
        chosen, given = options.all.WhichOneof("all_option"), options.all.position.commit_position
        if options.WhichOneof("filter_option") == "filter":
            wanted = _wanted(options.filter)
            interval = max(1, options.filter.max) * max(1, options.filter.checkpointIntervalMultiplier)
    start = min(given, END_OF_TIME) if chosen in ("revision", "position") else None
    if backwards and chosen == "start":
        start = 0
    from_end = chosen == "end" and not backwards
    return Query(stream, start, from_end, backwards, options.count, options.resolve_links, wanted, interval)


def _wanted(options: pb.ReadReq.Options.FilterOptions) -> Callable[[Row], bool]:
    """The filter over rows; a name is matched once and remembered."""
    by_type = options.WhichOneof("filter") == "event_type"
    expression = options.event_type if by_type else options.stream_identifier
    matches = functools.lru_cache(FILTER_CACHE)(wire.compile_filter(expression))
    return (lambda row: matches(row.type)) if by_type else (lambda row: matches(row.stream))


async def _abort(context: Context, error: StoreError) -> NoReturn:
    await context.abort(error.status, str(error))
    raise AssertionError("abort does not return")
