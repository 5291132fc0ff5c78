"""Clients of the event store that notice soon when it is back.

gRPC waits longer after each failed attempt to connect, up to two minutes; all that time every call fails although the
store answers again.
"""

from __future__ import annotations

from esdbclient import AsyncEventStoreDBClient, EventStoreDBClient

_RECONNECT = (("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 1000))


class StoreClient(EventStoreDBClient):
    """esdbclient's, for threads; connects at the first call."""

    def __init__(self, uri: str) -> None:
        super().__init__(uri)
        self.grpc_options += _RECONNECT
        self.reconnect()  # the channel is made before there is a way to name options


class AsyncStoreClient(AsyncEventStoreDBClient):
    """esdbclient's, for asyncio; to be connected with `await connect()`."""

    def __init__(self, uri: str) -> None:
        super().__init__(uri=uri)
        self.grpc_options += _RECONNECT
