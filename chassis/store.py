"""Clients of the event store that notice soon when it is back, and one that appends to many streams in one call.

gRPC waits longer after each failed attempt to connect, up to two minutes; all that time every call fails although the
store answers again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple, cast
from uuid import UUID

import grpc
from esdbclient import AsyncEventStoreDBClient, EventStoreDBClient, NewEvent, RecordedEvent, StreamState
from esdbclient.asyncio_client import autoreconnect, retrygrpc
from esdbclient.common import handle_rpc_error
from esdbclient.exceptions import AbortedByServer, EventStoreDBClientException
from esdbclient.streams import AsyncReadResponse

_RECONNECT = (("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 1000))
_ONE_THREAD = (("SingleThreadedUnaryStream", 1),)
"""Who reads a subscription waits for the network himself: handed on by gRPC's thread, an event costs twice as much."""


class Append(NamedTuple):
    """Events that are to stand in a stream after its revision `expected`, all of them or none."""

    stream: str
    expected: int | StreamState
    events: Sequence[NewEvent]


class StoreClient(EventStoreDBClient):
    """esdbclient's, for threads; connects at the first call."""

    def __init__(self, uri: str) -> None:
        super().__init__(uri)
        self.grpc_options += _RECONNECT + _ONE_THREAD
        self.reconnect()  # the channel is made before there is a way to name options


class WholeRead(AsyncReadResponse):
    """A read that ends where the stream does, or raises.

    When one call finds the store away, esdbclient makes a new connection for all, and reads under way on the old one
    end like such as have come to their end: a stream would seem shorter than it is, or not to be there.
    """

    async def __anext__(self) -> RecordedEvent:
        try:
            return await super().__anext__()
        except StopAsyncIteration:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise asyncio.CancelledError from None
            if self.aio_call.cancelled():
                raise AbortedByServer("the connection was lost while reading") from None
            raise


class AsyncStoreClient(AsyncEventStoreDBClient):
    """esdbclient's, for asyncio; to be connected with `await connect()`."""

    def __init__(self, uri: str) -> None:
        super().__init__(uri=uri)
        self.grpc_options += _RECONNECT

    async def read_stream(self, stream_name: str, **options: Any) -> WholeRead:
        """The stream's events, as esdbclient gives them, or an error."""
        response = await super().read_stream(stream_name, **options)
        response.__class__ = WholeRead  # it is the same read, told by whom its end is judged
        return cast(WholeRead, response)

    @retrygrpc
    @autoreconnect
    async def append_to_streams(self, appends: Sequence[Append]) -> list[int | EventStoreDBClientException]:
        """Of each append its commit position, or what the store refused it with; each stands for itself.

        One BatchAppend call carries them all, as in EventStoreDB's other clients: esdbclient makes a call an append,
        which costs more than the append. Raises what esdbclient does when the call fails: any of them may be stored.
        """
        streams = self._connection.streams
        requests = [
            streams._construct_batch_append_req(one.stream, one.expected, one.events, UUID(int=number))
            for number, one in enumerate(appends)
        ]
        outcomes: dict[int, int | EventStoreDBClientException] = {}
        try:
            call = streams._stub.BatchAppend(
                iter(requests),
                metadata=streams._metadata(self._call_metadata, requires_leader=True),
                credentials=self._call_credentials,
            )
            async for reply in call:
                number = UUID(reply.correlation_id.string).int
                one = appends[number]
                try:
                    outcomes[number] = streams._convert_batch_append_resp(reply, one.stream, one.expected)
                except EventStoreDBClientException as refused:
                    outcomes[number] = refused
        except grpc.RpcError as error:
            raise handle_rpc_error(error) from None
        if len(outcomes) < len(appends):
            raise AbortedByServer("the store did not answer every append")
        return [outcomes[number] for number in range(len(appends))]
